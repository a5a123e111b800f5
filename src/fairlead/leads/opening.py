"""Opens a package on the recipient's side: every check, each refusal told apart, nothing half-opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.bag import MANIFEST, STATEMENT_AND_TAGS, Files, check_bag, unpack
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import CLOCKS_APART, VerifiedStatement, refused, verify_statement
from fairlead.leads.egress.allowed import Allowed, told_by
from fairlead.leads.package import LEDGER_FILE, PREDICATE_TYPE, STATEMENT_FILE
from fairlead.leads.strict_json import read_json
from fairlead.ledger.checkpoint import Checkpoint, witnesses_of
from fairlead.ledger.continuation import Continuation, Lineage, check_continues, verify_lineage
from fairlead.ledger.entry import EntryDetail, commit
from fairlead.ledger.merkle import leaf_hash, root_from_inclusion
from fairlead.ledger.notes import NoteKey
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, OperationSlug, PackageName

_TWO = 2
_COVER = "data/package.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cover:
    """What a package says of itself, in its signed statement or in the file that people read."""

    package: PackageName
    version: int
    operation: OperationSlug
    from_country: CountryCode
    to_country: CountryCode
    built_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPackage:
    """A package all of whose checks hold. There is no other way to get one than `verify_packed`."""

    package: PackageName
    version: int
    operation: OperationSlug
    from_country: CountryCode
    to_country: CountryCode
    signers: tuple[str, ...]
    checkpoint: Checkpoint
    witnessed_by: tuple[str, ...]
    ledger_index: int
    leads: tuple[LeadDocument, ...]
    files: Files
    statement: VerifiedStatement
    continuations: tuple[Continuation, ...] = ()


def decrypt(untrusted_data: bytes, identity_text: str) -> bytes:
    """The packed bag; ItemError for a wrong key and, told apart, for a changed file."""
    import pyrage

    lines = [line for line in identity_text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
    try:
        identities = [pyrage.x25519.Identity.from_str(line) for line in lines]
    except pyrage.IdentityError as problem:
        raise _no_identity() from problem
    if not identities:
        raise _no_identity()
    try:
        data: bytes = pyrage.decrypt(untrusted_data, identities)
    except pyrage.DecryptError as problem:
        if "No matching keys" in str(problem):
            raise refused("the package is not encrypted to this key", "PACKAGE-KEY") from problem
        raise refused("the package was changed or cut on its way", "PACKAGE-CHANGED") from problem
    return data


def _no_identity() -> UsageError:
    return UsageError(
        "the key file holds no age identity",
        "Name the file that `fairlead key identity` wrote; it is your own.",
        code="PACKAGE-KEY",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a recipient holds a package against.

    ``officers`` and ``ledger`` are keys of ``country``, and the package must say that it comes from there: a country
    cannot send in the name of another one.
    ``valid_until`` ends officers' keys; a package from after ``now``, but for clocks that differ, is refused. With
    ``needed_witnesses`` the checkpoint must carry as many cosignatures of the given ``witnesses``. With ``seen``, the last
    checkpoint of this log that the recipient knows, the package must prove that the log was only added to since: every
    recipient is a witness for itself. A log restored from a backup says so and proves it; what was seen up to the backup,
    in ``earlier``, must still be in it.
    """

    country: CountryCode
    officers: Mapping[str, Ed25519PublicKey]
    ledger: NoteKey
    valid_until: Mapping[str, datetime] | None = None
    witnesses: Sequence[NoteKey] = ()
    needed_witnesses: int = 0
    seen: Checkpoint | None = None
    earlier: Sequence[Checkpoint] = ()
    restored_at: datetime | None = None
    now: datetime | None = None


Rules = Callable[[Files, Allowed], Sequence[str]]
"""Says which rules of what may leave a package breaks."""


def verify_packed(
    untrusted_archive: bytes, own: frozenset[str], expected: Expected, *, rules: Rules
) -> VerifiedPackage:
    """Check a decrypted package for the reader whose public keys are ``own``: signatures, manifests, ledger proof, rules.

    Raises ItemError.
    """
    root, files = unpack(untrusted_archive)
    check_bag(files)
    if STATEMENT_FILE not in files or LEDGER_FILE not in files:
        raise refused("the package lacks its signed statement or its ledger proof", "PACKAGE-BAG")
    statement = verify_statement(
        files[STATEMENT_FILE].decode(errors="replace"), expected.officers, predicate_type=PREDICATE_TYPE
    )
    _check_recipient(statement, own)
    if len({expected.officers[name].public_bytes_raw() for name in statement.signers}) < _TWO:
        raise refused("the package is signed by one officer; two are needed", "PACKAGE-SIGNATURE")
    cover = _read_cover(statement.predicate)
    _check_cover(cover, files, root=root, country=expected.country)
    if expected.now is not None and cover.built_at > expected.now + CLOCKS_APART:
        raise refused("the package says that it was built in the future", "PACKAGE-COVER")
    ends = expected.valid_until or {}
    for name in statement.signers:
        if name in ends and cover.built_at > ends[name]:
            raise refused(f"the key of {name} had ended when the package was signed", "PACKAGE-EXPIRED")
    signed = {
        path: hashlib.sha256(data).hexdigest()
        for path, data in files.items()
        if not path.startswith("data/") and path not in STATEMENT_AND_TAGS
    }
    if LEDGER_FILE not in statement.subjects:  # it is made at release, and holds by the log's own signature
        del signed[LEDGER_FILE]
    if signed != statement.subjects:
        raise refused("the signed statement is about other files than these", "PACKAGE-SIGNATURE")
    lineage, index = _check_ledger(files, expected.ledger, package=root)
    witnessed = tuple(witnesses_of(lineage.note, expected.witnesses))
    if len(witnessed) < expected.needed_witnesses:
        raise refused(
            f"the checkpoint carries {len(witnessed)} known cosignatures; {expected.needed_witnesses} are needed",
            "PACKAGE-UNWITNESSED",
        )
    check_continues(
        lineage,
        _proofs(files),
        seen=expected.seen,
        earlier=expected.earlier,
        restored_at=expected.restored_at,
    )
    allowed = told_by(
        files,
        package=root,
        version=cover.version,
        sender=cover.from_country,
        country=cover.to_country,
        operation=cover.operation,
        h3_released=bool(str(statement.predicate.get("h3_release", "")).strip()),
    )
    reasons = rules(files, allowed)
    if reasons:
        raise refused(f"the package breaks a rule: {reasons[0]}", "PACKAGE-EGRESS")
    leads = tuple(allowed.leads[name].document for name in sorted(allowed.leads))
    return VerifiedPackage(
        package=root,
        version=cover.version,
        operation=cover.operation,
        from_country=cover.from_country,
        to_country=cover.to_country,
        signers=statement.signers,
        checkpoint=lineage.checkpoint,
        continuations=lineage.continuations,
        witnessed_by=witnessed,
        ledger_index=index,
        leads=leads,
        files=files,
        statement=statement,
    )


def own_recipients(identity_text: str) -> frozenset[str]:
    """The public keys to the identities in a key file."""
    import pyrage

    lines = [line for line in identity_text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
    return frozenset(str(pyrage.x25519.Identity.from_str(line).to_public()) for line in lines)


def _check_recipient(statement: VerifiedStatement, own: frozenset[str]) -> None:
    """Raise ItemError when none of the recipient keys that the officers signed is the reader's."""
    signed = statement.predicate.get("recipients")
    if not isinstance(signed, list) or own.isdisjoint(str(key) for key in signed):
        raise refused(
            "the package is encrypted to a key that its officers did not sign for", "PACKAGE-RESEALED"
        )


def _read_cover(untrusted: Mapping[str, Any]) -> _Cover:
    """What a package says of itself, with every name in its form; ItemError when something is missing or odd."""
    try:
        version = _whole(untrusted["version"])
        built_at = datetime.fromisoformat(_text(untrusted["built_at"]))
        cover = _Cover(
            package=PackageName.parse(untrusted["package"]),
            version=version,
            operation=OperationSlug.parse(untrusted["operation"]),
            from_country=CountryCode.parse(untrusted["from"]),
            to_country=CountryCode.parse(untrusted["to"]),
            built_at=built_at,
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise refused("what the package says of itself cannot be read", "PACKAGE-COVER") from problem
    if built_at.tzinfo is None or version < 1:
        raise refused("what the package says of itself cannot be read", "PACKAGE-COVER")
    return cover


def _check_cover(cover: _Cover, files: Files, *, root: PackageName, country: CountryCode) -> None:
    """Raise ItemError unless statement, folder, cover file and the sender's keys say the same."""
    if cover.package != root:
        raise refused("the signed statement is about another package", "PACKAGE-SIGNATURE")
    if cover.from_country != country:
        raise refused(
            f"the package says that it comes from {cover.from_country}, but keys of {country} have signed it",
            "PACKAGE-SENDER",
        )
    name = cover.package
    if (name.operation, name.country, name.number) != (cover.operation, cover.to_country, cover.version):
        raise refused("the package's name does not fit its operation, country and version", "PACKAGE-COVER")
    try:
        shown = _read_cover(read_json(files.get(_COVER, b"")))
    except ValueError as problem:
        raise refused("what the package says of itself cannot be read", "PACKAGE-COVER") from problem
    if shown != cover:
        raise refused("the package's cover file says something else than what was signed", "PACKAGE-COVER")


def _read_object(untrusted: bytes) -> dict[str, object]:
    """A JSON object of the ledger's proof; ItemError for anything else, nesting without end included."""
    try:
        value = read_json(untrusted)
    except ValueError as problem:
        raise refused("the ledger proof cannot be read", "PACKAGE-LEDGER") from problem
    if not isinstance(value, dict):
        raise refused("the ledger proof cannot be read", "PACKAGE-LEDGER")
    return value


def _whole(untrusted: object) -> int:
    """A whole number that was written as one: no truth, no fraction, no infinity."""
    if type(untrusted) is not int:
        raise TypeError("a whole number is wanted")
    return untrusted


def _text(untrusted: object) -> str:
    if not isinstance(untrusted, str):
        raise TypeError("a text is wanted")
    return untrusted


def _list(untrusted: object) -> list[object]:
    if not isinstance(untrusted, list):
        raise TypeError("a list is wanted")
    return untrusted


def _object(untrusted: object) -> dict[str, object]:
    if not isinstance(untrusted, dict):
        raise TypeError("an object is wanted")
    return untrusted


def _nodes(untrusted: object) -> list[bytes]:
    return [bytes.fromhex(_text(node)) for node in _list(untrusted)]


def _fact(untrusted: object) -> str | int:
    return untrusted if isinstance(untrusted, str) else _whole(untrusted)


def _proofs(files: Files) -> dict[int, list[bytes]]:
    """The proofs that the log was only added to, by the size from which they start."""
    proof = _read_object(files[LEDGER_FILE])
    try:
        first = proof.get("consistency")
        listed = ([] if first is None else [_object(first)]) + [
            *map(_object, _list(proof.get("earlier", [])))
        ]
        return {_whole(one["since"]): _nodes(one["proof"]) for one in listed}
    except (KeyError, TypeError, ValueError) as problem:
        raise refused("the ledger proof cannot be read", "PACKAGE-LEDGER") from problem


def _check_ledger(files: Files, ledger: NoteKey, *, package: str) -> tuple[Lineage, int]:
    try:
        proof = _read_object(files[LEDGER_FILE])
        leaf, shown = _text(proof["leaf"]).encode(), _object(proof["detail"])
        entry = _read_object(leaf)
        detail = EntryDetail(
            actor=_text(shown["actor"]),
            objects=tuple(map(_text, _list(shown["objects"]))),
            justification=_text(shown["justification"]),
            recipient=_text(shown["recipient"]),
            facts={name: _fact(fact) for name, fact in _object(shown["facts"]).items()},
        )
        salt, index = bytes.fromhex(_text(proof["salt"])), _whole(proof["index"])
        path = _nodes(proof["proof"])
        note_text, commitment = _text(proof["checkpoint"]), _text(entry["commitment"])
        restored = proof.get("restored")
    except (KeyError, TypeError, ValueError) as problem:
        raise refused("the ledger proof cannot be read", "PACKAGE-LEDGER") from problem
    lineage = verify_lineage(note_text, restored, ledger)
    checkpoint = lineage.checkpoint
    if commit(detail, salt) != commitment:
        raise refused("the ledger entry does not commit to what the package shows of it", "PACKAGE-LEDGER")
    manifest = hashlib.sha256(files[MANIFEST]).hexdigest()
    if detail.objects[:2] != (package, manifest):
        raise refused("the ledger entry is about another package", "PACKAGE-LEDGER")
    if root_from_inclusion(leaf_hash(leaf), index, checkpoint.size, path) != checkpoint.root:
        raise refused("the inclusion proof does not lead to the checkpoint", "PACKAGE-LEDGER")
    return lineage, index
