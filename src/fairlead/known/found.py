"""The stages that compare contents with hash sets: into pieces of bounded size, then exact digests and PDQ near ones.

One set of a hundred million hashes is more than a core should compare, and more than its machine should hold. It is
cut by the first digits of its hashes, and contents by those of their SHA-256: a pair falls into exactly one piece, so
the rows are those of comparing all at once. How many pieces follows from how many there are, in powers of two, so that a
list which grows keeps its pieces and each piece its index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import in_turn
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.places import Place
from fairlead.known.index import HammingIndex
from fairlead.known.kept_index import KEEP_FROM, KeptIndex, folder_of
from fairlead.known.transforms import TRANSFORMS, transformed
from fairlead.tables import Table
from fairlead.tables.known import COMPARISONS, FOUND, HASH_SETS, KNOWN
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.tables.rows import ComparisonRow, HashSetRow
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
  AND sha256 >= $contents_from AND ($contents_to = '' OR sha256 < $contents_to)
ORDER BY sha256, frame, place
"""
_LISTED = f"""SELECT entry, unhex(value) AS value, scheme, category, meaning, release FROM known
WHERE "set" = $set AND algorithm = '{Algorithm.PDQ}' AND value >= $values_from
  AND ($values_to = '' OR value < $values_to) ORDER BY entry"""
_COUNT_LISTED = f"""SELECT count(*) AS n FROM known WHERE "set" = $set AND algorithm = '{Algorithm.PDQ}'"""
_COUNT_HASHED = """SELECT (SELECT count(*) FROM contents WHERE pdq IS NOT NULL)
  + (SELECT count(*) FROM frames WHERE pdq IS NOT NULL)"""
VALUES_A_PIECE = 12_500_000
CONTENTS_A_PIECE = 250_000
_MOST_PIECES = 4096  # of a set, and of contents: three hex digits


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStage:
    """HASH_SETS to COMPARISONS: into how many pieces to cut the work, from how many hashes there are."""

    place: Place
    values_a_piece: int = VALUES_A_PIECE
    contents_a_piece: int = CONTENTS_A_PIECE
    name: str = "plan"
    reads: Table = HASH_SETS
    writes: Table = COMPARISONS
    rows_per_task: int = 1

    @property
    def version(self) -> str:
        """Changes with the sizes, and with the contents and frames, which are counted."""
        return f"1/{self.values_a_piece}/{self.contents_a_piece}/contents={contents_version(self.place)}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of COMPARISONS, set by set."""
        catalogue = Catalogue(PartStore(self.place), (KNOWN, CONTENTS, FRAMES))
        try:
            hashed = int(catalogue.scalar(_COUNT_HASHED))
            for batch in batches:
                for hash_set in batch.to_pylist():
                    listed = int(catalogue.rows(_COUNT_LISTED, {"set": hash_set["set"]})[0]["n"])
                    yield COMPARISONS.batch(self._pieces(hash_set, listed, hashed))
        finally:
            catalogue.close()

    def _pieces(self, hash_set: HashSetRow, listed: int, hashed: int) -> Iterator[ComparisonRow]:
        for number, (values_from, values_to) in enumerate(_ranges(listed, self.values_a_piece)):
            for other, (contents_from, contents_to) in enumerate(_ranges(hashed, self.contents_a_piece)):
                yield {
                    "set": hash_set["set"],
                    "radius": hash_set["radius"],
                    "minimum_quality": hash_set["minimum_quality"],
                    "pdq_mode": hash_set["pdq_mode"],
                    "values_from": values_from,
                    "values_to": values_to,
                    "contents_from": contents_from,
                    "contents_to": contents_to,
                    "exact": number == other == 0,
                }


def _ranges(count: int, most: int) -> Iterator[tuple[str, str]]:
    """Ranges of three hex digits that cut ``count`` things into pieces of about ``most``; empty text is no bound."""
    pieces = 1
    while pieces * most < count and pieces < _MOST_PIECES:
        pieces *= 2
    bounds = ["", *(f"{number * _MOST_PIECES // pieces:03x}" for number in range(1, pieces)), ""]
    yield from pairwise(bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindStage:
    """COMPARISONS to FOUND: everything that agrees with a set; a set that did not change is not compared again.

    Near matching is exact search: every entry within the set's radius of a picture or frame of sufficient
    quality, in any of the eight rotations and mirrors, is in the table, with its smallest distance.
    ``place`` is where the operation's tables lie; of ``keep_from`` hashes on, an index is kept from run to run.
    """

    place: Place
    keep_from: int = KEEP_FROM
    name: str = "find"
    reads: Table = COMPARISONS
    writes: Table = FOUND
    rows_per_task: int = 1

    @property
    def version(self) -> str:
        """Changes with the contents and frames as well: they are compared, but not this stage's input."""
        return f"1/contents={contents_version(self.place)}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of FOUND, piece by piece, by content and entry."""
        for batch in batches:
            for piece in batch.to_pylist():
                catalogue = Catalogue(PartStore(self.place), (KNOWN, CONTENTS, FRAMES))
                try:
                    if piece["exact"]:
                        exact = catalogue.query(f"{_EXACT} ORDER BY 1, 3", {"set": piece["set"]})
                        yield from exact.cast(FOUND.schema).to_batches()
                    yield from _find_near(catalogue, piece, self).to_batches()
                finally:
                    catalogue.close()


def contents_version(place: Place) -> str:
    """A name for the contents and frames as they are now: it follows from the names of their parts."""
    store = PartStore(place)
    return part_name(*(f"{t.name}/{part.name}" for t in (CONTENTS, FRAMES) for part in store.parts(t)))


def _find_near(catalogue: Catalogue, piece: ComparisonRow, stage: FindStage) -> pa.Table:
    listed = find_listed(catalogue, piece["set"], piece["values_from"], piece["values_to"])
    hashed = catalogue.query(
        _HASHED,
        {
            "mode": piece["pdq_mode"] or "",
            "quality": piece["minimum_quality"],
            "contents_from": piece["contents_from"],
            "contents_to": piece["contents_to"],
        },
    )
    if not listed.num_rows or not hashed.num_rows:
        return FOUND.schema.empty_table()
    values = hashes_of(listed.column("value"))
    index: HammingIndex | KeptIndex
    if len(values) >= stage.keep_from:
        folder = folder_of(stage.place, piece["set"], piece["values_from"], piece["values_to"])
        with in_turn(folder.with_name(f"{folder.name}.lock")):  # pieces that share an index build it once
            index = KeptIndex.open(folder, values)
    else:
        index = HammingIndex.build(values)
    rows = find_turned(index, hashes_of(hashed.column("pdq")), piece["radius"])
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
        "set": pa.array([piece["set"]] * len(best), pa.string()),
        "entry": entry.column("entry"),
        "frame": content.column("frame"),
        "transform": pa.array(TRANSFORMS).take(best[:, 3]),
        "kind": pa.array([MatchKind.NEAR.value] * len(best), pa.string()),
        "algorithm": pa.array([Algorithm.PDQ.value] * len(best), pa.string()),
        "distance": pa.array(best[:, 2], pa.int32()),
        "threshold": pa.array([piece["radius"]] * len(best), pa.int32()),
        "quality": content.column("quality"),
        "pipeline": content.column("pipeline"),
        **{name: entry.column(name) for name in ("scheme", "category", "meaning", "release")},
    }
    return pa.table(columns).select(FOUND.schema.names).cast(FOUND.schema)


def find_listed(catalogue: Catalogue, hash_set: str, values_from: str = "", values_to: str = "") -> pa.Table:
    """The PDQ entries of a set by entry, values as bytes: all, or those in a range of hex digits."""
    return catalogue.query(_LISTED, {"set": hash_set, "values_from": values_from, "values_to": values_to})


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
