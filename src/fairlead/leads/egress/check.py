"""Checks every file of a finished package against what is allowed to be told to its country."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.documents import check_case, check_cover, check_lead, check_schema
from fairlead.leads.egress.media import find_media
from fairlead.leads.egress.printed import check_printed
from fairlead.leads.egress.rows import check_evidence, check_hashes, check_selectors
from fairlead.leads.egress.tags import (
    check_covering,
    check_declaration,
    check_info,
    check_manifest,
    check_proof,
    check_statement,
)

_OF_A_LEAD = re.compile(r"data/leads/([^/]+)/(lead\.json|lead\.pdf|lead\.case\.jsonld)")
_NEEDED = frozenset({"data/package.json", "bagit.txt", "bag-info.txt", "manifest-sha256.txt"})
# The signed statement is base64 by its nature; it is decoded and read field by field.
_READ_AS_TEXT = frozenset({"statement.dsse.json"})


def check_egress(files: Mapping[str, bytes], allowed: Allowed) -> list[str]:
    """Why the package may not leave: what stands where that nobody allowed this country; empty when nothing does.

    ``files`` are the files as they lie in the finished bag, with or without statement and ledger proof. Nothing of what
    was found is repeated. What it does not see: meaning hidden in the choice or order of allowed texts.
    """
    found = []
    for path in sorted(files):
        shown = path if _may_be_shown(path, allowed) else "a file whose name is not allowed"
        found += [f"{shown}: {what}" for what in _read_through(path, files, allowed)]
    found += [f"{path}: missing or not readable" for path in sorted(_NEEDED - {*files})]
    for name in sorted(allowed.leads):
        if f"data/leads/{name}/lead.json" not in files:
            found.append(f"data/leads/{name}/lead.json: missing or not readable")
    return found


def _read_through(path: str, files: Mapping[str, bytes], allowed: Allowed) -> list[str]:
    """What is found in a file; a value of another kind than the file has, wherever it stands, is a finding too."""
    found: list[str] = []
    try:
        found.extend(_check_file(path, files, allowed))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        found.append("holds something of another kind than a file of this name does")
    return found


def _check_file(path: str, files: Mapping[str, bytes], allowed: Allowed) -> Iterator[str]:
    data = files[path]
    if path not in _READ_AS_TEXT:
        for what, at in find_media(data):
            yield f"{what}, at byte {at}; pictures, videos and archives never leave in a package"
    checks: dict[str, Callable[[], Iterator[str]]] = {
        "bagit.txt": lambda: check_declaration(data),
        "bag-info.txt": lambda: check_info(data, files, allowed),
        "manifest-sha256.txt": lambda: check_manifest(data, files),
        "tagmanifest-sha256.txt": lambda: check_manifest(data, files),
        "ledger.json": lambda: check_proof(data, files, allowed),
        "statement.dsse.json": lambda: check_statement(data, files, allowed),
        "data/package.json": lambda: check_cover(data, allowed),
        "data/selectors.csv": lambda: check_selectors(data, allowed),
        "data/hashes.csv": lambda: check_hashes(data, allowed),
        "data/evidence.csv": lambda: check_evidence(data, allowed),
        "data/lead.schema.json": lambda: check_schema(data),
        "data/cover.txt": lambda: check_covering(data, allowed),
    }
    if path in checks:
        yield from checks[path]()
        return
    match = _OF_A_LEAD.fullmatch(path)
    lead = allowed.leads.get(match.group(1)) if match else None
    if match is None:
        yield "a file of this kind has no place in a package"
    elif lead is None:
        yield "not a lead that is allowed for this country, or of another schema"
    elif match.group(2) == "lead.json":
        yield from check_lead(data, lead, allowed)
    elif match.group(2) == "lead.pdf":
        yield from check_printed(data, lead)
    else:
        yield from check_case(data, lead)


def _may_be_shown(path: str, allowed: Allowed) -> bool:
    match = _OF_A_LEAD.fullmatch(path)
    if match:
        return match.group(1) in allowed.leads
    return bool(re.fullmatch(r"(?:data/)?[a-z-]{1,20}(?:\d{1,3})?\.[a-z.]{1,12}", path))
