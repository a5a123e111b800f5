"""Holds the JSON files of a package against the register: leads, cover, CASE, schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from fairlead.leads.document import LeadDocument, StatementDocument, lead_schema
from fairlead.leads.egress.allowed import Allowed, AllowedLead
from fairlead.leads.strict_json import read_json, strings_of
from fairlead.terms.grades import HandlingCode

_NAMING = ("name", "date_of_birth", "postcode")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NEVER = "This package holds hashes and references, never pictures."
_COVER_KEYS = {
    "format", "package", "version", "operation", "from", "to", "built_at", "legal_basis", "purpose", "leads", "handling",
    "never",
}  # fmt: skip
_IRI = re.compile(r"kb:[a-z-]{4,24}-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_CASE_KEY = re.compile(
    r"@(?:id|type|value|context|graph)|(?:uco-(?:core|identity|observable)|case-investigation):[a-zA-Z]{3,32}|kb|xsd"
    r"|uco-(?:core|identity|observable)|case-investigation"
)
_CASE_WORDS = frozenset({
    "urn:fairlead:kb:", "https://ontology.caseontology.org/case/investigation/",
    "https://ontology.unifiedcyberontology.org/uco/core/", "https://ontology.unifiedcyberontology.org/uco/identity/",
    "https://ontology.unifiedcyberontology.org/uco/observable/", "http://www.w3.org/2001/XMLSchema#", "xsd:dateTime",
    "Attributed_To", "Records joined into one person; a grade is not guilt.",
})  # fmt: skip
_CASE_TYPE = re.compile(r"(?:uco-(?:core|identity|observable)|case-investigation):[A-Z][A-Za-z0-9]{2,31}")


def check_lead(data: bytes, lead: AllowedLead, allowed: Allowed) -> Iterator[str]:
    """What in a ``lead.json`` is not as it was approved, or may not be told to this country."""
    try:
        value = read_json(data)
        document = LeadDocument.model_validate(value)
    except ValidationError as problem:
        yield f"not a lead of the published schema ({problem.error_count()} errors)"
        return
    except ValueError:
        yield "not a JSON file in which every key stands once"
        return
    for key in sorted({*value, *lead.body}):
        if value.get(key) != lead.body.get(key):
            yield f"{key}: not what was approved"
    yield from check_rules(document, allowed)
    if lead.hashes is not None:
        known = {sha256 for sha256, _ in lead.hashes}
        for number, statement in enumerate(document.statements, start=1):
            if statement.section == "material" and any(
                _DIGEST.fullmatch(item) and item not in known for item in statement.related
            ):
                yield f"statement {number}: the digest of a content that no list lets go to this country"


def check_rules(lead: LeadDocument, allowed: Allowed) -> Iterator[str]:
    """What the rules of handling, naming and law forbid to tell this country, whoever approved it."""
    if lead.country != allowed.country:
        yield f"a lead for {lead.country} in a package for {allowed.country}"
    if lead.from_country != allowed.sender or lead.operation != allowed.operation:
        yield "a lead of another operation or sender"
    if allowed.held & {lead.person, *(related.person for related in lead.related)}:
        yield "a person in this lead is on hold"
    yield from _check_code("", lead.handling, allowed)
    for item in lead.evidence:
        yield from _check_code(f"exhibit {item.exhibit} ", item.handling, allowed)
    for statement in lead.statements:
        yield from _check_handling(statement, lead, allowed)
        yield from _check_statement(statement, lead, allowed)


def _check_code(what: str, handling: str, allowed: Allowed) -> Iterator[str]:
    codes = handling.split("+")
    if HandlingCode.H2 in codes:
        yield f"{what}carries H2, which may not be disseminated without permission"
    if HandlingCode.H3 in codes and not allowed.h3_released:
        yield f"{what}carries H3, which a person must release after reading its restriction"


def _check_handling(statement: StatementDocument, lead: LeadDocument, allowed: Allowed) -> Iterator[str]:
    own = set(statement.handling.split("+"))
    if not own <= set(lead.handling.split("+")):
        yield f"{statement.id} carries {statement.handling}, the lead only {lead.handling}"
    yield from _check_code(f"{statement.id} ", statement.handling, allowed)
    if (HandlingCode.H3 in own) != bool(statement.restriction.strip()):
        yield f"{statement.id}: H3 and its text go together"


def _check_statement(statement: StatementDocument, lead: LeadDocument, allowed: Allowed) -> Iterator[str]:
    persons = {lead.person: lead.names_person, **{r.person: r.names_person for r in lead.related}}
    if statement.kind == "fact" and not statement.origins:
        yield f"the fact {statement.id} has no origin"
    exhibits = tuple(f"{item.exhibit}:" for item in lead.evidence)
    if not all(origin.startswith(exhibits) for origin in statement.origins):
        yield f"{statement.id} rests on an exhibit that the lead does not name"
    own_law = (f"{allowed.country}/", f"{allowed.country}-")
    if statement.section == "legal" and not statement.value.startswith(own_law):
        yield f"{statement.id} assesses the law of another country"
    if statement.of in _NAMING and not persons.get(statement.about, False):
        yield f"{statement.id} names a person although the grade does not allow it"
    if statement.about not in persons:
        yield f"{statement.id} is about a person who has no place in this lead"


def check_cover(data: bytes, allowed: Allowed) -> Iterator[str]:
    """What the cover says that was not allowed."""
    try:
        cover = read_json(data)
        given, built_at = set(cover), datetime.fromisoformat(str(cover.get("built_at", "")))
    except (ValueError, TypeError, AttributeError):
        yield "missing or not readable"
        return
    if given != _COVER_KEYS:
        yield "has other entries than a cover has"
    if cover.get("to") != allowed.country:
        yield f"addressed to another country than {allowed.country}"
    if sorted(map(str, cover.get("leads") or ())) != sorted(allowed.leads):
        yield "does not list exactly the leads that are allowed"
    codes = sorted(
        {code for lead in allowed.leads.values() for code in str(lead.body["handling"]).split("+")}
    )
    expected = {
        "format": "fairlead-package/1",
        "package": allowed.package,
        "version": allowed.version,
        "operation": allowed.operation,
        "from": allowed.sender,
        "handling": codes,
        "never": _NEVER,
    }
    yield from (f"{key}: not what was approved" for key, said in expected.items() if cover.get(key) != said)
    if cover.get("built_at") != built_at.isoformat():
        yield "built_at: not a time alone"
    for key in ("legal_basis", "purpose"):
        if not may_be_said(cover.get(key), allowed):
            yield f"{key}: not what was approved"


def may_be_said(text: object, allowed: Allowed) -> bool:
    """Whether officers wrote this for the package; a recipient cannot know, and takes any text."""
    return isinstance(text, str) and (allowed.said is None or text in allowed.said)


def check_case(data: bytes, lead: AllowedLead) -> Iterator[str]:
    """What in a CASE file is neither the lead's nor of the ontology."""
    try:
        value = read_json(data)
    except ValueError:
        yield "not a JSON file in which every key stands once"
        return
    body = lead.body
    allowed = {*lead.texts, *_CASE_WORDS, f"{body['operation']} {body['lead']}"}
    allowed |= {f"{e['kind']}, sha256 {e['sha256']}, {e['authority']}" for e in body["evidence"]}
    allowed |= {f"grade {s['source_grade']}{s['information_grade']}" for s in body["statements"]}
    allowed |= {_moment(text) for text in lead.texts}
    for place, text in _leaves(value, ""):
        if text in allowed or _moment(text) in allowed or _IRI.fullmatch(text) or _CASE_TYPE.fullmatch(text):
            continue
        yield f"{place}: not this lead's"
    for key in _keys(value):
        if not _CASE_KEY.fullmatch(key):
            yield "a key that the ontology does not have"


def _moment(text: str) -> str:
    """A time in one form, whichever way its zone is written; other texts as they are."""
    try:
        return datetime.fromisoformat(text).isoformat() if len(text) > len("2026-01-01") else text
    except ValueError:
        return text


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for number, item in enumerate(value.values(), start=1):
            yield from _leaves(item, f"{place}/{number}")
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _leaves(item, f"{place}/{number}")
    else:
        yield from ((place, text) for text in strings_of(value))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def check_schema(data: bytes) -> Iterator[str]:
    """Whether the schema is the published one."""
    if data != lead_schema().encode():
        yield "not the published schema"
