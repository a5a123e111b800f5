"""The volumes of an exhibit's images as a stack: what lies on what, what was opened, and why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import VOLUMES


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedVolume:
    """One volume with its depth: 0 for a disk. ``container`` is the way to its image, empty for the exhibit itself."""

    container: str
    number: int
    depth: int
    kind: str
    name: str
    form: str
    offset_bytes: int | None
    size_bytes: int | None
    encrypted: bool
    opened: bool
    detail: str


def list_volumes(session: Session, number: str) -> list[StackedVolume]:
    """Volumes of an exhibit, each behind the one that it lies on; none before its first run."""
    catalogue = Catalogue(session.store, (VOLUMES,))
    try:
        rows = catalogue.rows("SELECT * FROM volumes WHERE exhibit = ? ORDER BY container, number", [number])
    finally:
        catalogue.close()
    below: dict[tuple[str, int | None], list[StackedVolume]] = {}
    for row in rows:
        volume = StackedVolume(
            depth=0,
            form=row["form"] or "",
            detail=row["detail"] or "",
            **{name: row[name] for name in _COPIED},
        )
        below.setdefault((row["container"], row["parent"]), []).append(volume)
    containers = dict.fromkeys(row["container"] for row in rows)
    return [volume for container in containers for volume in _stacked(below, container)]


_COPIED = ("container", "number", "kind", "name", "offset_bytes", "size_bytes", "encrypted", "opened")


def _stacked(below: dict[tuple[str, int | None], list[StackedVolume]], container: str) -> list[StackedVolume]:
    """Depth first from the disk; every volume once."""
    found: list[StackedVolume] = []
    waiting = [(volume, 0) for volume in reversed(below.get((container, None), []))]
    while waiting:
        volume, depth = waiting.pop()
        found.append(replace(volume, depth=depth))
        waiting += [(one, depth + 1) for one in reversed(below.pop((container, volume.number), []))]
    return found
