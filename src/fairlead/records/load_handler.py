"""Inside the sandbox: one record file (dump, log or CSV), read from first to last octet and answered in frames.

The worker gets the file, what earlier files showed, and a pipe for rows. It opens nothing: time zones, character sets and
libraries are there before the lock.
"""

from __future__ import annotations

import importlib
import io
import os
import zoneinfo

import pyarrow as pa

from fairlead.engine.sandbox import write_frame
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.engine.sandbox.warming import load_character_sets
from fairlead.records.directory import AccountDirectory
from fairlead.records.frames import (
    LOADED,
    SEEN,
    LoadJob,
    LoadTold,
    pack_seen,
    unpack_known,
    unpack_source,
    unpack_steps,
)
from fairlead.records.load import load_source
from fairlead.records.log_formats import LOG_FORMS
from fairlead.records.mapping import parse_mapping
from fairlead.records.money import shipped_states
from fairlead.records.rows import Tallies
from fairlead.records.zones import is_zone
from fairlead.terms.errors import FairleadError

_CHUNK = 1 << 24
# One file of each form, so that what is compiled is there before the lock, after which nothing new may be executed.
_SAMPLES = """
[[source]]
name = "dump"
kind = "sql_dump"
exhibit = "X"
path = "x"
zone = "UTC"
[[source.table]]
name = "t"
rows = "accounts"
roles = {id = "a", email = "b"}
[[source]]
name = "log"
kind = "access_log"
exhibit = "X"
path = "x"
zone = "stated"
accounts = "dump"
[[source]]
name = "sheet"
kind = "subscribers"
exhibit = "X"
path = "x"
zone = "UTC"
roles = {id = "a", email = "b"}
"""
_DATA = {
    "dump": b"CREATE TABLE `t` (`a` int, `b` text);\nINSERT INTO `t` VALUES (1,'x'),(2,'y');\n",
    "log": b'192.0.2.1 - - [22/Nov/2026:12:17:17 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n' * 3,
    "sheet": b"a,b\n1,x\n",
}
_zones: list[zoneinfo.ZoneInfo] = []
_held: dict[str, tuple[AccountDirectory, set[str]]] = {}


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for."""
    pa.set_cpu_count(1)
    load_character_sets()
    importlib.import_module("_strptime")
    LOG_FORMS.names()  # plug-ins bring forms of their own
    shipped_states()
    is_zone("UTC")
    for source in parse_mapping(_SAMPLES, name="samples").source:
        list(load_source(
            source, exhibit="X", locator="path:x", stream=io.BytesIO(_DATA[source.name]),
            directory=AccountDirectory(), salt=b"",
        ))  # fmt: skip
    _zones.extend(zoneinfo.ZoneInfo(name) for name in sorted(zoneinfo.available_timezones()))


def handle(header: LoadJob, descriptors: list[int]) -> LoadTold:
    """Rows of the file as frames; the reply has the tallies, or the error that a person has to hear.

    ``descriptors``: the file, what is known (``frames.pack_known``), the pipe. What is known is read once for as many
    files as come with the same ``known``. With ``again``, another file of the same source follows: ids go back, too.
    """
    file, known, pipe = descriptors
    directory, seen = _known_as(header["known"], known)
    before = set(seen) if header["again"] else set()
    tallies = Tallies()
    try:
        with os.fdopen(os.dup(file), "rb") as stream:
            stream.seek(0)
            for table, batch in load_source(
                unpack_source(header["source"]), exhibit=header["exhibit"], locator=header["locator"],
                stream=stream, directory=directory, salt=bytes.fromhex(header["salt"]), seen=seen, tallies=tallies,
                steps=unpack_steps(header["steps"]),
            ):  # fmt: skip
                directory.add(table, batch)
                write_frame(pipe, LOADED.index(table), pack_batch(batch))
    except FairleadError as problem:
        return {"code": problem.code, "fact": problem.fact, "remedy": problem.remedy}
    if header["again"] and len(seen) > len(before):
        write_frame(pipe, SEEN, pack_seen(sorted(seen - before)))
    return {"tallies": [(*key, t.seen, t.unread, t.reason, t.shapes) for key, t in tallies.items()]}


def _known_as(name: str, descriptor: int) -> tuple[AccountDirectory, set[str]]:
    if name not in _held:
        _held.clear()
        _held[name] = unpack_known(_whole(descriptor))
    return _held[name]


def _whole(descriptor: int) -> bytes:
    held = bytearray()
    while piece := os.pread(descriptor, _CHUNK, len(held)):
        held += piece
    return bytes(held)
