"""What joins pictures to tools and to each other, and what that suggests, for reading."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES
from fairlead.tables.provenance import ASSESSED_ACTS, GENERATION_LINKS, TOOL_FILES
from fairlead.tables.rows import AssessedActRow
from fairlead.terms.custody import Operation


class ToolFound(TypedDict):
    """A model file, and where it lies."""

    sha256: str
    format: str
    role: str | None
    size_bytes: int
    autov1: str | None
    autov2: str | None
    autov3: str | None
    blake3: str | None
    output_name: str | None
    trained_pictures: int | None
    trained_at: datetime | None
    files: list[str]


class OneLink(TypedDict):
    """One join of one content."""

    kind: str
    sha256: str
    other: str
    value: str
    size: int
    ground: str
    limit: str


class SharedLink(TypedDict):
    """A value that joins pictures: how many, and some of them."""

    kind: str
    value: str
    other: str
    pictures: int
    ground: str
    limit: str
    examples: list[str]


class PictureLinks(TypedDict):
    """Model files, joins and assessed acts."""

    tools: list[ToolFound]
    links: list[OneLink] | list[SharedLink]
    acts: list[AssessedActRow]


def list_links(session: Session, *, sha256: str = "") -> PictureLinks:
    """Model files found, joins by value with their grounds and limits, and assessed acts; a consultation.

    With ``sha256`` only the joins of that content, one by one.
    """
    session.require_sight()
    catalogue = Catalogue(session.store, (GENERATION_LINKS, TOOL_FILES, ASSESSED_ACTS, FILES))
    try:
        tools = catalogue.rows_as(
            ToolFound,
            """SELECT t.sha256, t.format, t.role, t.size_bytes, t.autov1, t.autov2, t.autov3, t.blake3, t.output_name,
                      t.trained_pictures, t.trained_at, list_sort(list(DISTINCT f.exhibit || ': ' || f.path)) AS files
               FROM tool_files t JOIN files f USING (sha256) GROUP BY ALL ORDER BY files, t.sha256""",
        )
        links: list[OneLink] | list[SharedLink]
        if sha256:
            links = catalogue.rows_as(
                OneLink,
                'SELECT kind, sha256, other, value, size, ground, "limit" FROM generation_links '
                "WHERE sha256 = $s OR other = $s ORDER BY ALL LIMIT 1000",
                {"s": sha256},
            )
        else:
            links = catalogue.rows_as(
                SharedLink,
                """SELECT kind, value, other, count(*) AS pictures, min(ground) AS ground, min("limit") AS "limit",
                          list_sort(list(sha256))[1:5] AS examples
                   FROM generation_links GROUP BY kind, value, other
                   ORDER BY CASE kind WHEN 'source_file' THEN 0 WHEN 'model_file' THEN 1 WHEN 'model_name' THEN 2 ELSE 3 END,
                            pictures DESC, kind, value, other""",
            )
        acts = catalogue.rows_as(AssessedActRow, "SELECT * FROM assessed_acts ORDER BY kind, exhibit, tool")
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "provenance.links", (sha256,) if sha256 else (), "links consulted")
    return {"tools": tools, "links": links, "acts": acts}
