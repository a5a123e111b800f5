"""Which records a person, a lead or an earlier decision is about, and which of them nothing may be sent about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.case.persons.history import later_persons, persons_of_last_run
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.leads.anchored import held_records
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True)
class Held:
    """The records that nothing may be sent about at one moment."""

    records: frozenset[str]
    session: Session

    def holds(self, lead: Mapping[str, Any]) -> bool:
        """Whether a published lead rests on a held record; one whose records nobody knows is held while anything is."""
        if not self.records:
            return False
        known = records_of_lead(self.session, lead)
        return any(not members or not self.records.isdisjoint(members) for members in known.values())

    def persons(self, leads: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """The persons of leads who have a held record."""
        if not self.records:
            return frozenset()
        return frozenset(
            person
            for lead in leads
            for person, members in records_of_lead(self.session, lead).items()
            if not self.records.isdisjoint(members)
        )


def held_now(session: Session) -> Held:
    """The records that nothing may be sent about: of every hold, and of every person who has one of them now.

    Raises UsageError when an older hold is about a person whose records nobody knows any more: then nothing at all can
    be said to be free of it.
    """
    from fairlead.register.followup import find_holds

    anchor_older_decisions(session)
    holds = find_holds(session.user_id, session.operation, at=session.clock(), lasting=True)
    lost = [hold.person for hold in holds if not hold.records]
    if lost:
        raise UsageError(
            f"{len(lost)} holds are about persons whose records are not known here any more: {lost[0]}",
            "Find out who is meant, hold their records with `fairlead lead hold RECORD`, then lift the old hold.",
            code="USAGE-HOLD",
        )
    anchors = sorted({record for hold in holds for record in hold.records})
    if not anchors:
        return Held(frozenset(), session)
    catalogue = Catalogue(session.store, (PERSONS,))
    try:
        rows = catalogue.rows("SELECT members FROM persons WHERE list_has_any(members, $a)", {"a": anchors})
    finally:
        catalogue.close()
    return Held(held_records(anchors, [row["members"] for row in rows]), session)


def records_of_lead(session: Session, lead: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The records of every person in a published lead, as they were joined when it was published."""
    persons = [lead["person"], *(r["person"] for r in lead["body"]["related"])]
    kept = {person: tuple(lead["records"].get(person, ())) for person in persons}
    missing = [person for person, members in kept.items() if not members]
    return {**kept, **records_of_persons(session, missing)} if missing else kept


def records_of_persons(session: Session, persons: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The records joined into persons, by id; of one that is gone those of all who came of it, none when unknown."""
    now = _members(session, persons)
    gone = [person for person in persons if person not in now]
    last = persons_of_last_run(session) if gone else {}
    for person in gone:
        now[person] = tuple(last.get(person, ()))
        if not now[person]:
            later = later_persons(session, person)
            came = _members(session, later)
            now[person] = tuple(sorted({record for members in came.values() for record in members}))
    return now


def _members(session: Session, persons: Iterable[str]) -> dict[str, tuple[str, ...]]:
    catalogue = Catalogue(session.store, (PERSONS,))
    try:
        rows = catalogue.rows(
            "SELECT person, members FROM persons WHERE list_contains($p, person)", {"p": list(persons)}
        )
    finally:
        catalogue.close()
    return {row["person"]: tuple(row["members"]) for row in rows}


def records_meant(session: Session, given: str) -> tuple[str, ...]:
    """The records that a decision about a person, or about one account or payment, is about. UsageError for neither."""
    from fairlead.register.leads import find_leads_about

    if found := records_of_persons(session, [given])[given]:
        return found
    for lead in find_leads_about(session.user_id, session.operation, given, at=session.clock()):
        if members := lead["records"].get(given):
            return tuple(members)
    catalogue = Catalogue(session.store, (ACCOUNTS, PAYMENTS))
    try:
        known = catalogue.rows(
            "SELECT account AS r FROM accounts WHERE account = $r UNION ALL "
            "SELECT payment FROM payments WHERE payment = $r",
            {"r": given},
        )
    finally:
        catalogue.close()
    if not known:
        raise UsageError(
            "there is no person, account or payment of this id here",
            "`fairlead table persons` lists the persons and their records.",
            code="USAGE-RECORD",
        )
    return (given,)


def anchor_older_decisions(session: Session) -> int:
    """Give holds and categories of older versions, which named a person or lead only, its records; returns how many.

    Called before persons are computed again, and before anything is sent.
    """
    from fairlead.register.followup import anchor_category, anchor_hold, find_unanchored
    from fairlead.register.leads import find_leads

    holds, categories = find_unanchored(session.operation)
    if not holds and not categories:
        return 0
    at = session.clock()
    known = records_of_persons(session, sorted({person for _, person in holds}))
    leads = {row["lead"]: row for row in find_leads(session.user_id, session.operation, at=at)}
    done = 0
    for key, person in holds:
        if known[person]:
            anchor_hold(key, known[person])
            done += 1
    for key, lead in categories:
        row = leads.get(lead)
        members = records_of_lead(session, row)[row["person"]] if row else ()
        if members:
            anchor_category(key, members)
            done += 1
    if done:
        session.record(
            Operation.ALTERATION,
            "decision.anchor",
            (),
            "older decisions tied to records",
            facts={"decisions": done},
        )
    return done
