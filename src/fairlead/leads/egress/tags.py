"""Holds the tag files of a package, its covering text, its ledger proof and its signed statement against what is allowed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.documents import may_be_said
from fairlead.leads.strict_json import read_json
from fairlead.terms.names import OfficerName

_HEX = re.compile(r"[0-9a-f]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_SIZE = re.compile(r"\d{1,12}\.\d{1,6}")
_RECIPIENT = re.compile(r"age1[0-9a-z]{40,2000}")
_LOG_NAME = re.compile(r"[\w./@ -]{1,120}")
_NOTE_LINE = re.compile(
    r"(?:\u2014 [\w./@ +-]{1,120} )?[A-Za-z0-9+/]{1,200}={0,2}|\d{1,18}|[\w./@:+# -]{1,160}"
)
_COVERING = re.compile(
    r"Operation (?P<operation>.*?): package (?P<package>\S+), version (?P<version>\d+), from (?P<sender>[A-Z]{2}) to "
    r"(?P<country>[A-Z]{2})\.\nLeads: (?P<leads>\d+)\. Handling codes: (?P<handling>[H0-9+]*)\. Legal basis: "
    r"(?P<basis>.*?)\.\nPurpose: (?P<purpose>.*?)\.\nThe package is signed by two officers, encrypted to your key, and "
    r"holds hashes and references, never pictures\.\nPlease answer with a receipt, and later with an outcome for every "
    r"lead\.\n",
    re.DOTALL,
)


def check_declaration(data: bytes) -> Iterator[str]:
    """Whether the declaration is the one that BagIt asks for."""
    if data != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        yield "not the declaration of a bag"


def check_info(data: bytes, allowed: Allowed) -> Iterator[str]:
    """Lines of the bag's information that were not allowed."""
    fits: dict[str, Callable[[str], bool]] = {
        "External-Identifier": lambda said: said == allowed.package,
        "Source-Organization": lambda said: said == allowed.sender,
        "Bagging-Date": lambda said: bool(_DATE.fullmatch(said)),
        "Internal-Sender-Description": lambda said: (
            said == f"{len(allowed.leads)} leads for {allowed.country}"
        ),
        "Payload-Oxum": lambda said: bool(_SIZE.fullmatch(said)),
    }
    seen = set()
    for number, line in enumerate(_lines(data), start=1):
        name, colon, said = line.partition(": ")
        if not colon or name not in fits or name in seen or not fits[name](said):
            yield f"line {number}: not allowed"
        seen.add(name)


def check_manifest(data: bytes, files: Mapping[str, bytes]) -> Iterator[str]:
    """Lines of a manifest that are not digest and path of a file of the package."""
    for number, line in enumerate(_lines(data), start=1):
        digest, gap, path = line.partition("  ")
        if not gap or path not in files or hashlib.sha256(files[path]).hexdigest() != digest:
            yield f"line {number}: not the digest of a file of this package"


def check_covering(data: bytes, allowed: Allowed) -> Iterator[str]:
    """What the covering text says beside its fixed words."""
    found = _COVERING.fullmatch(data.decode(errors="replace"))
    if found is None:
        yield "not the covering text"
        return
    codes = sorted(
        {code for lead in allowed.leads.values() for code in str(lead.body["handling"]).split("+")}
    )
    expected = {
        "operation": allowed.operation,
        "package": allowed.package,
        "version": str(allowed.version),
        "sender": allowed.sender,
        "country": allowed.country,
        "leads": str(len(allowed.leads)),
        "handling": "+".join(codes),
    }
    yield from (f"{name}: not allowed" for name, said in expected.items() if found[name] != said)
    yield from (
        f"{name}: not allowed" for name in ("basis", "purpose") if not may_be_said(found[name], allowed)
    )


_OF_A_PROOF = frozenset(
    {"leaf", "salt", "detail", "index", "proof", "checkpoint", "consistency", "earlier", "restored"}
)


def check_proof(data: bytes, files: Mapping[str, bytes], allowed: Allowed) -> Iterator[str]:
    """What the proof from the ledger says beside the entry about this package."""
    try:
        proof = read_json(data)
        leaf, detail = read_json(str(proof["leaf"]).encode()), proof["detail"]
        objects, facts = [str(item) for item in detail["objects"]], detail["facts"] or {}
        note, continued = str(proof["checkpoint"]), proof.get("consistency") or {}
        grown = [continued, *proof.get("earlier", ())]
        restored = list(proof.get("restored") or ())
        hexes = [
            *(proof["salt"], *proof["proof"], leaf["commitment"]),
            *(node for one in grown for node in one.get("proof", ())),
            *(node for one in restored for node in (*one["inclusion"], *one["consistency"])),
        ]
        notes = [note, *(str(one["note"]) for one in restored)]
        leaves = [leaf, *(read_json(str(one["leaf"]).encode()) for one in restored)]
        keys = {*proof} - _OF_A_PROOF
        keys |= {key for one in grown for key in one} - {"since", "proof"}
        keys |= {key for one in restored for key in one} - {"note", "leaf", "inclusion", "consistency"}
        numbers = [
            proof["index"],
            *(one["since"] for one in grown if one),
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        yield "not a proof from a ledger"
        return
    if keys or {*detail} - {"actor", "objects", "justification", "recipient", "facts"}:
        yield "has other entries than a proof has"
    manifests = {hashlib.sha256(files[path]).hexdigest() for path in files if path.startswith("manifest-")}
    if not {*objects} <= {allowed.package, *manifests, *allowed.leads}:
        yield "names something else than this package and its leads"
    if detail.get("recipient") != allowed.country or not may_be_said(detail.get("justification"), allowed):
        yield "is about another disclosure"
    if not OfficerName.fits(str(detail.get("actor"))):
        yield "names no officer where it should"
    if any(type(value) is not int for value in (*facts.values(), *numbers)) or any(
        not re.fullmatch(r"[a-z_]{1,24}", name) for name in facts
    ):
        yield "has facts that are no numbers"
    if any(not isinstance(text, str) or not _HEX.fullmatch(text) for text in hexes):
        yield "has something else than digests in its path"
    if not all(_NOTE_LINE.fullmatch(line) for text in notes for line in text.split("\n") if line):
        yield "has a checkpoint of another form"
    for one in leaves:
        yield from _check_leaf(one)


def _check_leaf(leaf: Any) -> Iterator[str]:
    if not isinstance(leaf, dict) or any(
        not (isinstance(said, str | int) and re.fullmatch(r"[\w.:+/@-]{0,160}", str(said)))
        for said in leaf.values()
    ):
        yield "has an entry of another form"


def check_statement(data: bytes, files: Mapping[str, bytes], allowed: Allowed) -> Iterator[str]:
    """What the signed statement says beside the files it signs for and the fields it has."""
    try:
        envelope = read_json(data)
        statement = read_json(base64.b64decode(envelope["payload"], validate=True))
        subjects, said = {str(s["name"]) for s in statement["subject"]}, statement["predicate"]
        signatures = [
            (str(s["keyid"]), base64.b64decode(s["sig"], validate=True)) for s in envelope["signatures"]
        ]
        digests = [d for s in statement["subject"] for d in s["digest"].values()]
        wide = {*envelope} | {*statement} | {key for s in envelope["signatures"] for key in s}
        extra = {key for s in statement["subject"] for key in s} | {
            k for s in statement["subject"] for k in s["digest"]
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        yield "not a signed statement"
        return
    fields = {
        "payload", "payloadType", "signatures", "keyid", "sig", "_type", "subject", "predicateType", "predicate",
    }  # fmt: skip
    if not wide <= fields or not extra <= {"name", "digest", "sha256"}:
        yield "has other entries than a statement has"
    if not subjects <= {*files} or any(not re.fullmatch(r"[0-9a-f]{64}", str(d)) for d in digests):
        yield "signs for a file that is not in the package"
    if any(not OfficerName.fits(name) or len(raw) != len(b"\x00" * 64) for name, raw in signatures):
        yield "has a signature of another form"
    if (envelope["payloadType"], statement.get("_type"), statement.get("predicateType")) != (
        "application/vnd.in-toto+json",
        "https://in-toto.io/Statement/v1",
        "urn:fairlead:package:1",
    ):
        yield "is a statement of another kind"
    yield from _check_predicate(said, allowed)


def _check_predicate(said: dict[str, Any], allowed: Allowed) -> Iterator[str]:
    expected = {
        "format": "fairlead-package/1",
        "package": allowed.package,
        "version": allowed.version,
        "operation": allowed.operation,
        "from": allowed.sender,
        "to": allowed.country,
    }
    free = {
        "built_at", "legal_basis", "purpose", "recipients", "h3_release", "prepared_by", "released_by", "content",
    }  # fmt: skip
    if {*said} - {*expected, *free}:
        yield "says more than a statement says"
    yield from (f"{name}: not allowed" for name, value in expected.items() if said.get(name) != value)
    if not _TIME.fullmatch(str(said.get("built_at"))):
        yield "built_at: not a time"
    for name in ("legal_basis", "purpose", "h3_release"):
        if said.get(name) and not may_be_said(said[name], allowed):
            yield f"{name}: not allowed"
    if not all(_RECIPIENT.fullmatch(str(key)) for key in said.get("recipients") or ()):
        yield "recipients: not keys"
    if not OfficerName.fits(str(said.get("prepared_by"))) or not OfficerName.fits(
        str(said.get("released_by", said.get("prepared_by")))  # versions before two acts named it
    ):
        yield "names no officer where it should"
    if not re.fullmatch(r"[0-9a-f]{64}|", str(said.get("content", ""))):
        yield "content: not a digest"


def _lines(data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n")
