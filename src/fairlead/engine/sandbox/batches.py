"""Rows that a worker answers with: Arrow batches, of which every octet is looked at before it is used."""

from __future__ import annotations

import pyarrow as pa


class ForgedRowsError(ValueError):
    """Rows that the reader of this file cannot have read in it."""


def pack_batch(batch: pa.RecordBatch) -> memoryview:
    """A batch as the octets of one Arrow IPC message, without its schema."""
    return memoryview(batch.serialize())


def read_batch(untrusted: bytearray, schema: pa.Schema) -> pa.RecordBatch:
    """One message of the stream as a batch of a schema, every offset, length and text of it checked.

    Raises ForgedRowsError when the octets are none.
    """
    try:
        batch = pa.ipc.read_record_batch(pa.py_buffer(untrusted), schema)
        batch.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, ValueError, TypeError, MemoryError) as problem:
        raise ForgedRowsError(type(problem).__name__) from problem
    return batch
