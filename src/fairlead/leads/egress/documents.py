"""Holds the JSON files of a package against the register: leads, cover, CASE, schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from fairlead.leads.document import LeadDocument, StatementDocument, lead_schema
from fairlead.leads.egress.allowed import Allowed, AllowedLead
from fairlead.leads.strict_json import is_written_as, read_json, same, strings_of
from fairlead.terms.grades import HandlingCode
from fairlead.terms.plain import is_plain

_NAMING = ("name", "date_of_birth", "postcode")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_SAID = 2_000
_NEVER = "This package holds hashes and references, never pictures."
_COVER_KEYS = {
    "format", "package", "version", "operation", "from", "to", "built_at", "legal_basis", "purpose", "leads", "handling",
    "never",
}  # fmt: skip
_CASE_TERMS = frozenset({
    *(f"case-investigation:{term}" for term in ("Investigation", "ProvenanceRecord", "exhibitNumber")),
    *(f"uco-core:{term}" for term in (
        "Annotation", "Relationship", "name", "description", "object", "objectCreatedTime", "statement", "tag", "source",
        "target", "kindOfRelationship", "isDirectional", "startTime", "endTime", "hasFacet",
    )),
    "uco-identity:Identity",
    *(f"uco-observable:{term}{facet}" for facet in ("", "Facet") for term in (
        "EmailAddress", "PhoneAccount", "DigitalAccount", "Account", "IPv4Address", "IPv6Address",
    )),
    *(f"uco-observable:{term}" for term in ("addressValue", "phoneNumber", "accountLogin", "accountIdentifier")),
})  # fmt: skip
"""Terms of CASE 1.5.0 and UCO 1.4 that say something of a lead."""
_CASE_KEYS = frozenset({
    "@id", "@type", "@value", "@context", "@graph", "kb", "xsd", "uco-core", "uco-identity", "uco-observable",
    "case-investigation", *_CASE_TERMS,
})  # fmt: skip
_CASE_WORDS = frozenset({
    "urn:fairlead:kb:", "https://ontology.caseontology.org/case/investigation/",
    "https://ontology.unifiedcyberontology.org/uco/core/", "https://ontology.unifiedcyberontology.org/uco/identity/",
    "https://ontology.unifiedcyberontology.org/uco/observable/", "http://www.w3.org/2001/XMLSchema#", "xsd:dateTime",
    "Attributed_To", "Records joined into one person; a grade is not guilt.",
})  # fmt: skip


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
    if not is_written_as(data, value, indent=1):
        yield "written in another way than a lead is"
    for key in sorted({*value, *lead.body}):
        if not same(value.get(key), lead.body.get(key)):
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
    if not is_written_as(data, cover, indent=1, ascii_only=True):
        yield "written in another way than a cover is"
    if allowed.built_at is not None and built_at != allowed.built_at:
        yield "built_at: not what was approved"
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
    yield from (
        f"{key}: not what was approved" for key, said in expected.items() if not same(cover.get(key), said)
    )
    if cover.get("built_at") != built_at.isoformat():
        yield "built_at: not a time alone"
    for key in ("legal_basis", "purpose"):
        if not may_be_said(cover.get(key), allowed):
            yield f"{key}: not what was approved"


def may_be_said(text: object, allowed: Allowed) -> bool:
    """Whether officers wrote this for the package; a recipient cannot know, and takes any text that somebody reads."""
    if not isinstance(text, str) or (allowed.said is not None and text not in allowed.said):
        return False
    return is_plain(text, longest=_LONGEST_SAID)


def check_case(data: bytes, lead: AllowedLead) -> Iterator[str]:
    """What in a CASE file is neither the lead's nor of the ontology."""
    try:
        value = read_json(data)
    except ValueError:
        yield "not a JSON file in which every key stands once"
        return
    if not is_written_as(data, value, indent=1):
        yield "written in another way than a CASE file is"
    body = lead.body
    allowed = {*lead.texts, *_CASE_WORDS, f"{body['operation']} {body['lead']}"}
    allowed |= {f"{e['kind']}, sha256 {e['sha256']}, {e['authority']}" for e in body["evidence"]}
    allowed |= {f"grade {s['source_grade']}{s['information_grade']}" for s in body["statements"]}
    allowed |= {_moment(text) for text in lead.texts}
    nodes = set(_nodes_of(body))
    for place, text in _leaves(value, ""):
        if text in allowed or _moment(text) in allowed or text in _CASE_TERMS or text in nodes:
            continue
        yield f"{place}: not this lead's"
    for key in _keys(value):
        if key not in _CASE_KEYS:
            yield "a key that the ontology does not have"


def _nodes_of(body: Mapping[str, Any]) -> Iterator[str]:
    """The names of all nodes that a lead can have, each ending in the UUID (RFC 9562, version 5) of what it is about."""
    operation, lead = str(body["operation"]), str(body["lead"])
    yield _node("investigation", operation, lead)
    for person in (body["person"], *(related["person"] for related in body["related"])):
        yield _node("identity", operation, person)
    for item in body["evidence"]:
        yield _node("provenance-record", operation, item["exhibit"])
    for said in body["statements"]:
        yield _node("annotation", lead, said["id"])
        yield _node("relationship", lead, said["id"])
        yield _node("observable", operation, said["of"], said["value"], said["about"])
        yield _node("facet", operation, said["of"], said["value"], said["about"])
        yield _node("identity", operation, said["about"])


def _node(kind: str, *names: str) -> str:
    return f"kb:{kind}-{uuid5(NAMESPACE_URL, '/'.join(('urn:fairlead', kind, *names)))}"


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
