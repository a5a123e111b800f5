"""The stage that finds scenes: frames of videos, and pictures, that look alike, whatever else the videos hold.

So a picture that is a still of a video is found, and what two videos share. It is a fact for whoever looks; no decision
about one content is carried over to another by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.known.found import hashes_of
from fairlead.known.grouping import group_hashes
from fairlead.known.video_groups import spans
from fairlead.tables import Table
from fairlead.tables.known import SCENES
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.tables.rows import SceneRow
from fairlead.terms.matching import PDQ_MATCH_RADIUS, PDQ_MINIMUM_QUALITY

_ITEMS = """
SELECT sha256, pdq, -1 AS number, 0.0 AS time_s, exhibit, locator FROM contents
WHERE pdq IS NOT NULL AND pdq_quality >= $quality AND sha256 NOT IN (SELECT sha256 FROM frames)
UNION ALL
SELECT f.sha256, f.pdq, f."index", coalesce(f.time_s, 0.0), c.exhibit, c.locator
FROM frames f JOIN contents c USING (sha256) WHERE f.pdq IS NOT NULL AND f.pdq_quality >= $quality
ORDER BY sha256, number"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesStage:
    """CONTENTS and FRAMES to SCENES: what at least one video shares with another content."""

    radius: int = PDQ_MATCH_RADIUS
    minimum_quality: int = PDQ_MINIMUM_QUALITY
    name: str = "scenes"
    reads: tuple[Table, ...] = (CONTENTS, FRAMES)
    writes: Table = SCENES

    @property
    def version(self) -> str:
        """Changes with the radius and the quality gate."""
        return f"1/radius={self.radius}/quality={self.minimum_quality}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """One partition; rows by scene and content."""
        videos = catalogue.query("SELECT 1 FROM frames LIMIT 1").num_rows
        items = catalogue.query(_ITEMS, {"quality": self.minimum_quality}) if videos else None
        rows = _rows(items, self.radius) if items is not None and items.num_rows else iter(())
        yield "all", pa.Table.from_batches([SCENES.batch(rows)])


def _rows(items: pa.Table, radius: int) -> Iterator[SceneRow]:
    different, place = np.unique(hashes_of(items.column("pdq")), axis=0, return_inverse=True)
    lead = np.empty(len(different), np.int64)
    for shown, members in group_hashes(different, radius).items():
        lead[members] = shown
    distance = np.bitwise_count(different ^ different[lead]).sum(axis=1, dtype=np.int64)
    place = place.reshape(-1)
    names = items.column("sha256").combine_chunks().dictionary_encode()
    content, number = names.indices.to_numpy(), items.column("number").to_numpy()
    order = np.lexsort((number, content, lead[place]))
    scene, content, number = lead[place][order], content[order], number[order]
    apart, times = distance[place][order], items.column("time_s").to_numpy()[order]
    begins = np.flatnonzero(np.diff(scene, prepend=-1, append=-1))
    where = items.select(["exhibit", "locator"])
    for low, high in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        edges = np.append(np.flatnonzero(np.diff(content[low:high], prepend=-1)), high - low) + low
        if len(edges) < 3 or number[low:high].max() < 0:
            continue
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            video = bool(number[begin] >= 0)
            yield {
                "sha256": names.dictionary[int(content[begin])].as_py(),
                "scene": different[scene[begin]].tobytes().hex(),
                "contents": len(edges) - 1,
                "frames": end - begin if video else None,
                "first_s": float(times[begin]) if video else None,
                "last_s": float(times[end - 1]) if video else None,
                "times": _times(number[begin:end], times[begin:end]) if video else None,
                "distance": int(apart[begin:end].min()),
                **_place(where, int(order[begin])),
            }


class _Place(TypedDict):
    exhibit: str
    locator: str


def _place(where: pa.Table, row: int) -> _Place:
    place: _Place = where.slice(row, 1).to_pylist()[0]
    return place


def _times(number: Any, times: Any) -> str:
    """Runs of frames that follow each other, as text."""
    all_numbers = np.arange(number[0], number[-1] + 1)
    chosen = np.isin(all_numbers, number)
    at = np.zeros(len(all_numbers))
    at[chosen] = times
    return spans(at, chosen)
