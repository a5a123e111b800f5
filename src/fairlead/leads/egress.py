"""The egress check: reads a finished package only, knows nothing of how it was made, and refuses leaks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from pydantic import ValidationError

from fairlead.leads.document import LeadDocument
from fairlead.terms.grades import HandlingCode

_ALLOWED_SUFFIXES = (".json", ".pdf", ".csv", ".txt", ".jsonld")
_NAMING = ("name", "date_of_birth", "postcode")
_PICTURES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"\x00\x00\x00\x0cJXL ",
)


def check_egress(
    files: Mapping[str, bytes], *, country: str, held: frozenset[str] = frozenset(), h3_released: bool = False
) -> list[str]:
    """Reasons why the package may not leave to ``country``; empty when there are none.

    ``held`` are persons about whom nothing may be sent. A statement that carries H3 leaves only when a person
    has read its restriction and released it.
    """
    found: list[str] = []
    leads: dict[str, LeadDocument] = {}
    for path, data in files.items():
        if path.startswith("data/"):
            found += _check_file(path, data)
        if path.endswith("/lead.json"):
            try:
                lead = LeadDocument.model_validate_json(data)
            except ValidationError as problem:
                found.append(f"{path}: not a lead of the published schema ({problem.error_count()} errors)")
                continue
            leads[lead.lead] = lead
            found += _check_lead(path, lead, country)
            if held & {lead.person, *(r.person for r in lead.related)}:
                found.append(f"{path}: a person in this lead is on hold")
            if not h3_released and any(HandlingCode.H3 in s.handling.split("+") for s in lead.statements):
                found.append(f"{path}: carries H3, which a person must release after reading its restriction")
    found += _check_cover(files, country, leads)
    found += _check_rows(files, leads)
    return found


def _check_file(path: str, data: bytes) -> list[str]:
    found = []
    if not path.endswith(_ALLOWED_SUFFIXES):
        found.append(f"{path}: a file of this kind has no place in a package")
    if data.startswith(_PICTURES) or data[4:8] == b"ftyp":
        found.append(f"{path}: pictures and videos never leave in a package")
    return found


def _check_lead(path: str, lead: LeadDocument, country: str) -> list[str]:
    found = []
    if lead.country != country:
        found.append(f"{path}: a lead for {lead.country} in a package for {country}")
    codes = set(lead.handling.split("+"))
    persons = {lead.person: lead.names_person, **{r.person: r.names_person for r in lead.related}}
    named = {person for person, allowed in persons.items() if allowed}
    for statement in lead.statements:
        own = set(statement.handling.split("+"))
        if not own <= codes:
            found.append(
                f"{path}: {statement.id} carries {statement.handling}, the lead only {lead.handling}"
            )
        if HandlingCode.H2 in own:
            found.append(
                f"{path}: {statement.id} carries H2, which may not be disseminated without permission"
            )
        if (HandlingCode.H3 in own) != bool(statement.restriction.strip()):
            found.append(f"{path}: {statement.id}: H3 and its text go together")
        if statement.kind == "fact" and not statement.origins:
            found.append(f"{path}: the fact {statement.id} has no origin")
        if statement.section == "legal" and not (statement.value.startswith((f"{country}/", f"{country}-"))):
            found.append(f"{path}: {statement.id} assesses the law of another country")
        if statement.of in _NAMING and statement.about not in named:
            found.append(f"{path}: {statement.id} names a person although the grade does not allow it")
        if statement.about not in persons:
            found.append(f"{path}: {statement.id} is about a person who has no place in this lead")
    return found


def _check_cover(files: Mapping[str, bytes], country: str, leads: Mapping[str, LeadDocument]) -> list[str]:
    try:
        cover = json.loads(files["data/package.json"])
        to, listed = cover["to"], set(cover["leads"])
    except (KeyError, ValueError, TypeError, RecursionError):
        return ["data/package.json: missing or not readable"]
    found = []
    if to != country:
        found.append(f"data/package.json: addressed to {to}, not {country}")
    if listed != set(leads):
        found.append("data/package.json: does not list exactly the leads that are inside")
    return found


def _check_rows(files: Mapping[str, bytes], leads: Mapping[str, LeadDocument]) -> list[str]:
    found = []
    for name in ("selectors.csv", "hashes.csv"):
        rows = csv.DictReader(io.StringIO(files.get(f"data/{name}", b"").decode(errors="replace")))
        try:
            for number, row in enumerate(rows, start=2):
                if row.get("lead") not in leads:
                    found.append(f"data/{name}: row {number} belongs to no lead of this package")
        except csv.Error:
            found.append(f"data/{name}: not a table that can be read")
    return found
