"""What joins pictures to tools and to each other, and what that suggests, for reading."""

from __future__ import annotations

from typing import Any

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES
from fairlead.tables.provenance import ASSESSED_ACTS, GENERATION_LINKS, TOOL_FILES
from fairlead.terms.custody import Operation


def list_links(session: Session, *, sha256: str = "") -> dict[str, list[dict[str, Any]]]:
    """Model files found, joins by value with their grounds and limits, and assessed acts; a consultation.

    With ``sha256`` only the joins of that content, one by one.
    """
    catalogue = Catalogue(session.store, (GENERATION_LINKS, TOOL_FILES, ASSESSED_ACTS, FILES))
    try:
        tools = catalogue.rows(
            """SELECT t.sha256, t.format, t.role, t.size_bytes, t.autov1, t.autov2, t.autov3, t.blake3, t.output_name,
                      t.trained_pictures, t.trained_at, list_sort(list(DISTINCT f.exhibit || ': ' || f.path)) AS files
               FROM tool_files t JOIN files f USING (sha256) GROUP BY ALL ORDER BY files, t.sha256"""
        )
        if sha256:
            links = catalogue.rows(
                'SELECT kind, sha256, other, value, size, ground, "limit" FROM generation_links '
                "WHERE sha256 = $s OR other = $s ORDER BY ALL LIMIT 1000",
                {"s": sha256},
            )
        else:
            links = catalogue.rows(
                """SELECT kind, value, other, count(*) AS pictures, min(ground) AS ground, min("limit") AS "limit",
                          list_sort(list(sha256))[1:5] AS examples
                   FROM generation_links GROUP BY kind, value, other
                   ORDER BY CASE kind WHEN 'source_file' THEN 0 WHEN 'model_file' THEN 1 WHEN 'model_name' THEN 2 ELSE 3 END,
                            pictures DESC, kind, value, other"""
            )
        acts = catalogue.rows("SELECT * FROM assessed_acts ORDER BY kind, exhibit, tool")
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "provenance.links", (sha256,) if sha256 else (), "links consulted")
    return {"tools": tools, "links": links, "acts": acts}
