"""The other stages of this room: which contents to examine, and the answers taken apart into tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.catalogue import READING_ORDER, Catalogue
from fairlead.tables import Table
from fairlead.tables.evidence import EXHIBITS, FILES
from fairlead.tables.media import CONTENTS, EXAMINED, FRAMES, METADATA, WORKLIST

# The name is what stands after the last / and !; an extension has at most twelve characters and something before it.
_FIRST_FILES = rf"""
SELECT sha256, md5, sha1, size_bytes, exhibit, locator,
       lower(regexp_extract(regexp_extract(path, '[^/!]*$'), '^.+\.([^.]{{0,12}})$', 1, 's')) AS extension
FROM (
    SELECT f.sha256, f.md5, f.sha1, f.read_bytes AS size_bytes, f.exhibit, f.locator, f.path, e.sequence,
           row_number() OVER (PARTITION BY f.sha256 ORDER BY e.sequence, f.locator) AS place
    FROM files f JOIN exhibits e USING (exhibit)
    WHERE f.verdict = 'read' AND f.sha256 IS NOT NULL
)
WHERE place = 1
ORDER BY sequence, exhibit, {READING_ORDER}, locator
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistStage:
    """FILES to WORKLIST: every distinct content once, by the first file that holds it.

    One partition per exhibit: a content belongs to the exhibit that arrived first, so that a new exhibit
    leaves the partitions of earlier ones as they were.
    """

    name: str = "worklist"
    version: str = "4"
    reads: tuple[Table, ...] = (FILES, EXHIBITS)
    writes: Table = WORKLIST

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Partitions by the number of the first exhibit, rows in the order in which the exhibit is read."""
        found = catalogue.query(_FIRST_FILES)
        exhibits = pc.run_end_encode(found.column("exhibit").combine_chunks())
        start = 0
        for end, exhibit in zip(exhibits.run_ends.to_pylist(), exhibits.values.to_pylist(), strict=True):
            rows = found.slice(start, end - start)
            yield exhibit, rows.select(WORKLIST.schema.names).cast(WORKLIST.schema)
            start = end


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsStage:
    """EXAMINED to CONTENTS: the columns that describe the content itself."""

    name: str = "contents"
    version: str = "1"
    reads: Table = EXAMINED
    writes: Table = CONTENTS
    rows_per_task: int = 20_000

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One row for each row of EXAMINED."""
        for batch in batches:
            chosen = batch.select(CONTENTS.schema.names)
            yield pa.RecordBatch.from_arrays(chosen.columns, schema=CONTENTS.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataStage:
    """EXAMINED to METADATA: one row per item, numbered as found."""

    name: str = "metadata"
    version: str = "1"
    reads: Table = EXAMINED
    writes: Table = METADATA
    rows_per_task: int = 20_000

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of METADATA."""
        for batch in batches:
            yield METADATA.batch(
                {"sha256": sha256, "item": number, **item}
                for sha256, items in _lists(batch, "metadata")
                for number, item in enumerate(items)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesStage:
    """EXAMINED to FRAMES: one row per sampled frame of a video."""

    name: str = "frames"
    version: str = "1"
    reads: Table = EXAMINED
    writes: Table = FRAMES
    rows_per_task: int = 20_000

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of FRAMES."""
        for batch in batches:
            yield FRAMES.batch(
                {"sha256": sha256, **frame} for sha256, frames in _lists(batch, "frames") for frame in frames
            )


def _lists(batch: pa.RecordBatch, name: str) -> Iterator[tuple[str, list[Mapping[str, object]]]]:
    for row in batch.select(["sha256", name]).to_pylist():
        if row[name]:
            yield row["sha256"], row[name]
