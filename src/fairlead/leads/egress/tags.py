"""Holds the tag files of a package, its covering text, its ledger proof and its signed statement against what is allowed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping

from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.documents import may_be_said
from fairlead.leads.strict_json import is_written_as, read_json, same
from fairlead.terms.custody import Operation
from fairlead.terms.names import OfficerName

_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_VERB = re.compile(r"[a-z]{2,16}\.[a-z-]{2,24}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
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


def check_info(data: bytes, files: Mapping[str, bytes], allowed: Allowed) -> Iterator[str]:
    """Lines of the bag's information that were not allowed."""
    payload = [data for path, data in files.items() if path.startswith("data/")]
    size = f"{sum(map(len, payload))}.{len(payload)}"
    built_at = str(read_json(files["data/package.json"]).get("built_at", ""))
    fits: dict[str, Callable[[str], bool]] = {
        "External-Identifier": lambda said: said == allowed.package,
        "Source-Organization": lambda said: said == allowed.sender,
        "Bagging-Date": lambda said: bool(_DATE.fullmatch(said)) and built_at.startswith(said),
        "Internal-Sender-Description": lambda said: (
            said == f"{len(allowed.leads)} leads for {allowed.country}"
        ),
        "Payload-Oxum": lambda said: said == size,
    }
    seen = set()
    for number, line in enumerate(_lines(data), start=1):
        name, colon, said = line.partition(": ")
        if not colon or name not in fits or name in seen or not fits[name](said):
            yield f"line {number}: not allowed"
        seen.add(name)


def check_manifest(data: bytes, files: Mapping[str, bytes]) -> Iterator[str]:
    """Lines of a manifest that are not digest and path of a file of the package, each once and in their order."""
    lines = _lines(data)
    if lines != sorted(set(lines), key=lambda line: line.partition("  ")[2]) or not data.endswith(b"\n"):
        yield "lines that stand there twice, or in another order"
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
    told = {"leads": len(allowed.leads), "version": allowed.version}
    manifests = {hashlib.sha256(files[path]).hexdigest() for path in files if path.startswith("manifest-")}
    if not {*objects} <= {allowed.package, *manifests, *allowed.leads}:
        yield "names something else than this package and its leads"
    if detail.get("recipient") != allowed.country or not may_be_said(detail.get("justification"), allowed):
        yield "is about another disclosure"
    if not is_written_as(data, proof, indent=1, sort=True, ascii_only=True):
        yield "written in another way than a proof is"
    if not _is_actor(detail.get("actor"), allowed):
        yield "names no officer where it should"
    if any(not same(facts[name], said) for name, said in told.items() if name in facts) or {*facts} - {*told}:
        yield "has other facts than how many leads there are, and which version"
    if any(type(value) is not int for value in numbers):
        yield "has places that are no numbers"
    if any(not isinstance(text, str) or not _HEX.fullmatch(text) for text in hexes):
        yield "has something else than digests in its path"
    if not all(_NOTE_LINE.fullmatch(line) for text in notes for line in text.split("\n") if line):
        yield "has a checkpoint of another form"
    for one in leaves:
        yield from _check_leaf(one, allowed)


def _check_leaf(leaf: Mapping[str, object], allowed: Allowed) -> Iterator[str]:
    fits = {
        "at": _TIME.fullmatch(str(leaf["at"])),
        "case": leaf["case"] in ("", allowed.operation),
        "commitment": _HEX.fullmatch(str(leaf["commitment"])),
        "operation": leaf["operation"] in set(Operation),
        "what": _VERB.fullmatch(str(leaf["what"])),
    }
    if {*leaf} != {*fits} or not all(fits.values()):
        yield "has an entry of another form"


def _is_actor(untrusted: object, allowed: Allowed) -> bool:
    """Whether this is an officer who acts here; a recipient cannot know whom the sender has, and takes any name."""
    name = str(untrusted)
    return name in allowed.actors if allowed.actors is not None else OfficerName.fits(name)


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
    if not is_written_as(data, envelope, indent=1, ascii_only=True) or not is_written_as(
        base64.b64decode(envelope["payload"]), statement, indent=None, sort=True
    ):
        yield "written in another way than a statement is"
    if any(not _is_actor(name, allowed) or len(raw) != len(b"\x00" * 64) for name, raw in signatures):
        yield "has a signature of another form"
    if (envelope["payloadType"], statement.get("_type"), statement.get("predicateType")) != (
        "application/vnd.in-toto+json",
        "https://in-toto.io/Statement/v1",
        "urn:fairlead:package:1",
    ):
        yield "is a statement of another kind"
    yield from _check_predicate(said, allowed)


def _check_predicate(said: Mapping[str, object], allowed: Allowed) -> Iterator[str]:
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
    yield from (f"{name}: not allowed" for name, value in expected.items() if not same(said.get(name), value))
    if not _TIME.fullmatch(str(said.get("built_at"))):
        yield "built_at: not a time"
    elif allowed.built_at is not None and said["built_at"] != allowed.built_at.isoformat():
        yield "built_at: not allowed"
    for name in ("legal_basis", "purpose", "h3_release"):
        if said.get(name) and not may_be_said(said[name], allowed):
            yield f"{name}: not allowed"
    recipients = said.get("recipients") or []
    keys = [str(key) for key in recipients] if isinstance(recipients, list) else [str(recipients)]
    if allowed.recipients is not None and set(keys) != allowed.recipients:
        yield "recipients: not the keys that were approved"
    if not all(map(_RECIPIENT.fullmatch, keys)) or len(set(keys)) != len(keys):
        yield "recipients: not keys"
    if not _is_actor(said.get("prepared_by"), allowed) or not _is_actor(
        said.get("released_by", said.get("prepared_by")), allowed
    ):
        yield "names no officer where it should"
    older = {"released_by", "content"} & {*said}  # versions before two acts had them
    if older and allowed.actors is not None:
        yield "says more than a statement says"
    if not re.fullmatch(r"[0-9a-f]{64}|", str(said.get("content", ""))):
        yield "content: not a digest"


def _lines(data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n")
