"""The custody record of an exhibit: the fields of ISO/IEC 27037 and what our own steps add."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.terms.custody import CustodyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRecord:
    """One event in the life of an exhibit: who, when, where, why, and whether anything changed.

    ``at`` is in UTC; ``zone`` names the local zone of the place. ``change_made`` and its justification go
    together, as ISO/IEC 27037 asks for unavoidable changes; raises ValueError otherwise, or when ``at`` has
    no zone.
    """

    exhibit: str
    event: CustodyEvent
    at: datetime
    zone: str
    place: str
    actor: str
    actor_role: str
    actor_agency: str
    reason: str
    authority: str
    case: str = ""
    counter_party: str = ""
    description: str = ""
    make: str = ""
    model: str = ""
    serial: str = ""
    capacity_bytes: int | None = None
    seized_from: str = ""
    seized_at: datetime | None = None
    seized_where: str = ""
    seized_by: str = ""
    seal_before: str = ""
    seal_after: str = ""
    packaging: str = ""
    condition: str = ""
    acquisition_method: str = ""
    tool: str = ""
    tool_version: str = ""
    write_protection: str = ""
    digest_algorithm: str = "sha256"
    digest: str = ""
    digest_verified_at: datetime | None = None
    change_made: str = ""
    change_justification: str = ""
    storage: str = ""
    handling: str = "H0"
    restriction: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the time of a custody event needs its zone")
        if bool(self.change_made) != bool(self.change_justification):
            raise ValueError("a change and its justification go together")
