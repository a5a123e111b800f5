"""Leads that may not be sent as they stand: recalled, or about persons who have changed since they were published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.leads.anchored import CategoryDecision, category_standing
from fairlead.leads.document import SubjectCategory
from fairlead.leads.facts import gather_material
from fairlead.leads.material import HashRow
from fairlead.tables.attribution import PERSONS
from fairlead.tables.evidence import EXHIBITS
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ToConsider:
    """A lead that was sent and that nothing supports any more: somebody has to consider a recall."""

    lead: str
    country: str
    package: str


def stale_leads(
    session: Session, leads: Sequence[Mapping[str, Any]], *, digests: bool = True
) -> frozenset[str]:
    """Published leads one of whose persons has other records, another grade or another country now, or is gone; and those
    that rest on an exhibit whose handling codes were corrected since, or about a person who was categorised since.

    With ``digests`` also those behind which other digests stand now, or whose lists say otherwise of release: that asks the
    tables of accesses. Where no persons are computed at all, nothing can be compared with them.
    """
    catalogue = Catalogue(session.store, (PERSONS, EXHIBITS))
    try:
        rows = catalogue.rows("SELECT person, members, grade, country FROM persons")
        handling = catalogue.rows("SELECT exhibit, handling FROM exhibits")
    finally:
        catalogue.close()
    from fairlead.register.followup import find_categories

    decided = find_categories(session.user_id, session.operation, at=session.clock())
    now = {row["person"]: row for row in rows}
    codes = {row["exhibit"]: row["handling"] for row in handling}
    matched = _matched_otherwise(session, leads, now) if digests and now else ()
    return frozenset(
        lead["lead"]
        for lead in leads
        if (now and _has_changed(lead, now))
        or _handled_otherwise(lead, codes)
        or _categorised_otherwise(lead, decided)
    ) | frozenset(matched)


def _categorised_otherwise(lead: Mapping[str, Any], decided: Sequence[CategoryDecision]) -> bool:
    members = lead["records"].get(lead["person"], ())
    standing = category_standing(decided, members, when_none=SubjectCategory.NOT_CATEGORISED)
    return str(standing.category) != str(lead["body"]["subject_category"])


def _handled_otherwise(lead: Mapping[str, Any], codes: Mapping[str, str]) -> bool:
    evidence = lead["body"]["evidence"]
    return any(codes.get(item["exhibit"], item["handling"]) != item["handling"] for item in evidence)


def _has_changed(lead: Mapping[str, Any], now: Mapping[str, Mapping[str, Any]]) -> bool:
    head = now.get(lead["person"])
    if head is None or (head["grade"], head["country"]) != (lead["grade"], lead["country"]):
        return True
    return any(
        person not in now or set(now[person]["members"]) != set(members)
        for person, members in lead["records"].items()
    )


def _matched_otherwise(
    session: Session, leads: Iterable[Mapping[str, Any]], now: Collection[str]
) -> Iterator[str]:
    """Leads whose digests, or what the lists that know them say of release, are not those that were published."""
    of: dict[str, list[Mapping[str, Any]]] = {}
    for lead in leads:
        if lead["person"] in now:
            of.setdefault(lead["country"], []).append(lead)
    catalogue = Catalogue(session.store)
    try:
        for country, own in of.items():
            material = gather_material(catalogue, country)
            for lead in own:
                published = frozenset(HashRow.of(row) for row in lead["material"] or ())
                if published != material.get(lead["person"], frozenset()):
                    yield lead["lead"]
    finally:
        catalogue.close()


def require_fresh(session: Session, leads: Iterable[Mapping[str, Any]]) -> None:
    """Stop with USAGE-STALE when a lead no longer says what the tables say, or was published without its hash rows."""
    listed = list(leads)
    old = sorted(lead["lead"] for lead in listed if lead["material"] is None)
    if old:
        raise UsageError(
            f"{len(old)} leads were published by an older version, which kept less of them: {old[0]}",
            "Publish again with `fairlead lead publish`.",
            code="USAGE-STALE",
        )
    stale = sorted(stale_leads(session, listed))
    if stale:
        raise UsageError(
            f"persons, digests, categories or codes of {len(stale)} leads have changed since publishing: {stale[0]}",
            "Compute the leads again with `fairlead lead publish`, and read what changed.",
            code="USAGE-STALE",
        )


def recalled_leads(session: Session) -> dict[str, str]:
    """Leads that were recalled and are not to be sent again, each with a package it was recalled from."""
    from fairlead.register.followup import find_recalls, still_recalled
    from fairlead.register.leads import find_packages

    at = session.clock()
    carried = {
        row["package"]: row["leads"] for row in find_packages(session.user_id, session.operation, at=at)
    }
    return {
        lead: recall["package"]
        for recall in find_recalls(session.user_id, session.operation, at=at)
        for lead in (recall["leads"] or carried.get(recall["package"], {}))
        if still_recalled(recall, lead)
    }


def recalls_to_consider(session: Session, *, country: str | None = None) -> list[ToConsider]:
    """Leads that a country was sent, that nothing supports any more, and that nobody has recalled."""
    from fairlead.register.leads import find_packages, lead_versions

    at = session.clock()
    published = {lead for _, lead, _ in lead_versions(session.user_id, session.operation, at=at)}
    recalled = recalled_leads(session)
    last: dict[str, ToConsider] = {}
    for row in find_packages(session.user_id, session.operation, at=at):
        for lead in row["leads"]:
            last[lead] = ToConsider(lead=lead, country=row["country"], package=row["package"])
    return [
        found
        for lead, found in sorted(last.items())
        if lead not in published and lead not in recalled and country in (None, found.country)
    ]
