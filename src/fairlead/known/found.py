"""The stage that compares contents with one hash set at a time: exact digests, and PDQ within a radius."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.places import Place
from fairlead.known.index import HammingIndex
from fairlead.known.kept_index import KEEP_FROM, KeptIndex, folder_of
from fairlead.known.transforms import TRANSFORMS, transformed
from fairlead.tables import Table
from fairlead.tables.known import FOUND, HASH_SETS, KNOWN
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.terms.matching import PDQ_BITS, Algorithm, MatchKind, PdqMode

_DIGESTS = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)
_EXACT = " UNION ALL ".join(
    f"""
SELECT c.sha256, k."set", k.entry, -1::INTEGER AS frame, 'identity' AS transform, '{MatchKind.EXACT}' AS kind,
       k.algorithm, 0::INTEGER AS distance, 0::INTEGER AS threshold, c.pdq_quality AS quality,
       k.algorithm AS pipeline, k.scheme, k.category, k.meaning, k.release
FROM known k JOIN contents c ON k.value = c.{digest}
WHERE k."set" = $set AND k.algorithm = '{digest}' AND c.verdict <> 'empty'
"""
    for digest in _DIGESTS
)
# Every hash of a content with the mode it follows. Frames have one mode; a picture has both.
_HASHED = f"""
WITH hashed AS (
  SELECT sha256, -1::INTEGER AS frame, pdq, pdq_quality AS quality, pdq_pipeline AS pipeline,
         split_part(pdq_pipeline, '/', 1) AS mode, 0 AS place FROM contents
  UNION ALL
  SELECT sha256, -1::INTEGER, pdq_alternate, pdq_quality, 'alternate of ' || pdq_pipeline,
         CASE split_part(pdq_pipeline, '/', 1) WHEN '{PdqMode.FULL}' THEN '{PdqMode.META512}'
              ELSE '{PdqMode.FULL}' END, 1 FROM contents WHERE pdq_alternate <> pdq OR $mode <> ''
  UNION ALL
  SELECT sha256, -1::INTEGER, pdq_inner, pdq_inner_quality, 'inside the border of ' || pdq_pipeline,
         '{PdqMode.FULL}', 2 FROM contents
  UNION ALL
  SELECT sha256, "index", pdq, pdq_quality, pdq_pipeline, $mode, 0 FROM frames
  UNION ALL
  SELECT sha256, "index", pdq_whole, pdq_quality, 'with the border of ' || pdq_pipeline, $mode, 1 FROM frames)
SELECT sha256, frame, pdq, quality, pipeline, dense_rank() OVER (ORDER BY sha256, frame) AS item
FROM hashed WHERE pdq IS NOT NULL AND quality >= $quality AND ($mode = '' OR mode = $mode)
ORDER BY sha256, frame, place
"""
_LISTED = f"""SELECT entry, unhex(value) AS value, scheme, category, meaning, release FROM known
WHERE "set" = $set AND algorithm = '{Algorithm.PDQ}' ORDER BY entry"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindStage:
    """HASH_SETS to FOUND: everything that agrees with one set; a set that did not change is not compared again.

    Near matching is exact search: every entry within the set's radius of a picture or frame of sufficient
    quality, in any of the eight rotations and mirrors, is in the table, with its smallest distance.
    ``place`` is where the operation's tables lie.
    """

    place: Place
    name: str = "find"
    reads: Table = HASH_SETS
    writes: Table = FOUND
    rows_per_task: int = 1

    @property
    def version(self) -> str:
        """Changes with the contents and frames as well: they are compared, but not this stage's input."""
        return f"1/contents={contents_version(self.place)}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of FOUND, set by set, by content and entry."""
        for batch in batches:
            for hash_set in batch.to_pylist():
                catalogue = Catalogue(PartStore(self.place), (KNOWN, CONTENTS, FRAMES))
                try:
                    exact = catalogue.query(f"{_EXACT} ORDER BY 1, 3", {"set": hash_set["set"]})
                    yield from exact.cast(FOUND.schema).to_batches()
                    yield from _find_near(catalogue, hash_set, self.place).to_batches()
                finally:
                    catalogue.close()


def contents_version(place: Place) -> str:
    """A name for the contents and frames as they are now: it follows from the names of their parts."""
    store = PartStore(place)
    return part_name(*(f"{t.name}/{part.name}" for t in (CONTENTS, FRAMES) for part in store.parts(t)))


def _find_near(catalogue: Catalogue, hash_set: dict[str, Any], place: Place) -> pa.Table:
    listed = find_listed(catalogue, hash_set["set"])
    hashed = catalogue.query(
        _HASHED, {"mode": hash_set["pdq_mode"] or "", "quality": hash_set["minimum_quality"]}
    )
    if not listed.num_rows or not hashed.num_rows:
        return FOUND.schema.empty_table()
    values = hashes_of(listed.column("value"))
    index: HammingIndex | KeptIndex
    if len(values) >= KEEP_FROM:
        index = KeptIndex.open(folder_of(place, hash_set["set"]), values)
    else:
        index = HammingIndex.build(values)
    rows = find_turned(index, hashes_of(hashed.column("pdq")), hash_set["radius"])
    item = hashed.column("item").to_numpy()[rows[:, 0]]
    # One row a pair of content (or frame) and entry: smallest distance, then first transform, then first hash.
    order = np.lexsort((rows[:, 0], rows[:, 3], rows[:, 2], rows[:, 1], item))
    pair = np.stack([item[order], rows[order, 1]], axis=1)
    first = np.ones(len(order), bool)
    first[1:] = (pair[1:] != pair[:-1]).any(axis=1)
    best = rows[order[first]]
    content, entry = hashed.take(best[:, 0]), listed.take(best[:, 1])
    columns = {
        "sha256": content.column("sha256"),
        "set": pa.array([hash_set["set"]] * len(best), pa.string()),
        "entry": entry.column("entry"),
        "frame": content.column("frame"),
        "transform": pa.array(TRANSFORMS).take(best[:, 3]),
        "kind": pa.array([MatchKind.NEAR.value] * len(best), pa.string()),
        "algorithm": pa.array([Algorithm.PDQ.value] * len(best), pa.string()),
        "distance": pa.array(best[:, 2], pa.int32()),
        "threshold": pa.array([hash_set["radius"]] * len(best), pa.int32()),
        "quality": content.column("quality"),
        "pipeline": content.column("pipeline"),
        **{name: entry.column(name) for name in ("scheme", "category", "meaning", "release")},
    }
    return pa.table(columns).select(FOUND.schema.names).cast(FOUND.schema)


def find_listed(catalogue: Catalogue, hash_set: str) -> pa.Table:
    """The PDQ entries of a set by entry, values as bytes."""
    return catalogue.query(_LISTED, {"set": hash_set})


def find_turned(index: HammingIndex | KeptIndex, hashes: NDArray[np.uint8], radius: int) -> NDArray[np.int64]:
    """Neighbours of hashes in all eight rotations and mirrors: rows of query, entry, distance, transform."""
    parts = []
    for number, transform in enumerate(TRANSFORMS):
        found = index.search(transformed(hashes, transform), radius)
        rows = np.empty((found.num_rows, 4), np.int64)
        for column, name in enumerate(("query", "entry", "distance")):
            rows[:, column] = found.column(name).to_numpy()
        rows[:, 3] = number
        parts.append(rows)
    return np.concatenate(parts)


def hashes_of(column: pa.ChunkedArray) -> NDArray[np.uint8]:
    """Hashes (n, 32) from a column of 32 bytes each, without a Python object for each."""
    whole = pa.concat_arrays([chunk.cast(pa.binary(PDQ_BITS // 8)) for chunk in column.chunks])
    rows = np.frombuffer(whole.buffers()[1], np.uint8).reshape(-1, PDQ_BITS // 8)
    return rows[whole.offset : whole.offset + len(whole)]
