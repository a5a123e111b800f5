"""Items of a hash list as batches of rows: what a reader found, and what it refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.known.entry import KnownEntry, ListItem
from fairlead.tables.known import KNOWN
from fairlead.terms.matching import Algorithm

ROWS = 50_000
_FROM_LIST = ("entry", "algorithm", "value", "category", "row", "video", "frame", "time_s", "quality", "told")
FOUND = pa.schema([KNOWN.schema.field(name).with_nullable(True) for name in _FROM_LIST])
REFUSED = pa.schema([("row", pa.int32()), ("reason", pa.string())])
SCHEMAS = (FOUND, REFUSED)
"""By the kind of a frame."""


def batches_of(items: Iterable[ListItem]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches of SCHEMAS with their place in it, in the order of the list within each kind."""
    found: list[tuple[object, ...]] = []
    refused: list[tuple[object, ...]] = []
    for item in items:
        if isinstance(item, KnownEntry):
            frame = item.frame
            found.append(
                (item.name, item.algorithm.value, item.value, item.category, item.row,
                 frame and frame.video, frame and frame.number, frame and frame.time_s, item.quality, item.told)
            )  # fmt: skip
        else:
            refused.append((item.row, item.reason))
        for kind, rows in enumerate((found, refused)):
            if len(rows) >= ROWS:
                yield kind, _batch(kind, rows)
                rows.clear()
    for kind, rows in enumerate((found, refused)):
        if rows:
            yield kind, _batch(kind, rows)


def batch_of_values(algorithm: Algorithm, values: list[str]) -> pa.RecordBatch:
    """Digests of one algorithm, of which their place in the list says nothing, as a batch of FOUND."""
    value = pa.array(values, pa.string())
    columns = {
        "entry": pc.binary_join_element_wise(algorithm.value, value, ":"),
        "algorithm": pa.array([algorithm.value] * len(values), pa.string()),
        "value": value,
    }
    return pa.RecordBatch.from_arrays(
        [columns.get(f.name, pa.nulls(len(values), f.type)) for f in FOUND], schema=FOUND
    )


def _batch(kind: int, rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    schema = SCHEMAS[kind]
    columns = [
        pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
