"""Everything an analyst needs beside one person: records, identifiers, links, conduct, law, judgements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from fairlead.attribution.explain import PersonExplained, explain_person
from fairlead.attribution.question import question_of
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.register.rows import JudgementEntry
from fairlead.tables.attribution import IDENTIFIERS, LINKS, PERSONS
from fairlead.tables.evidence import HOLDERS
from fairlead.tables.law import ASSESSMENTS
from fairlead.tables.provenance import ASSESSED_ACTS
from fairlead.tables.records import ACCOUNTS, ACTS, PAYMENTS
from fairlead.tables.rows import AssessmentRow, PersonRow
from fairlead.terms.custody import Operation

_READ = (PERSONS, LINKS, IDENTIFIERS, ACCOUNTS, PAYMENTS, ACTS, ASSESSMENTS, ASSESSED_ACTS, HOLDERS)
_OUTSIDE = 40
HOUSEHOLD_AT_MOST = 12
_ZEROS = r"(\.\d\d\d*?)0+$"  # behind the first two decimals of an amount


class RecordShown(TypedDict):
    """An account or a payment of a person; ``status`` of a payment is its amount and currency."""

    record: str
    kind: str
    role: str
    name: str | None
    email: str | None
    country: str | None
    status: str | None
    seen_at: datetime | None
    exhibit: str
    locator: str


class IdentifierShown(TypedDict):
    """An identifier of a person, over all records that hold it."""

    kind: str
    value: str
    original: str | None
    valid: bool | None
    scope: str | None
    country: str | None
    network: str | None
    holders: int | None
    first_at: datetime | None
    last_at: datetime | None
    records: int


class ActShown(TypedDict):
    """One kind of conduct over a period, of records or as files suggest it."""

    act: str
    kind: str
    account: str
    payment: str | None
    from_at: datetime | None
    to_at: datetime | None
    events: int
    rule: str
    contents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFile:
    """One person with what the tables and the register hold about them.

    ``person_of`` names, for every record at the other end of a link, the person it was joined into.
    """

    row: PersonRow
    explained: PersonExplained
    records: list[RecordShown]
    identifiers: list[IdentifierShown]
    acts: list[ActShown]
    assessments: list[AssessmentRow]
    judgements: list[JudgementEntry]
    person_of: dict[str, str]
    question: str | None
    household: list[HouseholdTie]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdTie:
    """Another person with whom this one shares what families share: the value, and how it was decided."""

    person: str
    grade: str
    name: str | None
    shares: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementEffect:
    """What a judgement about two records would change when links are computed again."""

    left_person: str
    right_person: str
    left_members: int
    right_members: int
    together: bool


def open_person(session: Session, person: str) -> PersonFile:
    """Gather a person's file; a consultation in the ledger. UsageError PERSON-001 when there is none."""
    session.require_sight()
    from fairlead.register.judgements import find_judgement_rows

    catalogue = Catalogue(session.store, _READ)
    try:
        explained = explain_person(catalogue, person)
        row = catalogue.rows_as(PersonRow, "SELECT * FROM persons WHERE person = $p", {"p": person})[0]
        members = {"m": row["members"]}
        records = catalogue.rows_as(
            RecordShown,
            """SELECT account AS record, 'account' AS kind, role, user_name AS name, email, country, status,
                      registered_at AS seen_at, exhibit, locator FROM accounts WHERE list_contains($m, account)
               UNION ALL BY NAME
               SELECT payment AS record, kind, 'payer' AS role, payer_name AS name, payer_email AS email,
                      payer_country AS country, regexp_replace(amount::VARCHAR, $zeros, '\\1')
                      || ' ' || currency AS status, paid_at AS seen_at, exhibit, locator
               FROM payments WHERE list_contains($m, payment) ORDER BY seen_at NULLS LAST, record""",
            members | {"zeros": _ZEROS},
        )
        identifiers = catalogue.rows_as(
            IdentifierShown,
            """SELECT kind, value, any_value(original) AS original, bool_and(valid) AS valid, any_value(scope) AS scope,
                      any_value(country) AS country, any_value(network) AS network, max(holders) AS holders,
                      min(first_at) AS first_at, max(last_at) AS last_at, count(DISTINCT owner) AS records
               FROM identifiers WHERE list_contains($m, owner) GROUP BY kind, value ORDER BY kind, value""",
            members,
        )
        acts = catalogue.rows_as(
            ActShown,
            """SELECT act, kind, account, payment, from_at, to_at, events, rule, len(sha256s) AS contents
               FROM acts WHERE list_contains($m, account) OR list_contains($m, payment)
               UNION ALL BY NAME
               SELECT DISTINCT act, kind, account, from_at, to_at, pictures AS events,
                      'assessed from files on exhibit ' || exhibit AS rule, len(sha256s) AS contents
               FROM assessed_acts JOIN holders USING (exhibit) WHERE list_contains($m, account)
               ORDER BY from_at, kind""",
            members,
        )
        assessments = catalogue.rows_as(
            AssessmentRow,
            "SELECT * FROM assessments WHERE person = $p ORDER BY jurisdiction, legal_act, from_on",
            {"p": person},
        )
        ends = sorted({r for link in explained.alternatives for r in (link.left, link.right)})[: 2 * _OUTSIDE]
        person_of = {
            r["member"]: r["person"]
            for r in catalogue.rows(
                "SELECT person, member FROM (SELECT person, unnest(members) AS member FROM persons) "
                "WHERE list_contains($e, member)",
                {"e": ends},
            )
        }
        household = _household(catalogue, person, row["members"])
    finally:
        catalogue.close()
    kinds = {entry["kind"] for entry in identifiers if entry["scope"] not in ("junk", "default")}
    judgements = find_judgement_rows(
        session.user_id, session.operation, list(row["members"]), at=session.clock()
    )
    session.record(Operation.CONSULTATION, "person.open", (person,), "person consulted")
    return PersonFile(
        row=row,
        explained=explained,
        records=records,
        identifiers=identifiers,
        acts=acts,
        assessments=assessments,
        judgements=judgements,
        person_of=person_of,
        question=question_of(
            row["grade"],
            explained.inside,
            explained.alternatives,
            named="name" in kinds,
            born="date_of_birth" in kinds,
        ),
        household=household,
    )


def _household(catalogue: Catalogue, person: str, members: list[str]) -> list[HouseholdTie]:
    """Persons who share an address, mailbox, landline, bank account or home with this one, those who share most first."""
    rows = catalogue.rows(
        """WITH own AS (
                SELECT DISTINCT kind, value FROM identifiers
                WHERE list_contains($m, owner) AND kind IN ('email', 'phone', 'iban', 'ip', 'device')
                    AND scope IN ('personal', 'household')),
            held AS (
                SELECT DISTINCT i.owner, i.kind, i.value FROM identifiers i JOIN own USING (kind, value)
                WHERE i.holders <= $most AND NOT list_contains($m, i.owner)),
            placed AS (SELECT person, grade, unnest(members) AS member FROM persons WHERE person <> $p)
        SELECT p.person, any_value(p.grade) AS grade, list_sort(list(DISTINCT h.kind || ' ' || h.value)) AS shares,
            (SELECT min(n.original) FROM identifiers n JOIN placed q ON q.member = n.owner
             WHERE n.kind = 'name' AND q.person = p.person) AS name,
            (SELECT list_sort(list(DISTINCT l.rule)) FROM links l JOIN placed q ON q.member IN (l."left", l."right")
             WHERE q.person = p.person AND l.rule IS NOT NULL
                AND (list_contains($m, l."left") OR list_contains($m, l."right"))) AS rules
        FROM held h JOIN placed p ON p.member = h.owner GROUP BY p.person
        ORDER BY len(shares) DESC, p.person LIMIT $shown""",
        {"m": members, "p": person, "most": _OUTSIDE // 2, "shown": HOUSEHOLD_AT_MOST},
    )
    return [
        HouseholdTie(
            person=row["person"],
            grade=row["grade"],
            name=row["name"],
            shares=tuple(row["shares"]),
            rules=tuple(row["rules"] or ()),
        )
        for row in rows
    ]


def preview_judgement(session: Session, left: str, right: str) -> JudgementEffect | None:
    """Which persons two records are in now, and how large; None when one of them is in no person."""
    session.require_sight()
    catalogue = Catalogue(session.store, (PERSONS,))
    try:
        found = {
            r["member"]: r
            for r in catalogue.rows(
                "SELECT person, len(members) AS size, member FROM "
                "(SELECT person, members, unnest(members) AS member FROM persons) WHERE list_contains($e, member)",
                {"e": [left, right]},
            )
        }
    finally:
        catalogue.close()
    if left not in found or right not in found:
        return None
    return JudgementEffect(
        left_person=found[left]["person"],
        right_person=found[right]["person"],
        left_members=found[left]["size"],
        right_members=found[right]["size"],
        together=found[left]["person"] == found[right]["person"],
    )
