"""What a C2PA report amounts to: a pure reading of the worker's answer, on four levels.

*Present*: there is a manifest. *Intact*: signature and content hold; anybody can sign so. *Trusted*: the signer's
certificate leads to an anchor that the operator imported. *Allowed*: besides, the conforming-products list names the
product, and does not forbid it this claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.declared import source_type_states
from fairlead.provenance.signal import Item, Observation, printable
from fairlead.provenance.trust import CAPTURED, Product, Trust
from fairlead.provenance.wire import UNKNOWN
from fairlead.terms.provenance import C2paLevel, SignalKind

_STATES = {
    "trusted": "signature intact, signer on the trust list",
    "valid": "signature intact, signer not on a trust list: not trusted",
    "invalid": "signature or content does not hold",
    "unshown": "signature and content hold; the signer cannot be shown to have been entitled",
    "remote": "manifest kept elsewhere; it was not fetched",
    "unreadable": "manifest cannot be read",
    "none": "no manifest could be read",
}
_UNTRUSTED = "signingCredential.untrusted"
_SIGNED = "claimSignature.validated"
_CONTENT = re.compile(r"assertion\.(?:data|bmff|boxes|collection|multiAsset)Hash\.match")
_SIGNER = {
    "signingCredential.expired": "its certificate has ended since, and no time stamp shows that it was valid when it signed",
    "signingCredential.revoked": "its certificate was revoked",
    "signingCredential.ocsp.revoked": "its certificate was revoked",
    "signingCredential.ocsp.unknown": "whether its certificate was revoked is not known",
    "signingCredential.invalid": "its certificate is not one for signing claims",
    "claimSignature.outsideValidity": "it signed when its certificate was not valid",
    "timeOfSigning.outsideValidity": "it signed when its certificate was not valid",
    "timeStamp.untrusted": "its time stamp is by an authority on no list",
    "timeStamp.outsideValidity": "its time stamp was made when the authority's certificate was not valid",
    "timeStamp.mismatch": "its time stamp is of another signature",
    "timeStamp.malformed": "its time stamp cannot be read",
}
_OF_THE_SIGNER = frozenset(_SIGNER) | {_UNTRUSTED}
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
    state = _state_of_manifest(untrusted)
    said = f"C2PA: {_STATES.get(state, 'state unknown')}{_described(untrusted)}"
    if state == "invalid":
        declared = _texts(untrusted.get("source_types"))
        words = f"; declares {', '.join(declared[:5])}" if declared else ""
        yield _observe("broken", f"{said} (level: {C2paLevel.PRESENT.value}){words}", store)
    elif state not in {"trusted", "valid", "unshown"}:
        yield _observe("unread", said, store)
    else:
        yield from _claims(untrusted, state == "trusted", said, store, trust)


def _state_of_manifest(untrusted: Mapping[str, object]) -> str:
    """The library's state, but for an invalid manifest whose signature and content hold.

    C2PA 2.x, 15 tells checks of the signer and of the moment apart from those of the signature and the content. A
    certificate that ended since, and no time stamp that would show that it was valid then, breaks nothing that was signed.
    """
    state = str(untrusted.get("state", "")).lower()
    held, failed = _texts(untrusted.get("held")), _texts(untrusted.get("active_failures"))
    whole = _SIGNED in held and any(_CONTENT.fullmatch(code) for code in held)
    if state != "invalid" or not whole or not {*failed} <= _OF_THE_SIGNER:
        return state
    return "trusted" if not failed and "signingCredential.trusted" in held else "unshown"


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
    origins = {
        "unknown" if code == UNKNOWN else source_type_states().get(code, "other"): code
        for code in _texts(untrusted.get("origins"))
    }
    suffix = level.value if level is not C2paLevel.PRESENT else C2paLevel.INTACT.value
    if untrusted.get("opened") and "machine" in states and origins.keys() != {"machine"}:
        camera = ", a camera's among them" if "camera" in origins else ""
        detail = f"{said}; names another picture as parent or input{camera}"
        yield _observe(f"derived_{suffix}", detail, store, signed=True, tool=tool)
    if not states.keys() & {"machine", "derived", "camera"}:
        # What a picture that went in declares is signed by whoever signed that: it counts as any intact signature does.
        for claim in ("machine", "derived", "camera"):
            if claim in origins:
                found = True
                detail = f"{said}; a picture that went in declares {origins[claim]}"
                yield _observe(f"{claim}_{C2paLevel.INTACT.value}", detail, store, signed=True, tool=tool)
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
    failed = [code for code in _texts(untrusted.get("failures")) if code != _UNTRUSTED and code not in broken]
    if _state_of_manifest(untrusted) == "unshown":
        parts.extend(dict.fromkeys(_SIGNER[code] for code in failed if code in _SIGNER))
    own = {*_texts(untrusted.get("active_failures"))}
    here, elsewhere = [c for c in failed if c in own or not own], [c for c in failed if own and c not in own]
    if here:
        parts.append(f"checks that failed: {', '.join(here[:5])}")
    if elsewhere:
        parts.append(f"checks of a picture that went in that failed: {', '.join(elsewhere[:5])}")
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
