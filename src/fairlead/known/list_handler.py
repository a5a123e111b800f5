"""Inside the sandbox: one hash list, read from first to last octet and answered in frames of rows."""

from __future__ import annotations

import os
from typing import TypedDict

import pyarrow as pa

from fairlead.engine.sandbox import write_frame
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.engine.sandbox.warming import load_character_sets
from fairlead.known.list_rows import batches_of
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.terms.errors import FairleadError


class ListJob(TypedDict):
    """The name of the format, and what its reader has to be told."""

    form: str
    columns: dict[str, str]
    video: str


class ListTold(TypedDict, total=False):
    """Nothing when all went well; otherwise what is wrong with the file as a whole."""

    code: str
    fact: str
    remedy: str


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for, plug-ins among it."""
    pa.set_cpu_count(1)
    HASH_LISTS.names()
    load_character_sets()


def handle(header: ListJob, descriptors: list[int]) -> ListTold:
    """``descriptors``: the list, the pipe."""
    source, pipe = descriptors
    form = HASH_LISTS.get(header["form"])
    if form.read is None:
        raise ValueError(header["form"])
    told = ListOptions(columns=header["columns"], video=header["video"])
    try:
        with os.fdopen(os.dup(source), "rb") as file:
            for kind, batch in batches_of(form.read(file, told)):
                write_frame(pipe, kind, pack_batch(batch))
    except FairleadError as problem:
        return {"code": problem.code, "fact": problem.fact, "remedy": problem.remedy}
    return {}
