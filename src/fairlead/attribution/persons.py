"""Persons: every account and payment in exactly one, with a grade, countries, payers, and what speaks against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
from fairlead.attribution.pairs import APART_STATUSES
from fairlead.attribution.shipped import digest_of_shipped
from fairlead.tables import Table
from fairlead.tables.attribution import DOSSIERS, PERSONS
from fairlead.tables.rows import DossierLink, DossierMember, DossierRow, PersonMaybeSame, PersonRow
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import IdentifierKind, Role

PERSONS_A_TASK = 10_000
_ORDER = (
    AttributionGrade.ATTRIBUTED,
    AttributionGrade.PROBABLE,
    AttributionGrade.POSSIBLE,
    AttributionGrade.UNRESOLVED,
)
ALTERNATIVES_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsStage:
    """DOSSIERS to PERSONS: grades each person, and says in which countries it may be."""

    name: str = "persons"
    version: str = field(default_factory=lambda: f"2-{digest_of_shipped('hints.toml')}")
    reads: Table = DOSSIERS
    writes: Table = PERSONS
    rows_per_task: int = PERSONS_A_TASK

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one person a dossier."""
        for batch in batches:
            yield PERSONS.batch(person_of(dossier) for dossier in batch.to_pylist())


def person_of(dossier: DossierRow) -> PersonRow:
    """The row of PERSONS that a row of DOSSIERS supports."""
    person, members = dossier["person"], dossier["members"]
    links = dossier["links"] or []
    inside = [link for link in links if link["other"] is None]
    outside = [link for link in links if link["other"] is not None]
    held = [member["record"] for member in members]
    own = [member for member in members if member["is_account"]]
    grade = _grade(inside)
    against = list(dict.fromkeys(sentence for link in inside for sentence in link["against"]))
    rules = {link["rule"] for link in outside if link["rule"]}
    broken = [member["broken_at"] for member in members if member["broken_at"] is not None]
    if broken:
        rules.add("taken-over-account")
        against.append(
            f"from {broken[0]:%Y-%m-%d %H:%M} UTC on an account is used from another country, with another "
            "address and agent; somebody else may have used it"
        )
        grade = max(grade, AttributionGrade.POSSIBLE, key=_ORDER.index)
    apart = sorted({status for m in own if (status := (m["status"] or "").lower()) in APART_STATUSES})
    if apart:
        rules |= {f"{status}-account" for status in apart}
        against.append("the mapping or the platform marks an account as " + " and ".join(apart))
        grade = AttributionGrade.UNRESOLVED
    if any(member["mule"] for member in members):
        rules.add("mule-instrument")
        against.append("an instrument paid for three accounts or more: its holder may have paid for others")
        grade = max(grade, AttributionGrade.POSSIBLE, key=_ORDER.index)
    claims = [claim for member in members for claim in claims_of(member)]
    users = {member["record"] for member in own if member["role"] == Role.ACCOUNT_USER}
    payments = dossier["payments"] or []
    for payment in (entry["payment"] for entry in payments if entry["account"] in users):
        if payment["mule"]:
            rules.add("mule-instrument")
            against.append("the account was paid for with an instrument that paid for three accounts or more")
        elif payment["record"] not in held:
            claims += [_as_paid(claim) for claim in claims_of(payment) if claim.ground is not Ground.SEEN]
    countries, country = weigh_countries(claims, choose=not apart)
    payers = {entry["person"] for entry in payments} - {person}
    if payers:
        against.append("somebody else may have paid: the payments for these accounts are of other persons")
    times = [at for member in members for at in (member["first_at"], member["last_at"]) if at is not None]
    return {
        "person": person,
        "grade": grade.value,
        "members": held,
        "roles": sorted({member["role"] for member in members}),
        "countries": countries,
        "country": country,
        "names_person": grade is AttributionGrade.ATTRIBUTED,
        "grounds": list(dict.fromkeys(r for link in inside if _joins(link) for r in link["reasons"])),
        "against": list(dict.fromkeys(against)),
        "payers": sorted(payers),
        "probable_group": dossier["probable_group"],
        "possible_group": dossier["possible_group"],
        "maybe_same": _others(outside),
        "rules": sorted(rules),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
    }


def _joins(link: DossierLink) -> bool:
    return link["decision"] in ("joined", "same")


def _grade(inside: Sequence[DossierLink]) -> AttributionGrade:
    """The best grade of the links that join; what a person judged the same is attributed."""
    grades = {
        AttributionGrade.ATTRIBUTED if link["decision"] == "same" else AttributionGrade(link["grade"])
        for link in inside
        if _joins(link)
    }
    return min(grades, key=_ORDER.index, default=AttributionGrade.UNRESOLVED)


def _others(outside: Sequence[DossierLink]) -> list[PersonMaybeSame]:
    """Other persons that this one may be, by the best noted link to each."""
    best: dict[str, AttributionGrade] = {}
    for link in outside:
        grade, other = AttributionGrade(link["grade"]), link["other"]
        if link["decision"] == "noted" and grade is not AttributionGrade.UNRESOLVED and other is not None:
            best[other] = min(best.get(other, grade), grade, key=_ORDER.index)
    order = sorted(best.items(), key=lambda item: (_ORDER.index(item[1]), item[0]))
    return [{"person": person, "grade": grade.value} for person, grade in order[:ALTERNATIVES_AT_MOST]]


def _as_paid(claim: Claim) -> Claim:
    return Claim(
        country=claim.country,
        ground=claim.ground,
        sentence=f"{claim.sentence} (of a payment for the account; the payer may be somebody else)",
        origin=claim.origin,
    )


def claims_of(member: DossierMember) -> list[Claim]:
    """What a record says of a country: its own columns, its identifiers, and where it was seen."""
    claims: list[Claim] = []

    def claim(country: str | None, ground: Ground, said: str, origin: str) -> None:
        if country:
            claims.append(Claim(country=country, ground=ground, sentence=said, origin=origin))

    origin = member["origin"]
    if member["is_account"]:
        country = member["country"]
        if member["role"] == Role.SUBSCRIBER:
            claim(country, Ground.SUBSCRIBER, f"the provider's reply gives an address in {country}", origin)
        else:
            claim(country, Ground.STATED, f"the account's own record states {country}", origin)
        for country, sentence in country_of_settings(member["language"], member["zone"]):
            claim(country, Ground.SETTING, sentence, origin)
    country = member["payer_country"]
    claim(country, Ground.BILLING, f"the billing address is in {country}", origin)
    country = member["instrument_country"]
    claim(country, Ground.ISSUER, f"the card's issuer is in {country}", origin)
    for entry in member["stated"] or ():
        start, country = entry["value"][:4], entry["country"]
        if entry["kind"] == IdentifierKind.IBAN:
            claim(country, Ground.ISSUER, f"IBAN {start}… was issued in {country}", entry["origin"])
        else:
            claim(country, Ground.PHONE, f"telephone number {start}… belongs to {country}", entry["origin"])
    seen: dict[bool, list[Residence]] = defaultdict(list)
    for home in member["residences"] or ():
        seen[home["late"]].append(Residence(home["country"], home["days"], home["origin"]))
    return claims + claims_of_addresses(seen[False]) + claims_after_break(seen[True])
