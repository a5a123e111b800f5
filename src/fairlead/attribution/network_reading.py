"""Files about networks read in the sandbox: the program sees rows, each text of them checked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import pyarrow as pa

from fairlead.attribution.network_handler import KINDS, PLACES, RANGES, NetworkJob
from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.engine.sandbox.batches import ForgedRowsError, read_batch
from fairlead.engine.sandbox.stream import IDLE_S, time_for
from fairlead.terms.errors import UsageError

_HANDLER = "fairlead.attribution.network_handler:handle"
_LIMITS = SandboxLimits(memory_bytes=4 << 30, start_s=120.0, deadline_s=120.0)
_ENDED = {
    Outcome.MEMORY: "took more memory than allowed",
    Outcome.TIMEOUT: "took too long",
    Outcome.CRASHED: "ended its reader",
    Outcome.FAILED: "is not what its reader expects",
}


class RangeRead(TypedDict):
    """A range as a list states it: not checked yet but for being text."""

    cidr: str | None
    country: str | None
    kind: str | None
    source: str | None


class PlaceRead(TypedDict):
    """What a database says of one address: two letters or none, and one of the kinds that are known or none."""

    country: str | None
    kind: str | None


def read_list(file: Path) -> list[RangeRead]:
    """The ranges of a list. UsageError (NETWORKS-003) when there are none: without a word, it would protect nobody."""
    ranges: list[RangeRead] = [
        row for batch in _rows({"name": file.name}, file, [], RANGES) for row in batch.to_pylist()
    ]
    if not ranges:
        raise UsageError(
            f"{file.name}: no range of addresses was read from it",
            "Give CSV, JSON or TOML with the columns cidr, country, kind, or text with one range a line.",
            code="NETWORKS-003",
        )
    return ranges


def ask_database(file: Path, addresses: Sequence[str]) -> list[PlaceRead]:
    """What an MMDB says of each address. UsageError (NETWORKS-004) when it is none, or overwhelms its reader."""
    asked = os.memfd_create("addresses", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(asked), "wb") as listed:
            listed.write("\n".join(addresses).encode("ascii"))
        os.lseek(asked, 0, os.SEEK_SET)
        places: list[PlaceRead] = [
            row for batch in _rows({"name": ""}, file, [asked], PLACES) for row in batch.to_pylist()
        ]
    finally:
        os.close(asked)
    if len(places) != len(addresses) or not all(_is_place(place) for place in places):
        raise _unread(file, _ENDED[Outcome.CRASHED])
    return places


def _is_place(untrusted: PlaceRead) -> bool:
    country, kind = untrusted["country"], untrusted["kind"]
    return (kind is None or kind in KINDS) and (
        country is None or (country.isascii() and country.isalnum() and len(country) == len("DK"))
    )


def _rows(header: NetworkJob, file: Path, others: list[int], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with SandboxPool(handler=_HANDLER, limits=_LIMITS) as pool:
            total_s = time_for(os.fstat(descriptor).st_size)
            streamed = pool.stream(header, [descriptor, *others], idle_s=IDLE_S, total_s=total_s)
            try:
                for _, payload in streamed:
                    yield read_batch(payload, schema)
            except ForgedRowsError as problem:
                raise _unread(file, _ENDED[Outcome.CRASHED]) from problem
            if streamed.reply.outcome is not Outcome.OK:
                raise _unread(file, _ENDED[streamed.reply.outcome])
    finally:
        os.close(descriptor)


def _unread(file: Path, how: str) -> UsageError:
    return UsageError(
        f"{file.name}: this file about networks {how}",
        "Give a list as CSV, JSON, TOML or text, or a database in MaxMind's format (.mmdb), as its publisher offers it.",
        code="NETWORKS-004",
    )
