"""Hash lists read in the sandbox: the program sees rows, each checked to be of the form that its algorithm has."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.sandbox import STRICT, Outcome, SandboxLimits, SandboxPolicy, SandboxPool
from fairlead.engine.sandbox.batches import ForgedRowsError, read_batch
from fairlead.engine.sandbox.stream import IDLE_S, Streamed, time_for
from fairlead.known.list_handler import ListJob
from fairlead.known.list_rows import FOUND, SCHEMAS
from fairlead.known.lists import HASH_LISTS, ListForm, ListOptions
from fairlead.known.recognising import Recognised
from fairlead.known.refusal import unreadable
from fairlead.terms.errors import ItemError

_HANDLER = "fairlead.known.list_handler:handle"
_MOST_DATABASE = 1 << 41
_LIMITS = SandboxLimits(
    memory_bytes=4 << 30, start_s=120.0, deadline_s=120.0, recycle_after=1000, output_bytes=_MOST_DATABASE
)
_VALUES = (
    r"^(md5:[0-9a-f]{32}|sha1:[0-9a-f]{40}|(sha256|pdq|vpdq):[0-9a-f]{64}"
    r"|photodna:([A-Za-z0-9+/]{192}|[0-9a-fA-F]{288}))$"
)
_CODE = re.compile(r"KNOWN-[A-Z0-9-]{1,20}")
_LONGEST_WORDS = 2000
_ENDED = {
    Outcome.MEMORY: "reading this list took more memory than allowed",
    Outcome.TIMEOUT: "reading this list took too long",
    Outcome.CRASHED: "the reader of this list died",
    Outcome.FAILED: "the reader of this list failed",
}


class ListReader:
    """Reads hash lists one after the other in one worker.

    ``left_alone``: statements of delta files that were not applied.
    """

    def __init__(self, policy: SandboxPolicy = STRICT) -> None:
        self._pool = SandboxPool(handler=_HANDLER, limits=_LIMITS, policy=policy)
        self.left_alone = 0

    def close(self) -> None:
        """End the worker."""
        self._pool.close()

    def read(self, form: ListForm, path: Path, options: ListOptions) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches of ``list_rows.SCHEMAS`` with their place in it.

        The delta files of a database change the file itself: give a copy. Raises ItemError when the file as a whole is not
        of that format, or ended its reader: half a list is none.
        """
        header: ListJob = {
            "form": form.name, "columns": dict(options.columns), "video": options.video, "name": path.name,
        }  # fmt: skip
        streamed = yield from self._rows(header, path, options.deltas, in_rows=form.read is not None)
        left_alone = self._checked_reply(streamed).get("left_alone", 0)
        self.left_alone += left_alone if isinstance(left_alone, int) else 0

    def recognise(self, path: Path) -> tuple[list[Recognised], str]:
        """The formats that a file fits; when there are none, what it is instead. Raises ItemError."""
        header: ListJob = {"form": "", "columns": {}, "video": "", "name": path.name}
        rows = self._rows(header, path, (), in_rows=False)
        try:
            while True:
                next(rows)
        except StopIteration as ended:
            streamed: Streamed = ended.value
        body = self._checked_reply(streamed)
        fits, instead = body.get("fits"), str(body.get("instead", ""))[:_LONGEST_WORDS]
        names = HASH_LISTS.all()
        return [
            Recognised(form=str(name), why=str(why)[:_LONGEST_WORDS])
            for name, why in (fits if isinstance(fits, list) else [])
            if name in names
        ], instead

    def _rows(
        self, header: ListJob, path: Path, deltas: tuple[Path, ...], *, in_rows: bool
    ) -> Generator[tuple[int, pa.RecordBatch], None, Streamed]:
        how = os.O_RDWR if deltas else os.O_RDONLY
        with ExitStack() as opened:
            descriptors = []
            for file, mode in ((path, how), *((delta, os.O_RDONLY) for delta in deltas)):
                descriptors.append(os.open(file, mode | os.O_CLOEXEC))
                opened.callback(os.close, descriptors[-1])
            total_s = time_for(sum(os.fstat(each).st_size for each in descriptors))
            streamed = self._pool.stream(header, descriptors, idle_s=IDLE_S, total_s=total_s)
            try:
                for kind, payload in streamed:
                    yield kind, _checked(kind, payload, in_rows=in_rows)
            except ForgedRowsError as problem:
                self._pool.close()
                raise unreadable(_ENDED[Outcome.CRASHED]) from problem
        return streamed

    @staticmethod
    def _checked_reply(streamed: Streamed) -> Mapping[str, object]:
        reply = streamed.reply
        if reply.killed:
            raise unreadable(
                "the reader of this list was killed, by the computer when memory is short, or by a person"
            )
        if reply.outcome is not Outcome.OK:
            raise unreadable(f"{_ENDED[reply.outcome]} ({reply.detail})")
        code, fact, remedy = (
            str(reply.body.get(name, ""))[:_LONGEST_WORDS] for name in ("code", "fact", "remedy")
        )
        if code:
            raise (
                ItemError(fact, remedy, code=code)
                if _CODE.fullmatch(code)
                else unreadable(_ENDED[Outcome.CRASHED])
            )
        return reply.body


def _checked(kind: int, untrusted: bytearray, *, in_rows: bool) -> pa.RecordBatch:
    """A batch whose digests have the form that their algorithm has; with ``in_rows`` each says its place in the list."""
    if kind >= len(SCHEMAS):
        raise ForgedRowsError("kind")
    batch = read_batch(untrusted, SCHEMAS[kind])
    if SCHEMAS[kind] is FOUND and batch.num_rows:
        named = pc.binary_join_element_wise(batch["algorithm"], batch["value"], ":")
        if not pc.all(pc.match_substring_regex(named, _VALUES), skip_nulls=False).as_py():
            raise ForgedRowsError("value")
    if batch[0 if kind else "entry"].null_count or (in_rows and batch["row"].null_count):
        raise ForgedRowsError("empty")
    return batch
