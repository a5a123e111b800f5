"""What the tables hold about the persons of one country, fetched once and grouped by person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from fairlead.engine.catalogue import Catalogue
from fairlead.leads.material import HashRow
from fairlead.tables.rows import (
    AccountRow,
    ActRow,
    AssessedActRow,
    AssessmentRow,
    ExhibitRow,
    IdentifierRow,
    PaymentRow,
    PersonRow,
)
from fairlead.terms.grades import Handling, combine_handling, parse_handling
from fairlead.terms.platform import INTERNAL_STATUSES, Role


class OfPerson(TypedDict):
    """A row that belongs to a person."""

    person: str


class IdentifierFact(IdentifierRow):
    """An identifier of a person's record."""

    person: str


class AccountFact(AccountRow):
    """An account of a person."""

    person: str


class PaymentFact(PaymentRow):
    """A payment for a person's account, or by the person: ``own`` says which."""

    person: str
    own: bool


class ActFact(ActRow):
    """Conduct that records show."""

    person: str


class SuggestedFact(AssessedActRow):
    """Conduct that files on an exhibit suggest, and why it is asked of this person."""

    person: str
    reason: str
    origins: list[str]


class MaterialFact(TypedDict):
    """A content that a person's account had to do with, and what is known of it."""

    person: str
    sha256: str
    uploaded: bool
    fetched: bool
    exhibit: str
    locator: str
    family: str | None
    conclusion: str | None
    derived: bool
    sets: list[str] | None
    meanings: list[str] | None
    exact: bool | None
    releases: list[str] | None


R = TypeVar("R", bound=OfPerson)


_MEMBERS = """
WITH chosen AS (SELECT person, unnest(members) AS member FROM persons WHERE country = $country)
"""
_PERSONS_SQL = "SELECT * FROM persons WHERE country = $country ORDER BY person"
_IDENTIFIERS_SQL = (
    _MEMBERS
    + """SELECT c.person, i.* FROM identifiers i JOIN chosen c ON c.member = i.owner
         ORDER BY c.person, i.kind, i.value, i.owner"""
)
_ACCOUNTS_SQL = (
    _MEMBERS
    + "SELECT c.person, a.* FROM accounts a JOIN chosen c ON c.member = a.account ORDER BY 1, a.account"
)
_PAYMENTS_SQL = (
    _MEMBERS
    + """SELECT c.person, p.*, (p.payment IN (SELECT member FROM chosen o WHERE o.person = c.person)) AS own
         FROM payments p JOIN chosen c ON c.member = p.account OR c.member = p.payment
         QUALIFY row_number() OVER (PARTITION BY c.person, p.payment) = 1 ORDER BY 1, p.paid_at, p.payment"""
)
_ACTS_SQL = (
    _MEMBERS
    + """SELECT DISTINCT ON (c.person, a.act) c.person, a.* FROM acts a
         JOIN chosen c ON c.member = a.account OR (a.kind = 'pay' AND a.payment = c.member)
         ORDER BY 1, a.act"""
)
_ASSESSED_SQL = (
    _MEMBERS
    + """, suggested AS (
  SELECT c.person, x.*, string_agg(DISTINCT h.reason, '; ' ORDER BY h.reason) AS reason
  FROM chosen c JOIN holders h ON h.account = c.member JOIN assessed_acts x USING (exhibit) GROUP BY ALL),
places AS (
  SELECT x.act, list(f.exhibit || ':' || f.locator ORDER BY f.locator) AS origins
  FROM (SELECT DISTINCT act, exhibit, unnest(sha256s) AS sha256 FROM suggested) x JOIN files f USING (exhibit, sha256)
  GROUP BY x.act)
SELECT s.*, p.origins FROM suggested s JOIN places p USING (act) ORDER BY s.person, s.act"""
)
_MATERIAL_SQL = (
    _MEMBERS
    + """, touched AS (
  SELECT person, sha256, bool_or(sent) AS uploaded, bool_or(NOT sent) AS fetched FROM (
    SELECT c.person, unnest(a.sha256s) AS sha256, a.kind IN ('upload', 'produce') AS sent
    FROM acts a JOIN chosen c ON c.member = a.account)
  GROUP BY ALL)
SELECT t.person, t.sha256, t.uploaded, t.fetched,
       n.exhibit, n.locator, n.family, o.conclusion, coalesce(o.derived_from_picture, false) AS derived,
       list(DISTINCT m."set") FILTER (WHERE m."set" IS NOT NULL) AS sets,
       list(DISTINCT m.meaning) FILTER (WHERE m.meaning IS NOT NULL) AS meanings,
       bool_or(m.kind = 'exact') AS exact,
       list(DISTINCT m.release) FILTER (WHERE m.release IS NOT NULL) AS releases
FROM touched t JOIN contents n USING (sha256) LEFT JOIN origins_of o USING (sha256)
     LEFT JOIN matches m USING (sha256)
GROUP BY ALL ORDER BY 1, 2"""
)
_ASSESSMENTS_SQL = """
SELECT * FROM assessments WHERE person IN (SELECT person FROM persons WHERE country = $country)
  AND (jurisdiction = $country OR starts_with(jurisdiction, $country || '-'))
ORDER BY person, from_on, jurisdiction, legal_act, image, age_band"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """Everything the tables hold about one person."""

    person: PersonRow
    identifiers: list[IdentifierFact]
    accounts: list[AccountFact]
    payments: list[PaymentFact]
    acts: list[ActFact]
    assessed_acts: list[SuggestedFact]
    material: list[MaterialFact]
    assessments: list[AssessmentRow]

    @property
    def identity(self) -> str:
        """The person's id."""
        return str(self.person["person"])

    @property
    def uses_the_platform(self) -> bool:
        """Whether an account of the platform is among the records."""
        return any(a["role"] == Role.ACCOUNT_USER for a in self.accounts)

    @property
    def is_internal(self) -> bool:
        """Whether an account is a test account or an investigator's own."""
        return any((a["status"] or "").lower() in INTERNAL_STATUSES for a in self.accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """One lead's person, and the persons of the same country kept apart from it: payers, and who may be the same."""

    head: PersonFacts
    related: tuple[PersonFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryFacts:
    """What is to be told to one country, and the exhibits with their handling."""

    country: str
    leads: list[LeadFacts]
    exhibits: dict[str, ExhibitRow]

    def handling_of(self, origins: tuple[str, ...]) -> Handling:
        """The most restrictive union over the exhibits that origins lie in."""
        numbers = {number for o in origins for number in self.exhibits if o.startswith(number + ":")}
        return combine_handling(
            parse_handling(self.exhibits[n]["handling"], self.exhibits[n]["restriction"] or "")
            for n in sorted(numbers)
        )


def gather_country(catalogue: Catalogue, country: str) -> CountryFacts:
    """Fetch what the tables hold about the persons whom the evidence places in a country.

    Persons whom the evidence places elsewhere, or nowhere, do not come into it, also not as payers.
    """
    identifiers = _by_person(catalogue, IdentifierFact, _IDENTIFIERS_SQL, country)
    accounts = _by_person(catalogue, AccountFact, _ACCOUNTS_SQL, country)
    payments = _by_person(catalogue, PaymentFact, _PAYMENTS_SQL, country)
    acts = _by_person(catalogue, ActFact, _ACTS_SQL, country)
    assessed_acts = _by_person(catalogue, SuggestedFact, _ASSESSED_SQL, country)
    material = _by_person(catalogue, MaterialFact, _MATERIAL_SQL, country)
    assessments = _by_person(catalogue, AssessmentRow, _ASSESSMENTS_SQL, country)
    persons = [
        PersonFacts(
            person=row,
            identifiers=identifiers[row["person"]],
            accounts=accounts[row["person"]],
            payments=payments[row["person"]],
            acts=acts[row["person"]],
            assessed_acts=assessed_acts[row["person"]],
            material=material[row["person"]],
            assessments=assessments[row["person"]],
        )
        for row in catalogue.rows_as(PersonRow, _PERSONS_SQL, {"country": country})
    ]
    listed = catalogue.rows_as(ExhibitRow, "SELECT * FROM exhibits ORDER BY sequence")
    exhibits = {row["exhibit"]: row for row in listed}
    return CountryFacts(country=country, leads=_group(persons), exhibits=exhibits)


def _by_person(catalogue: Catalogue, row: type[R], sql: str, country: str) -> dict[str, list[R]]:
    found: dict[str, list[R]] = defaultdict(list)
    for one in catalogue.rows_as(row, sql, {"country": country}):
        found[one["person"]].append(one)
    return found


def gather_material(catalogue: Catalogue, country: str) -> dict[str, frozenset[HashRow]]:
    """The digests behind each person of a country, and what their lists say of release, as they stand now."""
    rows: dict[str, set[HashRow]] = defaultdict(set)
    for row in catalogue.rows_as(MaterialFact, _MATERIAL_SQL, {"country": country}):
        rows[row["person"]].add(HashRow.of(row))
    return {person: frozenset(found) for person, found in rows.items()}


def _group(persons: list[PersonFacts]) -> list[LeadFacts]:
    """One lead a user of the platform, with payers and maybe-same persons beside it; payers without one alone.

    Subscriber records that are joined to nothing did nothing, and test and investigators' accounts are ours:
    neither becomes a lead.
    """
    by_id = {p.identity: p for p in persons}
    leads: list[LeadFacts] = []
    told: set[str] = set()
    for person in persons:
        if not person.uses_the_platform or person.is_internal:
            continue
        beside = dict.fromkeys(
            [*(person.person["payers"] or ()), *(m["person"] for m in person.person["maybe_same"] or ())]
        )
        related = tuple(
            by_id[other]
            for other in beside
            if other in by_id and not by_id[other].uses_the_platform and other != person.identity
        )
        told |= {r.identity for r in related}
        leads.append(LeadFacts(head=person, related=related))
    leads += [
        LeadFacts(head=person, related=())
        for person in persons
        if person.payments and not person.uses_the_platform and person.identity not in told
    ]
    return sorted(leads, key=lambda lead: lead.head.identity)
