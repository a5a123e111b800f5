"""A lead as CASE/UCO JSON-LD (CASE 1.5.0, UCO 1.4), for tools that read the community's ontology.

Only what the ontology has a class for is exported: exhibits as provenance records, identifiers as observables,
their relation to the lead's person, and every statement as an annotation. Payments and handling codes have no
class there; they are in `lead.json`.
"""

from __future__ import annotations

import json
from uuid import NAMESPACE_URL, uuid5

from fairlead.leads.document import LeadDocument, StatementDocument
from fairlead.terms.platform import IdentifierKind

_CONTEXT = {
    "kb": "urn:fairlead:kb:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# Identifier kind → (class, facet, property that holds the value).
_OBSERVABLES: dict[IdentifierKind, tuple[str, str, str]] = {
    IdentifierKind.EMAIL: ("EmailAddress", "EmailAddressFacet", "addressValue"),
    IdentifierKind.PHONE: ("PhoneAccount", "PhoneAccountFacet", "phoneNumber"),
    IdentifierKind.USER_NAME: ("DigitalAccount", "DigitalAccountFacet", "accountLogin"),
    IdentifierKind.IBAN: ("Account", "AccountFacet", "accountIdentifier"),
    IdentifierKind.CARD: ("Account", "AccountFacet", "accountIdentifier"),
    IdentifierKind.WALLET: ("Account", "AccountFacet", "accountIdentifier"),
}

Node = dict[str, object]
"""A node of the graph (JSON-LD): keys are names of the vocabulary, values texts, references, or nodes again."""


def render_case(lead: LeadDocument) -> str:
    """The lead as a JSON-LD document; the same lead gives the same bytes."""
    person = _identity(lead, lead.person)
    graph: list[Node] = [person, *(_identity(lead, r.person) for r in lead.related)]
    graph += [_exhibit(lead, number) for number in range(len(lead.evidence))]
    for statement in lead.statements:
        graph += _statement(lead, statement)
    graph.append(
        {
            "@id": _iri("investigation", lead.operation, lead.lead),
            "@type": "case-investigation:Investigation",
            "uco-core:name": f"{lead.operation} {lead.lead}",
            "uco-core:object": [{"@id": node["@id"]} for node in graph],
        }
    )
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _iri(kind: str, *names: str) -> str:
    """A stable IRI that ends in a UUID, as the community asks of knowledge-base nodes."""
    return f"kb:{kind}-{uuid5(NAMESPACE_URL, '/'.join(('urn:fairlead', kind, *names)))}"


def _person_iri(lead: LeadDocument, person: str) -> str:
    return _iri("identity", lead.operation, person)


def _identity(lead: LeadDocument, person: str) -> Node:
    return {
        "@id": _person_iri(lead, person),
        "@type": "uco-identity:Identity",
        "uco-core:name": person,
        "uco-core:description": "Records joined into one person; a grade is not guilt.",
    }


def _exhibit(lead: LeadDocument, number: int) -> Node:
    item = lead.evidence[number]
    return {
        "@id": _iri("provenance-record", lead.operation, item.exhibit),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": item.exhibit,
        "uco-core:description": f"{item.kind}, sha256 {item.sha256}, {item.authority}",
        "uco-core:objectCreatedTime": _time(item.received_at.isoformat()),
        "uco-core:object": {"@id": _person_iri(lead, lead.person)},
    }


def _time(text: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": text}


def _statement(lead: LeadDocument, statement: StatementDocument) -> list[Node]:
    about = _person_iri(lead, statement.about)
    nodes: list[Node] = [
        {
            "@id": _iri("annotation", lead.lead, statement.id),
            "@type": "uco-core:Annotation",
            "uco-core:statement": statement.text,
            "uco-core:tag": [
                statement.kind,
                f"grade {statement.source_grade}{statement.information_grade}",
                statement.handling,
            ],
            "uco-core:object": {"@id": about},
        }
    ]
    observable = _observable(lead, statement)
    if observable is None:
        return nodes
    relationship: Node = {
        "@id": _iri("relationship", lead.lead, statement.id),
        "@type": "uco-core:Relationship",
        "uco-core:source": {"@id": observable["@id"]},
        "uco-core:target": {"@id": about},
        "uco-core:kindOfRelationship": "Attributed_To",
        "uco-core:isDirectional": True,
    }
    if statement.first_at is not None:
        relationship["uco-core:startTime"] = _time(statement.first_at.isoformat())
    if statement.last_at is not None:
        relationship["uco-core:endTime"] = _time(statement.last_at.isoformat())
    return [*nodes, observable, relationship]


def _observable(lead: LeadDocument, statement: StatementDocument) -> Node | None:
    if statement.of not in set(IdentifierKind) or statement.section not in (
        "selectors",
        "related",
        "subject",
    ):
        return None
    kind = IdentifierKind(statement.of)
    if kind is IdentifierKind.IP:
        family = "IPv6Address" if ":" in statement.value else "IPv4Address"
        shape = (family, f"{family}Facet", "addressValue")
    elif kind in _OBSERVABLES:
        shape = _OBSERVABLES[kind]
    else:
        return None
    name, facet, holder = shape
    return {
        "@id": _iri("observable", lead.operation, kind, statement.value, statement.about),
        "@type": f"uco-observable:{name}",
        "uco-core:hasFacet": {
            "@id": _iri("facet", lead.operation, kind, statement.value, statement.about),
            "@type": f"uco-observable:{facet}",
            f"uco-observable:{holder}": statement.value,
        },
    }
