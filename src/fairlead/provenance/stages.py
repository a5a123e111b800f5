"""The stages of this room: signals of every content, and the weighed conclusion."""

from __future__ import annotations

import atexit
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import resources
from itertools import groupby
from typing import Any

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.sandbox import SandboxLimits, SandboxPool
from fairlead.provenance.c2pa_signals import read_c2pa_reply
from fairlead.provenance.camera import find_camera_signals
from fairlead.provenance.declared import find_generator_signals, find_source_type_signals
from fairlead.provenance.signal import Item, Signal, item_of, signal_of
from fairlead.provenance.weigh import weigh
from fairlead.tables import Table
from fairlead.tables.media import CONTENTS, EXAMINED
from fairlead.tables.provenance import ORIGINS_OF, SIGNALS
from fairlead.terms.errors import ItemError
from fairlead.terms.provenance import Finding, SignalKind, Strength

Opener = Callable[[str, str], AbstractContextManager[int]]
"""``opener(exhibit, locator)``: a read-only descriptor of an item; raises ItemError."""

_CODE_VERSION = "1"
_DEADLINE_S = 60.0
_MEMORY_BYTES = 4 << 30
_WEIGHED_FAMILIES = "('picture', 'video')"

_SIGNALS_OF_CONTENTS = f"""
SELECT c.exhibit, c.sha256, s.signal, s.kind, s.finding, s.strength, s.signed, s.tool, s.detail, s.caveat,
       s."offset", s.length
FROM contents c LEFT JOIN signals s USING (sha256)
WHERE c.family IN {_WEIGHED_FAMILIES}
ORDER BY c.exhibit, c.sha256, s.signal
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalStage:
    """EXAMINED to SIGNALS: what each content declares and carries.

    ``anchors`` is the trust list as PEM text, empty when there is none. C2PA manifests are read in the
    sandbox, only for contents in which media saw one.
    """

    opener: Opener
    anchors: str = ""
    allow_unsandboxed: bool = False
    name: str = "signals"
    reads: Table = EXAMINED
    writes: Table = SIGNALS
    rows_per_task: int = 5000

    @property
    def version(self) -> str:
        """Code, the data files of rules, and the trust list."""
        return f"{_CODE_VERSION}-{rules_version()}-{hashlib.sha256(self.anchors.encode()).hexdigest()[:12]}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of SIGNALS, numbered within each content."""
        wanted = ["sha256", "exhibit", "locator", "media_type", "metadata"]
        for batch in batches:
            rows: list[dict[str, Any]] = []
            for content in batch.select(wanted).to_pylist():
                items = [item_of(columns) for columns in content["metadata"] or ()]
                signals = [*find_signals(items), *self._c2pa(content, items)]
                rows += [
                    {"sha256": content["sha256"], "signal": number, **signal.columns()}
                    for number, signal in enumerate(signals)
                ]
            yield SIGNALS.batch(rows)

    def _c2pa(self, content: dict[str, Any], items: list[Item]) -> Iterator[Signal]:
        store = next((item for item in items if item.namespace == "jumbf"), None)
        if store is None:
            return
        try:
            with self.opener(content["exhibit"], content["locator"]) as descriptor:
                yield from read_c2pa(
                    descriptor,
                    content["media_type"],
                    store,
                    anchors=self.anchors,
                    allow_unsandboxed=self.allow_unsandboxed,
                )
        except ItemError as problem:
            yield Signal(
                kind=SignalKind.C2PA,
                finding=Finding.OTHER,
                strength=Strength.NO_SUPPORT,
                detail=f"C2PA: the content could not be read again ({problem.code})",
                caveat="Nothing in the manifest was checked.",
                offset=store.offset,
                length=store.length,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighStage:
    """CONTENTS and SIGNALS to ORIGINS_OF: one conclusion per picture and video; one partition per exhibit."""

    name: str = "weigh"
    version: str = "1"
    reads: tuple[Table, ...] = (CONTENTS, SIGNALS)
    writes: Table = ORIGINS_OF

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Partitions by the number of the first exhibit, rows by sha256."""
        found = catalogue.rows(_SIGNALS_OF_CONTENTS)
        for exhibit, rows in groupby(found, key=lambda row: row["exhibit"]):
            weighed = [
                _weigh(sha256, list(group)) for sha256, group in groupby(rows, lambda row: row["sha256"])
            ]
            yield exhibit, pa.Table.from_batches([ORIGINS_OF.batch(weighed)], schema=ORIGINS_OF.schema)


def find_signals(items: list[Item]) -> list[Signal]:
    """All signals that metadata alone give, in a fixed order."""
    return [
        *find_generator_signals(items),
        *find_source_type_signals(items),
        *find_camera_signals(items),
    ]


def read_c2pa(
    descriptor: int, media_type: str, store: Item, *, anchors: str, allow_unsandboxed: bool = False
) -> list[Signal]:
    """Signals of the C2PA manifest of one content, read in the sandbox."""
    pool = _shared_pool(allow_unsandboxed=allow_unsandboxed)
    reply = pool.call({"media_type": media_type, "anchors": anchors}, [descriptor])
    return list(read_c2pa_reply(reply, store))


def rules_version() -> str:
    """A short digest of the data files that hold the rules."""
    folder = resources.files("fairlead.provenance") / "data"
    digest = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        digest.update(entry.name.encode() + b"\0" + entry.read_bytes())
    return digest.hexdigest()[:12]


def _weigh(sha256: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    weighed = weigh([signal_of(row) for row in rows if row["signal"] is not None])
    return {
        "sha256": sha256,
        "conclusion": weighed.conclusion.value,
        "derived_from_picture": weighed.derived_from_picture,
        "grounds": list(weighed.grounds),
        "contradictions": list(weighed.contradictions),
    }


_POOLS: dict[bool, SandboxPool] = {}


def _shared_pool(*, allow_unsandboxed: bool) -> SandboxPool:
    if allow_unsandboxed not in _POOLS:
        _POOLS[allow_unsandboxed] = pool = SandboxPool(
            handler="fairlead.provenance.c2pa_reading:handle",
            limits=SandboxLimits(memory_bytes=_MEMORY_BYTES, deadline_s=_DEADLINE_S, threads=True),
            allow_unsandboxed=allow_unsandboxed,
        )
        atexit.register(pool.close)
    return _POOLS[allow_unsandboxed]
