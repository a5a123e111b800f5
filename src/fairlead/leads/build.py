"""Builds leads from the tables: pure, so that the same tables give the same leads."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import cast

from fairlead.leads.document import (
    EvidenceItem,
    Grade,
    LeadDocument,
    RelatedPerson,
    StatementDocument,
    SubjectCategory,
)
from fairlead.leads.facts import CountryFacts, LeadFacts
from fairlead.leads.sections import relation_of, statements_of
from fairlead.leads.statement import Section, Statement
from fairlead.terms.grades import combine_handling

_ORDER = list(Section)
_REQUESTS = (
    "Say whether the person can be identified and lives in your country.",
    "Have the legal note checked by your own adviser before anything else is done.",
    "Answer, also when no action is taken, and say why.",
)


def lead_id(country: str, person: str) -> str:
    """The id of a person's lead in a country."""
    return f"L-{country}-{hashlib.sha256(person.encode()).hexdigest()[:10]}"


def build_lead(
    facts: LeadFacts,
    country: CountryFacts,
    *,
    operation: str,
    lead_country: str,
    at: datetime,
    category: SubjectCategory = SubjectCategory.NOT_CATEGORISED,
) -> LeadDocument:
    """The lead of one person in one country, as version 1; the register counts versions."""
    statements = sorted(
        statements_of(facts, country),
        key=lambda s: (_ORDER.index(s.section), s.first_at is None, s.first_at or at, s.of, s.value),
    )
    handling = combine_handling(s.handling for s in statements)
    used = sorted(
        {
            number
            for s in statements
            for o in s.origins
            for number in country.exhibits
            if o.startswith(number + ":")
        }
    )
    head = facts.head.person
    return LeadDocument(
        lead=lead_id(country.country, head["person"]),
        version=1,
        operation=operation,
        from_country=lead_country,
        country=country.country,
        person=head["person"],
        grade=cast("Grade", head["grade"]),
        names_person=bool(head["names_person"]),
        related=[
            RelatedPerson(
                person=other.identity,
                grade=cast("Grade", other.person["grade"]),
                names_person=bool(other.person["names_person"]),
                relation=relation_of(facts.head, other),
            )
            for other in facts.related
        ],
        subject_category=category,
        handling=str(handling),
        restriction=handling.restriction,
        verified_on=at,
        statements=[_document(s) for s in statements],
        evidence=[
            EvidenceItem(
                exhibit=number,
                kind=country.exhibits[number]["kind"],
                sha256=country.exhibits[number]["sha256"],
                authority=country.exhibits[number]["authority"] or "",
                handling=country.exhibits[number]["handling"],
                received_at=country.exhibits[number]["received_at"],
                description=country.exhibits[number]["description"] or "",
            )
            for number in used
        ],
        requests=list(_REQUESTS),
    )


def _document(statement: Statement) -> StatementDocument:
    return StatementDocument.model_validate(
        {
            "id": statement.identity,
            "about": statement.about,
            "section": statement.section.value,
            "kind": statement.kind.value,
            "of": statement.of,
            "value": statement.value,
            "text": statement.text,
            "source_grade": statement.source_grade.value,
            "information_grade": statement.information_grade.value,
            "handling": str(statement.handling),
            "restriction": statement.handling.restriction,
            "origins": list(statement.origins),
            "first_at": statement.first_at,
            "last_at": statement.last_at,
            "related": list(statement.related),
        }
    )
