"""Digests of contents behind a lead, and whether every list that knows them lets them go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.leads.body import HashBody
from fairlead.leads.document import LeadDocument
from fairlead.terms.matching import ReleasePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRow:
    """SHA-256 of a content that an account had to do with, the sets that know it, and what they say of release."""

    sha256: str
    sets: tuple[str, ...]
    releases: tuple[str, ...]

    @property
    def may_leave(self) -> bool:
        """Whether every list that knows it lets its hashes go; one that no list knows may leave."""
        return all(release == ReleasePolicy.RELEASABLE.value for release in self.releases)

    def to_json(self) -> HashBody:
        """The row as the register keeps it."""
        return {"sha256": self.sha256, "sets": list(self.sets), "releases": list(self.releases)}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> HashRow:
        """The row in what the tables or the register hold."""
        return cls(
            sha256=str(row["sha256"]),
            sets=tuple(sorted(row["sets"] or ())),
            releases=tuple(sorted(row["releases"] or ())),
        )


def digest_with(lead: LeadDocument, material: Iterable[HashRow]) -> str:
    """SHA-256 over the substance of a lead and its hash rows; of a lead without any, the digest of the lead alone."""
    rows = [row.to_json() for row in sorted(material, key=lambda row: row.sha256)]
    if not rows:
        return lead.digest()
    return hashlib.sha256(json.dumps([lead.digest(), rows], sort_keys=True).encode()).hexdigest()
