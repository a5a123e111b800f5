"""Inside the sandbox: one hash list, read from first to last octet and answered in frames of rows."""

from __future__ import annotations

import os
from typing import TypedDict

import pyarrow as pa

from fairlead.engine.sandbox import write_frame
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.engine.sandbox.warming import load_character_sets
from fairlead.known.list_rows import FOUND, SCHEMAS, batch_of_values, batches_of
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.known.nsrl_delta import apply_delta
from fairlead.known.read_nsrl import read_nsrl
from fairlead.terms.errors import FairleadError


class ListJob(TypedDict):
    """The name of the format, and what its reader has to be told."""

    form: str
    columns: dict[str, str]
    video: str


class ListTold(TypedDict, total=False):
    """What is wrong with the file as a whole; or how many statements of delta files were left alone."""

    left_alone: int

    code: str
    fact: str
    remedy: str


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for, plug-ins among it."""
    pa.set_cpu_count(1)
    HASH_LISTS.names()
    load_character_sets()


def handle(header: ListJob, descriptors: list[int]) -> ListTold:
    """``descriptors``: the list, for a database its delta files in order, the pipe."""
    source, *deltas, pipe = descriptors
    form = HASH_LISTS.get(header["form"])
    told = ListOptions(columns=header["columns"], video=header["video"])
    try:
        if form.read is None:
            return _read_database(source, deltas, pipe)
        with os.fdopen(os.dup(source), "rb") as file:
            for kind, batch in batches_of(form.read(file, told)):
                write_frame(pipe, kind, pack_batch(batch))
    except FairleadError as problem:
        return {"code": problem.code, "fact": problem.fact, "remedy": problem.remedy}
    return {}


def _read_database(source: int, deltas: list[int], pipe: int) -> ListTold:
    left_alone = 0
    for delta in deltas:
        with os.fdopen(os.dup(delta), encoding="utf-8-sig", errors="replace") as file:
            left_alone += apply_delta(source, file).left_alone
    for algorithm, values in read_nsrl(source):
        write_frame(pipe, SCHEMAS.index(FOUND), pack_batch(batch_of_values(algorithm, values)))
    return {"left_alone": left_alone}
