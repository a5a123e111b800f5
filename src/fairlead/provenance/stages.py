"""The stages of this room after measuring: facts, signals of every content, and the weighed conclusion."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from itertools import groupby

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.engine.stage import Opener
from fairlead.provenance.c2pa_signals import find_remote_manifest, read_c2pa_reply
from fairlead.provenance.camera import find_camera_signals
from fairlead.provenance.carried import Trace, find_carried_signals, trace_of
from fairlead.provenance.declared import find_generator_signals, find_source_type_signals
from fairlead.provenance.facts import find_facts
from fairlead.provenance.queue import place_in_queue
from fairlead.provenance.sandboxed import C2PA, shared_pool
from fairlead.provenance.signal import Item, Observation, SignalColumns, item_of, signal_of
from fairlead.provenance.trust import Trust
from fairlead.provenance.weigh import weigh
from fairlead.provenance.weights import WeightTable, weights_of
from fairlead.tables import Table
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import GENERATION_FACTS, ORIGINS_OF, SEARCHED, SIGNALS, TRACED
from fairlead.tables.rows import OriginsOfRow, SignalRow, TracedRow
from fairlead.terms.errors import ItemError
from fairlead.terms.provenance import SignalKind

_CODE_VERSION = "3"
_WEIGHED_FAMILIES = "('picture', 'video')"
_RULES = ("generators.toml", "source_types.toml")

_SIGNALS_OF_CONTENTS = f"""
WITH every AS (
  SELECT sha256, '' AS search, * EXCLUDE (sha256) FROM signals
  UNION ALL BY NAME SELECT * FROM searched)
SELECT c.exhibit, c.sha256 AS content, s.*
FROM contents c LEFT JOIN every s USING (sha256)
WHERE c.family IN {_WEIGHED_FAMILIES}
ORDER BY c.exhibit, c.sha256, s.search, s.signal
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsStage:
    """TRACED to GENERATION_FACTS: names, hashes, seeds and layouts that generators state."""

    name: str = "generation facts"
    reads: Table = TRACED
    writes: Table = GENERATION_FACTS
    rows_per_task: int = 5000

    @property
    def version(self) -> str:
        """Code and the data files of rules."""
        return f"{_CODE_VERSION}-{rules_version()}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of GENERATION_FACTS, numbered within each content."""
        for batch in batches:
            yield GENERATION_FACTS.batch(
                {"sha256": content["sha256"], "fact_number": number, **asdict(fact)}
                for content in batch.select(["sha256", "metadata"]).to_pylist()
                for number, fact in enumerate(find_facts([item_of(c) for c in content["metadata"] or ()]))
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalStage:
    """TRACED to SIGNALS: what each content declares and carries, with its weight.

    ``trust`` holds the operator's lists, ``weights`` the operation's own table of weights or nothing. C2PA
    manifests are read in the sandbox, only for contents in which media saw one.
    """

    opener: Opener
    trust: Trust = field(default_factory=Trust)
    weights: str = ""
    sandbox: SandboxPolicy = STRICT
    name: str = "signals"
    reads: Table = TRACED
    writes: Table = SIGNALS
    rows_per_task: int = 5000

    @property
    def version(self) -> str:
        """Code, the data files of rules, weights, and the trust lists."""
        return f"{_CODE_VERSION}-{rules_version()}-{weights_of(self.weights).digest[:12]}-{self.trust.digest}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of SIGNALS, numbered within each content."""
        table = weights_of(self.weights)
        wanted = ["sha256", "exhibit", "locator", "media_type", "metadata", "traces"]
        for batch in batches:
            rows: list[SignalRow] = []
            for content in batch.select(wanted).to_pylist():
                items = [item_of(columns) for columns in content["metadata"] or ()]
                traces = [trace_of(columns) for columns in content["traces"] or ()]
                seen = [*observe(items, traces), *self._c2pa(content, items)]
                rows += [
                    {"sha256": content["sha256"], "signal": number, **signal.columns()}
                    for number, signal in enumerate(table.signals(seen))
                ]
            yield SIGNALS.batch(rows)

    def _c2pa(self, content: TracedRow, items: Sequence[Item]) -> Iterator[Observation]:
        store = next((item for item in items if item.namespace == "jumbf"), None)
        if store is None:
            return
        try:
            with self.opener(content["exhibit"], content["locator"]) as descriptor:
                yield from read_c2pa(
                    descriptor,
                    content["media_type"] or "",
                    store,
                    trust=self.trust,
                    policy=self.sandbox,
                )
        except ItemError as problem:
            yield Observation(
                kind=SignalKind.C2PA,
                state="unread",
                detail=f"C2PA: the content could not be read again ({problem.code})",
                offset=store.offset,
                length=store.length,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighStage:
    """CONTENTS, SIGNALS and SEARCHED to ORIGINS_OF: one conclusion per picture and video.

    One partition per exhibit.
    """

    weights: str = ""
    name: str = "weigh"
    reads: tuple[Table, ...] = (CONTENTS, SIGNALS, SEARCHED)
    writes: Table = ORIGINS_OF

    @property
    def version(self) -> str:
        """Code and weights."""
        return f"{_CODE_VERSION}-{weights_of(self.weights).digest[:12]}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Partitions by the number of the first exhibit, rows by sha256."""
        table = weights_of(self.weights)
        found = catalogue.rows_as(_Weighed, _SIGNALS_OF_CONTENTS)
        for exhibit, rows in groupby(found, key=lambda row: row["exhibit"]):
            weighed = [
                _weigh(sha256, group, table) for sha256, group in groupby(rows, lambda row: row["content"])
            ]
            yield exhibit, pa.Table.from_batches([ORIGINS_OF.batch(weighed)], schema=ORIGINS_OF.schema)


class _Weighed(SignalColumns):
    """A signal of a content; all but exhibit and content is null for one that has none."""

    exhibit: str
    content: str
    signal: int | None


def observe(items: Sequence[Item], traces: Sequence[Trace]) -> list[Observation]:
    """Everything that metadata and measurements show, in a fixed order; C2PA apart."""
    return [
        *find_generator_signals(items),
        *find_source_type_signals(items),
        *find_camera_signals(items),
        *find_carried_signals(traces, items),
        *find_remote_manifest(items),
    ]


def read_c2pa(
    descriptor: int,
    media_type: str,
    store: Item,
    *,
    trust: Trust,
    policy: SandboxPolicy = STRICT,
) -> list[Observation]:
    """What the C2PA manifest of one content shows, read in the sandbox."""
    pool = shared_pool(C2PA, policy)
    reply = pool.call({"media_type": media_type, "anchors": trust.anchors}, [descriptor])
    return list(read_c2pa_reply(reply, store, trust))


def rules_version() -> str:
    """A short digest of the data files that hold the rules."""
    folder = resources.files("fairlead.provenance") / "data"
    digest = hashlib.sha256()
    for name in _RULES:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()[:12]


def _weigh(sha256: str, rows: Iterable[_Weighed], table: WeightTable) -> OriginsOfRow:
    weighed = weigh([signal_of(row) for row in rows if row["signal"] is not None], table)
    rank, reason = place_in_queue(weighed)
    return {
        "sha256": sha256,
        "conclusion": weighed.conclusion.value,
        "derived_from_picture": weighed.derived_from_picture,
        "vouched": weighed.vouched,
        "strength": weighed.strength.value,
        "bound": weighed.bound,
        "bound_against": weighed.bound_against,
        "grounds": list(weighed.grounds),
        "contradictions": list(weighed.contradictions),
        "beside": list(weighed.beside),
        "queue_rank": rank,
        "queue_reason": reason,
    }
