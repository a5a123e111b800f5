"""Imports hash sets into an operation, and explains matches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import part_name
from fairlead.known.imports import HashSet, import_list
from fairlead.known.lists import ListFormat
from fairlead.register.actions import Action
from fairlead.tables.known import KNOWN, REJECTED
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of a list."""

    set: str
    entries: int
    rejected: int
    repeated: int
    reasons: dict[str, int]


def import_hash_set(session: Session, file: Path, form: ListFormat, hash_set: HashSet) -> ImportReport:
    """Read a list and make it the content of the hash set of that name."""
    session.require(Action.PROCESS)
    if not file.is_file():
        raise UsageError(f"there is no file {file.name}", "Check the path.", code="USAGE-FILE")
    imported = import_list(form, file.read_bytes(), file_name=file.name, hash_set=hash_set)
    name = part_name("known", hash_set.name)
    with sole_writer(session.workspace.operation(session.operation)):
        session.store.write(KNOWN, name, [imported.known])
        session.store.write(REJECTED, name, [imported.rejected])
    reasons: dict[str, int] = {}
    for reason in imported.rejected.column("reason").to_pylist():
        reasons[reason] = reasons.get(reason, 0) + 1
    session.record(
        Operation.COLLECTION,
        "known.import",
        (hash_set.name, imported.sha256),
        f"hash set, {hash_set.meaning}",
        facts={"entries": imported.known.num_rows, "rejected": imported.rejected.num_rows},
    )
    return ImportReport(
        set=hash_set.name,
        entries=imported.known.num_rows,
        rejected=imported.rejected.num_rows,
        repeated=imported.repeated,
        reasons=reasons,
    )


def explain_matches(session: Session, sha256: str) -> dict[str, Any]:
    """Everything that matched a content, with the numbers behind it, and where the content was found."""
    catalogue = Catalogue(session.store)
    try:
        content = catalogue.rows(
            "SELECT * EXCLUDE (pdq, pdq_alternate), hex(pdq) AS pdq FROM contents WHERE sha256 = ?", [sha256]
        )
        if not content:
            raise UsageError(
                "no content of this operation has that SHA-256",
                "Give all 64 hex digits; `fairlead table contents` lists them.",
                code="USAGE-CONTENT",
            )
        matches = catalogue.rows("SELECT * FROM matches WHERE sha256 = ? ORDER BY kind, distance", [sha256])
        files = catalogue.rows(
            "SELECT exhibit, locator, path, allocation FROM files WHERE sha256 = ? ORDER BY 1, 2", [sha256]
        )
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "known.explain", (sha256,), "match explained")
    return {"content": content[0], "matches": [_in_words(m) for m in matches], "files": files}


def _in_words(match: dict[str, Any]) -> dict[str, Any]:
    where = "the content" if match["frame"] < 0 else f"frame {match['frame']}"
    if match["kind"] == "exact":
        words = f"The {match['algorithm']} of {where} is the value of an entry of the set {match['set']}."
    else:
        words = (
            f"The PDQ hash of {where} differs from an entry of the set {match['set']} in {match['distance']} of "
            f"256 bits (limit {match['threshold']}, transform {match['transform']}, quality {match['quality']}, "
            f"{match['pipeline']})."
        )
    return {
        **match,
        "words": words + " Known is not illegal: what the entry means is what its provider says.",
    }
