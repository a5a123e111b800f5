"""Persons: every account and payment in exactly one, with a grade, countries, payers, and what speaks against."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fairlead.attribution.country import (
    Claim,
    Ground,
    Residence,
    claims_after_break,
    claims_of_addresses,
    country_of_settings,
    weigh_countries,
)
from fairlead.attribution.identifiers import IdentifiersStage
from fairlead.attribution.links import APART_STATUSES, catalogue_rows
from fairlead.attribution.networks import MASS_KINDS
from fairlead.attribution.pairs import MULES
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import IDENTIFIERS, LINKS, PERSONS
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import IdentifierKind, Role

_PARTITIONS = 16
_ORDER = (
    AttributionGrade.ATTRIBUTED,
    AttributionGrade.PROBABLE,
    AttributionGrade.POSSIBLE,
    AttributionGrade.UNRESOLVED,
)
ALTERNATIVES_AT_MOST = 20


def person_id(members: list[str]) -> str:
    """The id of a person with these members: the same in every run as long as the members are."""
    return "P-" + hashlib.blake2b("\n".join(sorted(members)).encode(), digest_size=8).hexdigest()


class _Union:
    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, record: str) -> str:
        parent = self.parent.setdefault(record, record)
        while parent != self.parent[parent]:
            self.parent[parent] = self.parent[self.parent[parent]]
            parent = self.parent[parent]
        self.parent[record] = parent
        return parent

    def join(self, left: str, right: str) -> None:
        a, b = sorted((self.root(left), self.root(right)))
        self.parent[b] = a


class PersonsStage:
    """Gathers records into persons by the links that were joined, and says in which countries they may be."""

    name = "persons"
    reads: tuple[Table, ...] = (ACCOUNTS, PAYMENTS, IDENTIFIERS, LINKS, ACCESSES, EVENTS)
    writes = PERSONS

    def __init__(self, identifiers: IdentifiersStage) -> None:
        self._identifiers = identifiers
        self.version = f"1-{identifiers.version}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield persons in sixteen partitions by id."""
        held: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self._persons(catalogue):
            held[int(row["person"][2], 16) % _PARTITIONS].append(row)
        for number in sorted(held):
            rows = sorted(held[number], key=lambda row: row["person"])
            yield f"{number:02d}", pa.Table.from_pylist(rows, schema=PERSONS.schema)

    def _persons(self, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
        accounts = {row["account"]: row for row in catalogue.query(_ACCOUNTS).to_pylist()}
        payments = {row["payment"]: row for row in catalogue.query(_PAYMENTS).to_pylist()}
        links = catalogue.query(_LINKS).to_pylist()
        union = _Union()
        for record in (*accounts, *payments):
            union.root(record)
        for link in links:
            if link["decision"] in ("joined", "same"):
                union.join(link["left"], link["right"])
        members: dict[str, list[str]] = defaultdict(list)
        for record in union.parent:
            members[union.root(record)].append(record)
        ids = {root: person_id(held) for root, held in members.items()}
        person_of = {record: ids[union.root(record)] for record in union.parent}
        groups = find_wider_groups(links, person_of)
        notes = _gather_links(links, union)
        taken = {
            entry["account"]: entry["broken_at"] for entry in self._identifiers.find_takeovers(catalogue)
        }
        claims = _claims(catalogue, accounts, payments, taken)
        mules = {row[0] for row in catalogue_rows(catalogue, _MULE_PAYMENTS)}
        paid_for: dict[str, set[str]] = defaultdict(set)
        for payment, row in payments.items():
            if row["account"] in person_of:
                paid_for[row["account"]].add(payment)
        for root in sorted(members):
            held = sorted(members[root])
            row = _person(
                ids[root], held, accounts, payments, notes[root], claims, taken, paid_for, person_of, mules
            )
            yield row | {name: group[ids[root]] for name, group in groups.items()}


def find_wider_groups(links: list[dict[str, Any]], person_of: dict[str, str]) -> dict[str, dict[str, str]]:
    """Columns ``probable_group`` and ``possible_group``: person to group, named after its first person.

    A person that no link widens is a group of its own.
    """
    union = _Union()
    for person in person_of.values():
        union.root(person)
    found: dict[str, dict[str, str]] = {}
    for grade in (AttributionGrade.PROBABLE, AttributionGrade.POSSIBLE):
        for link in links:
            if link["wider"] == grade.value:
                union.join(person_of[link["left"]], person_of[link["right"]])
        found[f"{grade.value}_group"] = {person: f"G-{union.root(person)[2:]}" for person in union.parent}
    return found


def _gather_links(links: list[dict[str, Any]], union: _Union) -> dict[str, dict[str, Any]]:
    """Per group: grades and reasons of the links inside, and the links to other groups."""
    notes: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"grades": set(), "reasons": {}, "against": {}, "others": {}, "rules": set()}
    )
    for link in links:
        left, right = union.root(link["left"]), union.root(link["right"])
        grade = AttributionGrade(link["grade"])
        if left == right:
            note = notes[left]
            if link["decision"] in ("joined", "same"):
                note["grades"].add(AttributionGrade.ATTRIBUTED if link["decision"] == "same" else grade)
                note["reasons"] |= dict.fromkeys(link["reasons"])
            note["against"] |= dict.fromkeys(link["against"])
            continue
        for mine, other in ((left, link["right"]), (right, link["left"])):
            note = notes[mine]
            if link["rule"]:
                note["rules"].add(link["rule"])
            if link["decision"] == "noted" and grade is not AttributionGrade.UNRESOLVED:
                known = note["others"].get(other, AttributionGrade.UNRESOLVED)
                note["others"][other] = min(known, grade, key=_ORDER.index)
    return notes


def _person(
    person: str,
    held: list[str],
    accounts: dict[str, dict[str, Any]],
    payments: dict[str, dict[str, Any]],
    note: dict[str, Any],
    claims: dict[str, list[Claim]],
    taken: dict[str, Any],
    paid_for: dict[str, set[str]],
    person_of: dict[str, str],
    mules: set[str],
) -> dict[str, Any]:
    own = [accounts[m] for m in held if m in accounts]
    broken = sorted(m for m in held if m in taken)
    apart = sorted({row["status"].lower() for row in own if (row["status"] or "").lower() in APART_STATUSES})
    grades = [grade for grade in note["grades"] if grade in _ORDER[:3]]
    grade = min(grades, key=_ORDER.index) if grades else AttributionGrade.UNRESOLVED
    against = list(note["against"])
    rules = set(note["rules"])
    if broken:
        rules.add("taken-over-account")
        against.append(
            f"from {taken[broken[0]]:%Y-%m-%d %H:%M} UTC on an account is used from another country, with another "
            "address and agent; somebody else may have used it"
        )
        grade = max(grade, AttributionGrade.POSSIBLE, key=_ORDER.index)
    if apart:
        rules |= {f"{status}-account" for status in apart}
        against.append("the mapping or the platform marks an account as " + " and ".join(apart))
        grade = AttributionGrade.UNRESOLVED
    if mules.intersection(held):
        rules.add("mule-instrument")
        against.append("an instrument paid for three accounts or more: its holder may have paid for others")
        grade = max(grade, AttributionGrade.POSSIBLE, key=_ORDER.index)
    mine = [claim for record in held for claim in claims.get(record, ())]
    for account in (row["account"] for row in own if row["role"] == Role.ACCOUNT_USER):
        for payment in sorted(paid_for.get(account, ())):
            if payment in mules:
                rules.add("mule-instrument")
                against.append(
                    "the account was paid for with an instrument that paid for three accounts or more"
                )
            elif payment not in held:
                mine += [
                    _as_paid(claim) for claim in claims.get(payment, ()) if claim.ground is not Ground.SEEN
                ]
    countries, country = weigh_countries(mine, choose=not apart)
    payers = {person_of[p] for row in own for p in paid_for.get(row["account"], ())} - {person}
    if payers:
        against.append("somebody else may have paid: the payments for these accounts are of other persons")
    others: dict[str, AttributionGrade] = {}
    for record, link_grade in note["others"].items():
        known = others.get(person_of[record], AttributionGrade.UNRESOLVED)
        others[person_of[record]] = min(known, link_grade, key=_ORDER.index)
    times = [t for m in held for t in _times(accounts.get(m) or payments[m])]
    return {
        "person": person,
        "grade": grade.value,
        "members": held,
        "roles": sorted({accounts[m]["role"] if m in accounts else Role.PAYER.value for m in held}),
        "countries": countries,
        "country": country,
        "names_person": grade is AttributionGrade.ATTRIBUTED,
        "grounds": list(note["reasons"]),
        "against": list(dict.fromkeys(against)),
        "payers": sorted(payers),
        "maybe_same": [
            {"person": p, "grade": g.value}
            for p, g in sorted(others.items(), key=lambda item: (_ORDER.index(item[1]), item[0]))
        ][:ALTERNATIVES_AT_MOST],
        "rules": sorted(rules),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
    }


def _times(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in ("registered_at", "last_seen_at", "paid_at") if row.get(name) is not None]


def _as_paid(claim: Claim) -> Claim:
    return Claim(
        country=claim.country,
        ground=claim.ground,
        sentence=f"{claim.sentence} (of a payment for the account; the payer may be somebody else)",
        origin=claim.origin,
    )


def _claims(
    catalogue: Catalogue, accounts: dict[str, Any], payments: dict[str, Any], taken: dict[str, Any]
) -> dict[str, list[Claim]]:
    """What every record says of a country."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for account, row in accounts.items():
        origin = f"{row['exhibit']}:{row['locator']}"
        if row["country"]:
            subscriber = row["role"] == Role.SUBSCRIBER
            said = (
                "the provider's reply gives an address in"
                if subscriber
                else "the account's own record states"
            )
            ground = Ground.SUBSCRIBER if subscriber else Ground.STATED
            claims[account].append(
                Claim(
                    country=row["country"], ground=ground, sentence=f"{said} {row['country']}", origin=origin
                )
            )
        for country, sentence in country_of_settings(row["language"], row["zone"]):
            claims[account].append(
                Claim(country=country, ground=Ground.SETTING, sentence=sentence, origin=origin)
            )
    for payment, row in payments.items():
        origin = f"{row['exhibit']}:{row['locator']}"
        for column, ground, said in (
            ("payer_country", Ground.BILLING, "the billing address is in"),
            ("instrument_country", Ground.ISSUER, "the card's issuer is in"),
        ):
            if row[column]:
                claims[payment].append(
                    Claim(country=row[column], ground=ground, sentence=f"{said} {row[column]}", origin=origin)
                )
    for owner, kind, value, country, origin in catalogue_rows(catalogue, _STATING):
        issuer = kind == IdentifierKind.IBAN
        said = f"IBAN {value[:4]}… was issued in" if issuer else f"telephone number {value[:4]}… belongs to"
        ground = Ground.ISSUER if issuer else Ground.PHONE
        claims[owner].append(
            Claim(country=country, ground=ground, sentence=f"{said} {country}", origin=origin)
        )
    days: dict[str, list[Residence]] = defaultdict(list)
    later: dict[str, list[Residence]] = defaultdict(list)
    for owner, country, late, count, origin in catalogue_rows(catalogue, _residence_sql(taken)):
        (later if late else days)[owner].append(Residence(country, count, origin))
    for owner, entries in days.items():
        claims[owner] += claims_of_addresses(entries)
    for owner, entries in later.items():
        claims[owner] += claims_after_break(entries)
    return claims


_ACCOUNTS = """SELECT account, role, status, country, language, zone, registered_at, last_seen_at, exhibit, locator
    FROM accounts"""
_PAYMENTS = (
    """SELECT payment, account, payer_country, instrument_country, paid_at, exhibit, locator FROM payments"""
)
_LINKS = """SELECT "left", "right", weight_bits, grade, decision, wider, rule, families, reasons, against FROM links
    ORDER BY "left", "right" """
_STATING = """SELECT owner, kind, value, country, exhibit || ':' || locator FROM identifiers
    WHERE kind IN ('iban', 'phone') AND valid AND country IS NOT NULL AND scope = 'personal'
    ORDER BY owner, kind, value"""
_MULE_PAYMENTS = f"""SELECT DISTINCT owner FROM identifiers
    WHERE owner_table = 'payments' AND (kind, value) IN (SELECT (kind, value) FROM ({MULES}))"""
_MASS = ", ".join(f"'{kind}'" for kind in sorted(MASS_KINDS))


def _residence_sql(taken: dict[str, Any]) -> str:
    """Days by owner and country; use of another country after a break is told apart (``late``)."""
    broken = ", ".join(
        f"('{account.replace(chr(39), chr(39) * 2)}', TIMESTAMPTZ '{at.isoformat()}')"
        for account, at in sorted(taken.items())
    )
    return f"""
    WITH places AS (
        SELECT value, any_value(country) AS country FROM identifiers
        WHERE kind = 'ip' AND country IS NOT NULL AND coalesce(network, '') NOT IN ({_MASS}) GROUP BY value),
    broken(owner, broken_at) AS (VALUES {broken or "(NULL::VARCHAR, NULL::TIMESTAMPTZ)"}),
    visits AS (
        SELECT account AS owner, ip, "at" AS moment, exhibit || ':' || locator AS origin
        FROM accesses WHERE account IS NOT NULL
        UNION ALL SELECT account, ip, "at", exhibit || ':' || locator
        FROM events WHERE account IS NOT NULL AND ip IS NOT NULL
        UNION ALL SELECT owner, value, coalesce(first_at, TIMESTAMPTZ '1970-01-01 00:00:00Z'),
            exhibit || ':' || locator
        FROM identifiers WHERE kind = 'ip'),
    placed AS (
        SELECT v.owner, p.country, v.moment, v.origin, b.broken_at,
            min(v.moment) OVER (PARTITION BY v.owner, p.country) AS appeared
        FROM visits v JOIN places p ON p.value = v.ip LEFT JOIN broken b ON b.owner = v.owner)
    SELECT owner, country, coalesce(appeared >= broken_at, false) AS late, count(DISTINCT moment::DATE), min(origin)
    FROM placed GROUP BY owner, country, late ORDER BY owner, country"""
