"""Inside the sandbox: one hash list, read from first to last octet and answered in frames of rows."""

from __future__ import annotations

import os
from typing import TypedDict

import pyarrow as pa

from fairlead.engine.sandbox import write_frame
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.engine.sandbox.warming import load_character_sets
from fairlead.known.list_rows import FOUND, SCHEMAS, batch_of_values, batches_of
from fairlead.known.lists import HASH_LISTS, ListOptions, ReadDatabase
from fairlead.known.lookalikes import guarded
from fairlead.known.nsrl_delta import apply_delta
from fairlead.known.recognising import recognise
from fairlead.terms.errors import FairleadError


class ListJob(TypedDict):
    """The name of the format, and what its reader has to be told; without a format the file is to be recognised."""

    form: str
    columns: dict[str, str]
    video: str
    name: str


class ListTold(TypedDict, total=False):
    """What is wrong with the file as a whole; how many statements of delta files were left alone; which formats a file fits
    and why, or what it is instead.
    """

    left_alone: int
    fits: list[tuple[str, str]]
    instead: str

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
    if not header["form"]:
        fits, instead = recognise(source, header["name"])
        return {"fits": [(one.form, one.why) for one in fits], "instead": instead}
    form = HASH_LISTS.get(header["form"])
    told = ListOptions(columns=header["columns"], video=header["video"])
    try:
        if form.read_database is not None:
            return _read_database(form.read_database, source, deltas, pipe)
        if form.read is None:
            raise ValueError(form.name)
        with os.fdopen(os.dup(source), "rb") as file:
            for kind, batch in batches_of(guarded(form.read(file, told))):
                write_frame(pipe, kind, pack_batch(batch))
    except FairleadError as problem:
        return {"code": problem.code, "fact": problem.fact, "remedy": problem.remedy}
    return {}


def _read_database(read: ReadDatabase, source: int, deltas: list[int], pipe: int) -> ListTold:
    left_alone = 0
    for delta in deltas:
        with os.fdopen(os.dup(delta), encoding="utf-8-sig", errors="replace") as file:
            left_alone += apply_delta(source, file).left_alone
    for algorithm, values in read(source):
        write_frame(pipe, SCHEMAS.index(FOUND), pack_batch(batch_of_values(algorithm, values)))
    return {"left_alone": left_alone}
