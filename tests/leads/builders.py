"""Leads and packages with defaults, so that a test names only what it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.leads.bag import MANIFEST, close_bag, make_bag, pack
from fairlead.leads.document import EvidenceItem, LeadDocument, StatementDocument
from fairlead.leads.dsse import Officer, sign_payload, sign_statement
from fairlead.leads.egress.allowed import Allowed, allow
from fairlead.leads.package import (
    LEDGER_FILE,
    PREDICATE_TYPE,
    STATEMENT_FILE,
    BuiltPackage,
    PackagePlan,
    Prove,
    _info,
    _payload,
    _predicate,
    draft_package,
    encrypt,
    finish_package,
    require_two,
)
from fairlead.ledger.checkpoint import Checkpoint, sign_checkpoint
from fairlead.ledger.entry import Entry, EntryDetail, commit
from fairlead.ledger.merkle import MerkleTree
from fairlead.ledger.notes import NoteKey, NoteKind
from fairlead.terms.custody import Operation

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PREPARER = Officer(name="holm", private=Ed25519PrivateKey.from_private_bytes(b"\x03" * 32))
RELEASER = Officer(name="lund", private=Ed25519PrivateKey.from_private_bytes(b"\x04" * 32))
LOG = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
LOG_KEY = NoteKey(name="fairlead/test", public=LOG.public_key(), kind=NoteKind.ED25519)
OFFICERS = {officer.name: officer.private.public_key() for officer in (PREPARER, RELEASER)}
SWEDEN = pyrage.x25519.Identity.generate()
FINLAND = pyrage.x25519.Identity.generate()


def statement(**changes: Any) -> StatementDocument:
    fields: dict[str, Any] = {
        "id": "S-0123456789",
        "about": "P-1",
        "section": "selectors",
        "kind": "fact",
        "of": "email",
        "value": "someone@example.org",
        "text": "Email someone@example.org, as account user.",
        "source_grade": "X",
        "information_grade": 4,
        "handling": "H0",
        "origins": ["NSK/3:inode:1:12:/a.sql#bytes=0-9"],
    }
    return StatementDocument.model_validate({**fields, **changes})


def lead(**changes: Any) -> LeadDocument:
    fields: dict[str, Any] = {
        "lead": "L-SE-0000000001",
        "version": 1,
        "operation": "lanternfish",
        "from_country": "DK",
        "country": "SE",
        "person": "P-1",
        "grade": "probable",
        "names_person": False,
        "subject_category": "not_categorised",
        "handling": "H0+H1",
        "verified_on": AT,
        "statements": [statement()],
        "evidence": [
            EvidenceItem(
                exhibit="NSK/3",
                kind="image",
                sha256="0" * 64,
                authority="order 12-345",
                handling="H0",
                received_at=AT,
                description="server",
            )
        ],
        "requests": ["Answer."],
    }
    return LeadDocument.model_validate({**fields, **changes})


def plan(*leads: LeadDocument, **changes: Any) -> PackagePlan:
    fields: dict[str, Any] = {
        "package": "lanternfish-SE-0001",
        "version": 1,
        "operation": "lanternfish",
        "from_country": "DK",
        "to_country": "SE",
        "legal_basis": "made up",
        "purpose": "training",
        "built_at": AT,
        "recipients": (str(SWEDEN.to_public()),),
        "leads": leads or (lead(),),
        "material": {},
    }
    return PackagePlan(**{**fields, **changes})


def prove(name: str, manifest: str, *, private: Ed25519PrivateKey = LOG) -> dict[str, Any]:
    """A log in which the package's entry is the third of five."""
    detail = EntryDetail(actor="holm", objects=(name, manifest), justification="made up", recipient="SE")
    salt = b"\x09" * 16
    entry = Entry(
        operation=Operation.DISCLOSURE,
        what="package.build",
        at=AT,
        case=name.rsplit("-", 2)[0],
        commitment=commit(detail, salt),
    )
    tree = MerkleTree([b"\x01" * 32, b"\x02" * 32, entry.leaf_hash(), b"\x03" * 32, b"\x04" * 32])
    checkpoint = Checkpoint(origin="fairlead/test", size=5, root=tree.root())
    return {
        "leaf": entry.leaf().decode(),
        "salt": salt.hex(),
        "detail": {
            "actor": "holm",
            "objects": [name, manifest],
            "justification": "made up",
            "recipient": "SE",
            "facts": {},
        },
        "index": 2,
        "proof": [node.hex() for node in tree.inclusion_proof(2, 5)],
        "checkpoint": str(sign_checkpoint(checkpoint, private)),
    }


def proof_file(value: dict[str, Any]) -> bytes:
    """`ledger.json` as it is written."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def allowed_by(made: PackagePlan, **changes: Any) -> Allowed:
    """What a register that holds just these leads would allow."""
    fields: dict[str, Any] = {
        "package": made.package,
        "version": made.version,
        "operation": made.operation,
        "sender": made.from_country,
        "country": made.to_country,
        "leads": allow(made.leads, made.material),
        "said": frozenset({made.legal_basis, made.purpose, made.h3_release}),
        "h3_released": bool(made.h3_release),
    }
    return Allowed(**{**fields, **changes})


def build_package(
    made: PackagePlan, officers: Sequence[Officer], prove: Prove, *, allowed: Allowed
) -> BuiltPackage:
    """As two officers do it one after the other: draw up, sign, draw up again, sign, close."""
    first, second = officers
    require_two(*((one.name, one.private.public_key()) for one in officers))
    signatures = [
        sign_payload(draft_package(made, first.name, allowed=allowed).payload, one) for one in (first, second)
    ]
    return finish_package(draft_package(made, first.name, allowed=allowed), signatures, prove)


def build(
    made: PackagePlan | None = None, officers: list[Officer] | None = None, **allowed: Any
) -> BuiltPackage:
    made = made or plan()
    return build_package(
        made,
        officers or [PREPARER, RELEASER],
        lambda manifest: prove(made.package, manifest),
        allowed=allowed_by(made, **allowed),
    )


def closed_by_hand(made: PackagePlan, payload: dict[str, bytes], **tags: bytes) -> dict[str, bytes]:
    """The files of a finished package around any payload: whoever holds the keys can make it, without any check.

    ``tags`` replace or add files beside the payload, their names with ``__`` for a point.
    """
    files = make_bag(payload, _info(made))
    given = {name.replace("__", "."): data for name, data in tags.items()}
    files |= given
    manifest = hashlib.sha256(files[MANIFEST]).hexdigest()
    files.setdefault(LEDGER_FILE, proof_file(prove(made.package, manifest)))
    subjects = {p: hashlib.sha256(data).hexdigest() for p, data in files.items() if not p.startswith("data/")}
    predicate = _predicate(made, PREPARER.name)
    files[STATEMENT_FILE] = sign_statement(subjects, PREDICATE_TYPE, predicate, [PREPARER, RELEASER]).encode()
    return close_bag({**files, **{name: given[name] for name in given if name == STATEMENT_FILE}})


def payload_of(made: PackagePlan) -> dict[str, bytes]:
    return _payload(made)


def sealed(made: PackagePlan, files: dict[str, bytes]) -> bytes:
    return encrypt(pack(files, made.package, at=AT), made.recipients)
