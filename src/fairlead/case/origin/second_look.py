"""The second tier: slow searches over pictures that the first look left open, when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.case.origin.searches import Content, run_search
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.progress import Progress
from fairlead.provenance.searching import search_watermarks
from fairlead.provenance.signal import Observation
from fairlead.register.actions import Action
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF, SEARCHED
from fairlead.terms.custody import Operation

WATERMARKS = "watermarks"
_VERSION = "1"


class OpenPicture(Content):
    """A picture that a search may look at."""

    width: int
    height: int
    media_type: str


def open_pictures(
    session: Session, search: str, most: int, *, sha256s: tuple[str, ...] = ()
) -> list[OpenPicture]:
    """Decoded pictures that no machine is known to have made, in the order of the queue; or those named.

    What the same search found earlier is among them, so that repeating it loses nothing.
    """
    catalogue = Catalogue(session.store, (CONTENTS, ORIGINS_OF, SEARCHED))
    try:
        return catalogue.rows_as(
            OpenPicture,
            """SELECT c.sha256, c.exhibit, c.locator, c.width, c.height, c.media_type
               FROM contents c JOIN origins_of o USING (sha256)
               WHERE c.family = 'picture' AND c.verdict IN ('decoded', 'partial')
                 AND CASE WHEN len($named) > 0 THEN list_contains($named, c.sha256)
                     ELSE o.conclusion IN ('nothing_found', 'captured', 'captured_then_edited')
                          OR c.sha256 IN (SELECT sha256 FROM searched WHERE search = $search) END
               ORDER BY o.queue_rank, c.sha256 LIMIT $most""",
            {"named": list(sha256s), "most": most, "search": search},
        )
    finally:
        catalogue.close()


@verb(
    "provenance.search",
    Action.PROCESS,
    becomes=Operation.CONSULTATION,
    command="provenance search",
    page="none: it takes long and is asked for rarely",
)
def search_for_watermarks(
    session: Session, *, most: int, sha256s: tuple[str, ...] = (), progress: Progress | None = None
) -> dict[str, str | int]:
    """Look for watermarks that a crop or a change of size moved; replaces what an earlier search found."""
    chosen = open_pictures(session, WATERMARKS, most, sha256s=sha256s)

    def look(row: OpenPicture, descriptor: int) -> Iterator[Observation]:  # noqa: ARG001 - the shape of a look
        yield from search_watermarks(descriptor)

    found = run_search(session, WATERMARKS, _VERSION, chosen, look, progress)
    facts: dict[str, str | int] = {"searched": len(chosen), "found": found}
    session.record(Operation.CONSULTATION, "provenance.search", (), "watermarks searched", facts=facts)
    return facts
