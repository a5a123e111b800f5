"""Record files read in the sandbox: the program sees batches of rows, each checked, and never a file's own octets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.sandbox import STRICT, Outcome, SandboxLimits, SandboxPolicy, SandboxPool, SandboxReply
from fairlead.engine.sandbox.batches import ForgedRowsError
from fairlead.engine.sandbox.stream import IDLE_S, time_for
from fairlead.records.directory import AccountDirectory
from fairlead.records.frames import (
    LOADED,
    SEEN,
    LoadJob,
    pack_known,
    pack_source,
    pack_steps,
    unpack_batch,
    unpack_seen,
)
from fairlead.records.joins import Step
from fairlead.records.load import Loaded, broken_off, load_source
from fairlead.records.mapping import DumpSource, LogSource, Source, SqliteSource
from fairlead.records.rows import Tallies, Tally
from fairlead.tables import Table
from fairlead.tables.records import QUARANTINE, SOURCES, STEPS
from fairlead.terms.errors import UsageError

_HANDLER = "fairlead.records.load_handler:handle"
_LIMITS = SandboxLimits(memory_bytes=6 << 30, start_s=120.0, deadline_s=120.0, recycle_after=64)
_OWN_PROCESS_BYTES = 256 << 20
_CODE = re.compile(r"MAPPING-[A-Z0-9-]{1,20}")
_LONGEST_WORDS = 2000
_ENDED = {
    Outcome.MEMORY: "reading this file took more memory than allowed",
    Outcome.TIMEOUT: "reading this file took too long",
    Outcome.CRASHED: "the reader of this file died",
    Outcome.FAILED: "the reader of this file failed",
}


def read_by_worker(source: Source) -> bool:
    """Whether a source's files are read whole in a worker; documents and databases have readers of their own in one."""
    return isinstance(source, DumpSource | LogSource) or (
        not isinstance(source, SqliteSource) and source.format == "csv"
    )


class RecordReader:
    """Reads record files one after the other, and keeps what they show for the next.

    A file of 256 MiB or more has a worker of its own; smaller ones share one, 64 at most.
    """

    def __init__(self, *, salt: bytes, policy: SandboxPolicy = STRICT) -> None:
        self.directory = AccountDirectory()
        self.tallies = Tallies()
        self._salt = salt
        self._seen: dict[str, set[str]] = {}
        self._pool = SandboxPool(handler=_HANDLER, limits=_LIMITS, policy=policy)
        self._known, self._known_as, self._versions = -1, "", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()
        self._forget_packed()

    def read(
        self,
        source: Source,
        *,
        exhibit: str,
        locator: str,
        descriptor: int,
        again: bool = False,
        steps: tuple[Step, ...] = (),
    ) -> Iterator[Loaded]:
        """Batches of rows of one file, by table; the last is its row of SOURCES, as from ``load_source``.

        ``steps`` are those of joins through tables of this source. ``again`` says that another file of the same source
        follows. A file that ends its reader, or takes too much, keeps what was read until then, and a row in quarantine
        says why there is no more. Raises UsageError where the mapping does not fit the file.
        """
        seen = self._seen.setdefault(source.name, set())
        if not read_by_worker(source):
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                stream.seek(0)
                for table, batch in load_source(
                    source, exhibit=exhibit, locator=locator, stream=stream, directory=self.directory,
                    salt=self._salt, seen=seen, tallies=self.tallies, steps=steps,
                ):  # fmt: skip
                    self.directory.add(table, batch)
                    yield table, batch
            self._forget_packed()
            return
        yield from self._from_worker(source, exhibit, locator, descriptor, seen, again=again, steps=steps)

    def _from_worker(
        self,
        source: Source,
        exhibit: str,
        locator: str,
        descriptor: int,
        seen: set[str],
        *,
        again: bool,
        steps: tuple[Step, ...],
    ) -> Iterator[Loaded]:
        size = os.fstat(descriptor).st_size
        self._pack(source.name, seen)
        header: LoadJob = {
            "source": pack_source(source), "steps": pack_steps(steps),
            "exhibit": exhibit, "locator": locator, "salt": self._salt.hex(), "known": self._known_as,
            "again": again,
        }  # fmt: skip
        total_s = time_for(size)
        streamed = self._pool.stream(header, [descriptor, self._known], idle_s=IDLE_S, total_s=total_s)
        rows, ended, grown = 0, False, False
        reason = ""
        try:
            for kind, payload in streamed:
                if kind == SEEN:
                    seen.update(unpack_seen(payload))
                    grown = True
                    continue
                batch = unpack_batch(kind, payload, source=source.name, exhibit=exhibit, locator=locator)
                table = LOADED[kind]
                grown |= self.directory.add(table, batch)
                rows += (
                    batch.num_rows if kind <= LOADED.index(QUARANTINE) else _only_steps(source, table, batch)
                )
                ended |= table is SOURCES
                yield table, batch
        except ForgedRowsError:
            reason = "the reader of this file answered with rows that are not of it"
            self._pool.close()
        if grown:
            self._forget_packed()
        if size >= _OWN_PROCESS_BYTES:
            self._pool.close()
        reason = reason or self._judge(streamed.reply)
        if reason or not ended:
            yield from broken_off(
                source, exhibit=exhibit, locator=locator, parsed=rows, reason=reason or _ENDED[Outcome.FAILED]
            )

    def _judge(self, reply: SandboxReply) -> str:
        """Why there is no more than came; empty when all came. Takes in the tallies; UsageError as the worker says."""
        if reply.killed:
            return "the reader of this file was killed, by the computer when memory is short, or by a person"
        if reply.outcome is not Outcome.OK:
            return f"{_ENDED[reply.outcome]} ({reply.detail})"
        untrusted = reply.body
        code, fact, remedy = (
            str(untrusted.get(name, ""))[:_LONGEST_WORDS] for name in ("code", "fact", "remedy")
        )
        if _CODE.fullmatch(code):
            raise UsageError(fact, remedy, code=code)
        tallied = untrusted.get("tallies")
        if not isinstance(tallied, list):
            return _ENDED[Outcome.CRASHED]
        try:
            for source, table, role, count, unread, why, shapes in tallied:
                tally = self.tallies.setdefault((str(source), str(table), str(role)), Tally())
                tally.seen += int(count)
                tally.unread += int(unread)
                tally.reason = tally.reason or str(why)[:_LONGEST_WORDS]
                tally.shapes += [s for s in map(str, shapes) if s not in tally.shapes][
                    : 3 - len(tally.shapes)
                ]
        except (TypeError, ValueError):
            return _ENDED[Outcome.CRASHED]
        return ""

    def _pack(self, source: str, seen: set[str]) -> None:
        """What the worker has to know, written once for as long as it stays the same."""
        name = f"{self._versions}:{source}"
        if self._known_as == name:
            return
        self._forget_packed()
        self._known_as = f"{self._versions}:{source}"
        self._known = os.memfd_create("fairlead-known", os.MFD_CLOEXEC)
        view = memoryview(pack_known(self.directory, seen))
        while view:
            view = view[os.write(self._known, view) :]

    def _forget_packed(self) -> None:
        if self._known >= 0:
            os.close(self._known)
        self._known, self._known_as = -1, ""
        self._versions += 1


def _only_steps(source: Source, table: Table, batch: pa.RecordBatch) -> int:
    """Rows of tables that the mapping names in joins alone, which become no other row."""
    if table is not STEPS:
        return 0
    mapped = [one.name for one in source.table] if isinstance(source, DumpSource | SqliteSource) else []
    others = batch.filter(pc.invert(pc.is_in(batch["table"], pa.array(mapped, pa.string()))))
    return int(pc.count_distinct(others["locator"]).as_py())
