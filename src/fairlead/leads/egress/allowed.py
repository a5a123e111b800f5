"""What the register allows one country to be told: the list that every file of a package is held against."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.leads.document import LeadDocument
from fairlead.leads.material import HashRow
from fairlead.leads.strict_json import strings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedLead:
    """One lead as it was approved: its body, and the rows ``sha256, sets`` of digests that may leave with it.

    ``hashes`` is None where they cannot be known: a recipient has no list but the one in the package.
    """

    body: Mapping[str, Any]
    hashes: frozenset[tuple[str, str]] | None

    @property
    def document(self) -> LeadDocument:
        """The body as a lead."""
        return LeadDocument.model_validate(self.body)

    @property
    def texts(self) -> frozenset[str]:
        """Every text that stands in the body."""
        return frozenset(strings_of(self.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may stand in a package: who sends what to whom on what ground, and the leads by id.

    ``said`` are texts that officers wrote for this package: legal basis, purpose, and the release of H3. None where
    they cannot be known, which is on the recipient's side; so are ``built_at``, ``recipients`` (the keys) and ``actors``
    (officers who sign, and who writes the ledger's entry). ``held`` are persons about whom nothing may be sent.
    """

    package: str
    version: int
    operation: str
    sender: str
    country: str
    leads: Mapping[str, AllowedLead]
    said: frozenset[str] | None
    built_at: datetime | None = None
    recipients: frozenset[str] | None = None
    actors: frozenset[str] | None = None
    held: frozenset[str] = frozenset()
    h3_released: bool = False


def allow(leads: Iterable[LeadDocument], material: Mapping[str, Iterable[HashRow]]) -> dict[str, AllowedLead]:
    """The leads that may leave, by id, with the digests of each whose lists let them go."""
    return {
        lead.lead: AllowedLead(
            body=lead.model_dump(mode="json"),
            hashes=frozenset(
                (row.sha256, " ".join(sorted(row.sets)))
                for row in material.get(lead.lead, ())
                if row.may_leave
            ),
        )
        for lead in leads
    }


def told_by(
    files: Mapping[str, bytes],
    *,
    package: str,
    version: int,
    sender: str,
    country: str,
    operation: str,
    h3_released: bool,
) -> Allowed:
    """What a recipient can hold the other files against: the leads that the package itself brings.

    A ``lead.json`` that is no lead is left out; the check of the documents names it.
    """
    leads = {}
    for path, data in files.items():
        if not path.endswith("/lead.json"):
            continue
        try:
            lead = LeadDocument.model_validate(json.loads(data))
        except (ValueError, RecursionError):
            continue
        leads[lead.lead] = AllowedLead(body=lead.model_dump(mode="json"), hashes=None)
    return Allowed(
        package=package,
        version=version,
        operation=operation,
        sender=sender,
        country=country,
        leads=leads,
        said=None,
        h3_released=h3_released,
    )
