"""Inside the sandbox: what a partner sent is read through once, so that the program knows that it can be."""

from __future__ import annotations

import base64
import importlib
import json
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.engine.sandbox.warming import load_character_sets
from fairlead.leads.bag import Files
from fairlead.leads.document import lead_schema
from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.check import check_egress
from fairlead.leads.opening import Expected, verify_packed
from fairlead.leads.pdf import fixed_words
from fairlead.ledger.checkpoint import Checkpoint
from fairlead.ledger.notes import parse_note_key
from fairlead.terms.errors import FairleadError
from fairlead.terms.names import CountryCode

_MOST_REASONS, _LONGEST = 20, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainExpected:
    """`Expected` with keys as text and octets, as a process can be told them; and the reader's own public keys."""

    own: frozenset[str]
    country: CountryCode
    officers: dict[str, bytes]
    ledger: str
    valid_until: dict[str, datetime] | None
    witnesses: tuple[str, ...]
    needed_witnesses: int
    seen: Checkpoint | None
    earlier: tuple[Checkpoint, ...]
    restored_at: datetime | None
    now: datetime | None

    def with_keys(self) -> Expected:
        """The same with keys as keys."""
        return Expected(
            country=self.country,
            officers={name: Ed25519PublicKey.from_public_bytes(raw) for name, raw in self.officers.items()},
            ledger=parse_note_key(self.ledger),
            valid_until=self.valid_until,
            witnesses=[parse_note_key(text) for text in self.witnesses],
            needed_witnesses=self.needed_witnesses,
            seen=self.seen,
            earlier=self.earlier,
            restored_at=self.restored_at,
            now=self.now,
        )


class RehearsalJob(TypedDict):
    """``expected``: a pickled `PlainExpected` in base 64, for a package; empty for a text."""

    expected: str


class Rehearsed(TypedDict, total=False):
    """``refused``: whether a check failed; ``reasons``: which rules of what may leave the package breaks."""

    refused: bool
    reasons: list[str]


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for."""
    load_character_sets()
    fixed_words("DK")
    importlib.import_module("pydantic.type_adapter")
    lead_schema()


def handle(header: RehearsalJob, descriptors: list[int]) -> Rehearsed:
    """``descriptors``: the decrypted package, or the text."""
    with os.fdopen(os.dup(descriptors[0]), "rb") as file:
        data = file.read()
    if not header["expected"]:
        return _read_text(data)
    plain: PlainExpected = pickle.loads(base64.b64decode(header["expected"]))  # noqa: S301 - by the program for its worker
    broken: list[str] = []

    def rules(files: Files, allowed: Allowed) -> Sequence[str]:
        broken.extend(check_egress(files, allowed))
        return broken

    try:
        verify_packed(data, plain.own, plain.with_keys(), rules=rules)
    except FairleadError:
        return {"refused": True, "reasons": [reason[:_LONGEST] for reason in broken[:_MOST_REASONS]]}
    return {"refused": False, "reasons": []}


def _read_text(data: bytes) -> Rehearsed:
    """The text as JSON, and what is signed in it if something is."""
    try:
        value = json.loads(data)
        if isinstance(value, dict) and isinstance(signed := value.get("payload"), str):
            json.loads(base64.b64decode(signed, validate=True))
    except (ValueError, RecursionError):
        return {"refused": True}
    return {"refused": False}
