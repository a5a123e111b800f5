"""What goes between the program and the sandboxed reader of record files: rows as Arrow batches, and what is known."""

from __future__ import annotations

import base64
import pickle
from typing import TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.sandbox.batches import ForgedRowsError, pack_batch, read_batch
from fairlead.records.directory import AccountDirectory
from fairlead.records.joins import Step
from fairlead.records.mapping import Source
from fairlead.tables import Table
from fairlead.tables.records import (
    ACCESSES,
    ACCOUNTS,
    EVENTS,
    LOOKUPS,
    PASSED_OVER,
    PAYMENTS,
    QUARANTINE,
    READINGS,
    SOURCES,
    STEPS,
    UNREAD_VALUES,
    VALIDITY,
)


class LoadJob(TypedDict):
    """One record file: its source of the mapping and the steps of joins through its tables (both packed), its place, the
    operation's salt (hex).

    ``known`` names what earlier files showed, ``again`` says that another file of the source follows.
    """

    source: str
    steps: str
    exhibit: str
    locator: str
    salt: str
    known: str
    again: bool


class LoadTold(TypedDict, total=False):
    """Tallies (source, table, role, values, values unread, why, their forms); or the error a person has to hear."""

    tallies: list[tuple[str, str, str, int, int, str, list[str]]]
    code: str
    fact: str
    remedy: str


LOADED: tuple[Table, ...] = (
    ACCOUNTS, PAYMENTS, ACCESSES, EVENTS, QUARANTINE, UNREAD_VALUES, PASSED_OVER, READINGS, STEPS, LOOKUPS,
    VALIDITY, SOURCES,
)  # fmt: skip
"""The tables a record file becomes; a frame's kind is the place of its table in here."""
SEEN = len(LOADED)
"""The kind of a frame with ids that were met for the first time."""
_SEEN = pa.schema([pa.field("id", pa.string(), nullable=False)])


def unpack_batch(
    kind: int, untrusted: bytearray, *, source: str, exhibit: str, locator: str
) -> pa.RecordBatch:
    """A batch of the table that a frame's kind names; every value lies within its buffers.

    Raises ForgedRowsError when the octets are no such batch, or when a row claims another source, exhibit or item.
    """
    try:
        batch = read_batch(untrusted, LOADED[kind].schema)
        for field, column in zip(batch.schema, batch.columns, strict=True):
            if not field.nullable and column.null_count:
                raise ForgedRowsError(field.name)
        names = batch.schema.names
        claims = [pc.equal(batch["source"], source), pc.equal(batch["exhibit"], exhibit)]
        if "locator" in names:
            claims.append(pc.starts_with(batch["locator"], pattern=locator))
        if not all(pc.all(claim, skip_nulls=False).as_py() for claim in claims if len(claim)):
            raise ForgedRowsError("origin")
    except (pa.ArrowException, KeyError, IndexError) as problem:
        raise ForgedRowsError(type(problem).__name__) from problem
    return batch


def pack_seen(ids: list[str]) -> memoryview:
    """Ids that were met for the first time, as the octets of a frame."""
    return pack_batch(pa.record_batch([pa.array(ids, pa.string())], schema=_SEEN))


def unpack_seen(untrusted: bytearray) -> list[str]:
    """Ids of a frame; ForgedRowsError when the octets are none."""
    ids = read_batch(untrusted, _SEEN)["id"].to_pylist()
    if None in ids:
        raise ForgedRowsError("id")
    return [str(one) for one in ids]


def pack_known(directory: AccountDirectory, seen: set[str]) -> bytes:
    """What earlier files showed, for the worker; only the program makes it."""
    return pickle.dumps((directory, seen), protocol=5)


def unpack_known(data: bytes) -> tuple[AccountDirectory, set[str]]:
    """What ``pack_known`` packed: read by the worker, from the program, and never the other way."""
    directory, seen = pickle.loads(data)  # noqa: S301 - written by the program for its own worker
    return directory, seen


def pack_source(source: Source) -> str:
    """A source of the mapping, for the worker; only the program makes it."""
    return base64.b64encode(pickle.dumps(source, protocol=5)).decode()


def pack_steps(steps: tuple[Step, ...]) -> str:
    """Steps of joins, for the worker; only the program makes them."""
    return base64.b64encode(pickle.dumps(steps, protocol=5)).decode()


def unpack_steps(text: str) -> tuple[Step, ...]:
    """What ``pack_steps`` packed: read by the worker, from the program."""
    steps: tuple[Step, ...] = pickle.loads(base64.b64decode(text))  # noqa: S301 - written by the program for its own worker
    return steps


def unpack_source(text: str) -> Source:
    """What ``pack_source`` packed: read by the worker, from the program."""
    source: Source = pickle.loads(base64.b64decode(text))  # noqa: S301 - written by the program for its own worker
    return source
