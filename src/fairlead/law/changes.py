"""What changes when: in the law as recorded, and in our record of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fairlead.law.load import RecordSet
from fairlead.law.record import PENDING, Gap, PolicePower, ProvisionVersion
from fairlead.terms.law import ProvisionStatus

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One day on which the law of a place changes, as recorded."""

    on: date
    jurisdictions: tuple[str, ...]
    record: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A record that nobody has verified within the days asked for."""

    record: str
    jurisdictions: tuple[str, ...]
    recorded_on: date
    verified_on: date | None
    days: int


def find_changes(records: RecordSet, home: str | None = None) -> list[Change]:
    """Changes of the law by day, of one country or of all but the fictional one; undated ones are absent."""
    found: list[Change] = []
    for record in _recorded(records, home):
        found += _of_version(record) if isinstance(record, ProvisionVersion) else _of_gap(record)
    return sorted(found, key=lambda change: (change.on, change.jurisdictions, change.record))


def find_undated(records: RecordSet, home: str | None = None) -> list[ProvisionVersion]:
    """Versions not in force whose day of commencement is not known, and bills."""
    return [
        v
        for v in _recorded(records, home)
        if isinstance(v, ProvisionVersion)
        and (v.status in PENDING or (v.valid_from is None and not v.from_unknown))
    ]


def _recorded(records: RecordSet, home: str | None) -> Iterator[ProvisionVersion | Gap]:
    listed: tuple[ProvisionVersion | Gap, ...] = (*records.versions, *records.gaps)
    for record in listed:
        country = record.jurisdictions[0].split("-")[0]
        if (country == home if home else country != "ZZ") and record.knowledge.superseded_on is None:
            yield record


def _of_version(version: ProvisionVersion) -> Iterator[Change]:
    if version.status in PENDING:
        return
    if version.enacted_on is not None:
        yield _change(version.enacted_on, version, f"enacted: {version.citation}; commencement not verified")
    if version.valid_from is not None:
        sure = version.status in (ProvisionStatus.IN_FORCE, ProvisionStatus.REPEALED)
        word = "in force from this day, as recorded" if sure else "said to apply from this day, not verified"
        yield _change(version.valid_from, version, f"{word}: {version.citation}")
    if version.valid_to is not None:
        yield _change(version.valid_to + _DAY, version, f"no longer in force: {version.citation}")


def _of_gap(gap: Gap) -> Iterator[Change]:
    if gap.valid_from is not None:
        yield _change(gap.valid_from, gap, f"a gap is asserted from this day: {gap.text}")
    if gap.valid_to is not None:
        yield _change(gap.valid_to + _DAY, gap, f"a gap is no longer asserted: {gap.text}")


def _change(on: date, record: ProvisionVersion | Gap, what: str) -> Change:
    return Change(on=on, jurisdictions=record.jurisdictions, record=record.id, what=what)


def find_stale(records: RecordSet, *, on: date, days: int) -> list[Stale]:
    """Records whose last check, verified or at least recorded, is more than ``days`` days back."""
    found = []
    listed: tuple[ProvisionVersion | Gap | PolicePower, ...] = (
        *records.versions,
        *records.gaps,
        *records.powers,
    )
    for record in listed:
        knowledge = record.knowledge
        age = (on - (knowledge.verified_on or knowledge.recorded_on)).days
        if age > days and knowledge.superseded_on is None and record.jurisdictions[0] != "ZZ":
            found.append(
                Stale(
                    record=record.id,
                    jurisdictions=record.jurisdictions,
                    recorded_on=knowledge.recorded_on,
                    verified_on=knowledge.verified_on,
                    days=age,
                )
            )
    return sorted(found, key=lambda stale: (-stale.days, stale.record))
