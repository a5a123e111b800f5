"""Ledger entries: the logged operation in the leaf, personal data outside it behind a salted commitment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.ledger.merkle import leaf_hash
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetail:
    """What Directive (EU) 2016/680, art. 25, wants known and a log must be able to forget."""

    actor: str
    objects: tuple[str, ...]
    justification: str
    recipient: str = ""
    facts: dict[str, str | int] | None = None

    def canonical(self) -> bytes:
        """The bytes the commitment is made over."""
        return canonical_json(
            {
                "actor": self.actor,
                "facts": self.facts or {},
                "justification": self.justification,
                "objects": list(self.objects),
                "recipient": self.recipient,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it stands in the tree: no person, no object, only what kind of thing happened and when."""

    operation: Operation
    what: str  # e.g. exhibit.add, package.build
    at: datetime
    case: str
    commitment: str  # hex

    def leaf(self) -> bytes:
        """The entry's bytes in the log."""
        return canonical_json(
            {
                "at": self.at.isoformat(),
                "case": self.case,
                "commitment": self.commitment,
                "operation": self.operation.value,
                "what": self.what,
            }
        )

    def leaf_hash(self) -> bytes:
        """The entry's hash in the tree."""
        return leaf_hash(self.leaf())


def commit(detail: EntryDetail, salt: bytes) -> str:
    """SHA-256 over salt and detail. Without the salt nobody can test a guess against it."""
    return hashlib.sha256(salt + detail.canonical()).hexdigest()


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, no white space and UTF-8, so that equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
