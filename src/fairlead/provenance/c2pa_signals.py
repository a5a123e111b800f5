"""What a C2PA report amounts to: a pure reading of the worker's answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.declared import source_type_findings
from fairlead.provenance.signal import Item, Signal
from fairlead.terms.provenance import Finding, SignalKind, Strength

_STATES = {
    "trusted": "signature intact, signer on the trust list",
    "valid": "signature intact, signer not on a trust list",
    "invalid": "signature or content does not hold",
    "remote": "manifest kept elsewhere; it was not fetched",
    "unreadable": "manifest cannot be read",
    "none": "no manifest could be read",
}
_CAVEATS = {
    "trusted": "Says who signed, not that the scene was real: screens are photographed, keys abused.",
    "valid": "Anybody can make such a certificate under any name.",
}
_NOT_HOLDING = "Nothing in the manifest can be relied on."
_UNTRUSTED = "signingCredential.untrusted"


def read_c2pa_reply(reply: SandboxReply, store: Item) -> Iterator[Signal]:
    """Signals of one content; ``store`` is the item that says where the manifest lies.

    A claim is strong only from a signer on the trust list; from any other it is as weak as unsigned text.
    """
    if reply.outcome is not Outcome.OK:
        yield _signal(Finding.OTHER, Strength.NO_SUPPORT, f"C2PA: reader {reply.outcome.value}", store)
        return
    untrusted = reply.body
    state = str(untrusted.get("state", "")).lower()
    described = _STATES.get(state, "state unknown")
    intact = state in {"trusted", "valid"}
    strength = Strength.STRONG if state == "trusted" else Strength.WEAK if intact else Strength.NO_SUPPORT
    tool = _text(untrusted.get("generator")) or None
    caveat = _CAVEATS.get(state, _NOT_HOLDING)
    failures = [code for code in _texts(untrusted.get("failures")) if code != _UNTRUSTED]
    failed = f"; checks that failed: {', '.join(failures[:5])}" if failures else ""
    issuer = _text(untrusted.get("issuer"))
    signer = f"; signer {issuer}" if issuer else ""
    found = False
    for code in _texts(untrusted.get("source_types")):
        finding = source_type_findings().get(code, Finding.OTHER)
        found = True
        yield _signal(
            finding if intact else Finding.OTHER,
            strength if finding is not Finding.OTHER else Strength.NO_SUPPORT,
            f"C2PA: {described}; declares {code}{signer}{failed}",
            store,
            signed=intact,
            tool=tool,
            caveat=caveat,
        )
    if not found:
        yield _signal(
            Finding.OTHER, Strength.NO_SUPPORT, f"C2PA: {described}; declares no source type{signer}{failed}",
            store, signed=intact, tool=tool, caveat=caveat,
        )  # fmt: skip
    if intact and untrusted.get("opened") and _machine(untrusted):
        yield _signal(
            Finding.DERIVED_FROM_PICTURE,
            strength,
            "C2PA: the manifest names another picture as parent or input",
            store,
            signed=intact,
            tool=tool,
            caveat=caveat,
        )


def _machine(untrusted: dict[str, Any]) -> bool:
    findings = source_type_findings()
    made = {Finding.MACHINE_MADE, Finding.DERIVED_FROM_PICTURE}
    return any(findings.get(code) in made for code in _texts(untrusted.get("source_types")))


def _signal(
    finding: Finding,
    strength: Strength,
    detail: str,
    store: Item,
    *,
    signed: bool = False,
    tool: str | None = None,
    caveat: str = _NOT_HOLDING,
) -> Signal:
    return Signal(
        kind=SignalKind.C2PA,
        finding=finding,
        strength=strength,
        signed=signed,
        tool=tool,
        detail=detail,
        caveat=caveat,
        offset=store.offset,
        length=store.length,
    )


def _text(untrusted: object) -> str:
    return "".join(c for c in untrusted if c.isprintable())[:120] if isinstance(untrusted, str) else ""


def _texts(untrusted: object) -> list[str]:
    return [_text(value) for value in untrusted] if isinstance(untrusted, list) else []
