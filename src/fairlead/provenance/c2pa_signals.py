"""What a C2PA report amounts to: a pure reading of the worker's answer, on four levels.

*Present*: there is a manifest. *Intact*: signature and content hold; anybody can sign so. *Trusted*: the signer's
certificate leads to an anchor that the operator imported. *Allowed*: besides, the conforming-products list names the
product, and does not forbid it this claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.declared import source_type_states
from fairlead.provenance.signal import Item, Observation, printable
from fairlead.provenance.trust import CAPTURED, Product, Trust
from fairlead.terms.provenance import C2paLevel, SignalKind

_STATES = {
    "trusted": "signature intact, signer on the trust list",
    "valid": "signature intact, signer not on a trust list: not trusted",
    "invalid": "signature or content does not hold",
    "remote": "manifest kept elsewhere; it was not fetched",
    "unreadable": "manifest cannot be read",
    "none": "no manifest could be read",
}
_UNTRUSTED = "signingCredential.untrusted"
_EDITS = {
    "c2pa.edited", "c2pa.cropped", "c2pa.drawing", "c2pa.filtered", "c2pa.color_adjustments", "c2pa.adjustedColor",
    "c2pa.resized", "c2pa.orientation", "c2pa.placed", "c2pa.removed", "c2pa.redacted", "c2pa.enhanced",
}  # fmt: skip


def read_c2pa_reply(reply: SandboxReply, store: Item, trust: Trust) -> Iterator[Observation]:
    """Observations of one content; ``store`` is the item that says where the manifest lies."""
    if reply.outcome is not Outcome.OK:
        yield _observe("unread", f"C2PA: reader {reply.outcome.value}", store)
        return
    untrusted = reply.body
    state = str(untrusted.get("state", "")).lower()
    said = f"C2PA: {_STATES.get(state, 'state unknown')}{_described(untrusted)}"
    if state == "invalid":
        declared = _texts(untrusted.get("source_types"))
        words = f"; declares {', '.join(declared[:5])}" if declared else ""
        yield _observe("broken", f"{said} (level: {C2paLevel.PRESENT.value}){words}", store)
    elif state not in {"trusted", "valid"}:
        yield _observe("unread", said, store)
    else:
        yield from _claims(untrusted, state == "trusted", said, store, trust)


def find_remote_manifest(items: Sequence[Item]) -> Iterator[Observation]:
    """The address of a manifest that is kept elsewhere, when XMP names one; it is a lead and never fetched."""
    for item in items:
        if item.namespace == "xmp" and item.key == "dcterms:provenance" and item.value.startswith("http"):
            yield _observe(
                "unread", f"C2PA: {_STATES['remote']}: {printable(item.value, 300)}", item, signed=False
            )


def _claims(
    untrusted: Mapping[str, object], trusted: bool, said: str, store: Item, trust: Trust
) -> Iterator[Observation]:
    product = trust.find_product(printable(untrusted.get("name")), printable(untrusted.get("issuer")))
    level = _level(trusted, product)
    said = f"{said}{_product_words(trusted, product, trust)} (level: {level.value})"
    tool = printable(untrusted.get("generator")) or None
    states = {source_type_states().get(code, "other"): code for code in _texts(untrusted.get("source_types"))}
    found = False
    for claim in ("machine", "derived", "camera", "edited"):
        if claim not in states:
            continue
        found = True
        state = _state_of(claim, level, trusted, product)
        yield _observe(state, f"{said}; declares {states[claim]}", store, signed=True, tool=tool)
    edits = sorted(_EDITS & set(_texts(untrusted.get("actions"))))
    if edits and "machine" not in states and "edited" not in states:
        state = "edited_vouched" if trusted else "edited_intact"
        yield _observe(state, f"{said}; actions {', '.join(edits)}", store, signed=True, tool=tool)
        found = True
    if untrusted.get("opened") and "machine" in states:
        suffix = level.value if level is not C2paLevel.PRESENT else C2paLevel.INTACT.value
        detail = f"{said}; names another picture as parent or input"
        yield _observe(f"derived_{suffix}", detail, store, signed=True, tool=tool)
    if not found:
        yield _observe("other", f"{said}; declares no origin that counts", store, signed=True, tool=tool)


def _level(trusted: bool, product: Product | None) -> C2paLevel:
    if not trusted:
        return C2paLevel.INTACT
    return C2paLevel.ALLOWED if product is not None and product.conformant else C2paLevel.TRUSTED


def _state_of(claim: str, level: C2paLevel, trusted: bool, product: Product | None) -> str:
    if claim == "edited":
        return "edited_vouched" if trusted else "edited_intact"
    forbidden = product is not None and (CAPTURED in product.disallowed or not product.conformant)
    if claim == "camera" and trusted and forbidden:
        return "camera_disallowed"
    return f"{claim}_{level.value}"


def _product_words(trusted: bool, product: Product | None, trust: Trust) -> str:
    if not trusted or not trust.products:
        return ""
    if product is None:
        return "; product not on the conforming-products list"
    if not product.conformant:
        return "; the conforming-products list no longer has the product as conformant"
    limits = f", which forbids it {', '.join(sorted(product.disallowed))}" if product.disallowed else ""
    return f"; product on the conforming-products list at assurance level {product.assurance}{limits}"


def _described(untrusted: Mapping[str, object]) -> str:
    parts = []
    signer = ", ".join(filter(None, (printable(untrusted.get("name")), printable(untrusted.get("issuer")))))
    if signer:
        parts.append(f"signer {signer}")
    if printable(untrusted.get("signed_at")):
        parts.append(f"time stamp {printable(untrusted.get('signed_at'))}")
    if printable(untrusted.get("url")):
        parts.append(f"address {printable(untrusted.get('url'), 300)}")
    if untrusted.get("ingredients"):
        parts.append(f"ingredients {printable(str(untrusted['ingredients']))}")
    if untrusted.get("identities"):
        parts.append("names a person or account by an identity assertion, which was not checked")
    bindings = _texts(untrusted.get("soft_bindings"))
    if bindings:
        parts.append(f"can be found again by {', '.join(bindings[:5])}")
    broken = _texts(untrusted.get("ingredient_failures"))
    if broken:
        parts.append(f"ingredients whose checks failed: {', '.join(broken[:5])}")
    failures = [
        code for code in _texts(untrusted.get("failures")) if code != _UNTRUSTED and code not in broken
    ]
    if failures:
        parts.append(f"checks that failed: {', '.join(failures[:5])}")
    return "; " + "; ".join(parts) if parts else ""


def _observe(
    state: str, detail: str, store: Item, *, signed: bool = False, tool: str | None = None
) -> Observation:
    return Observation(
        kind=SignalKind.C2PA,
        state=state,
        signed=signed,
        tool=tool,
        detail=detail,
        offset=store.offset,
        length=store.length,
    )


def _texts(untrusted: object) -> list[str]:
    return [printable(value, 120) for value in untrusted] if isinstance(untrusted, list) else []
