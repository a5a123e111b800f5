"""The provenance of one loose file, without a workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Required, TypedDict

from fairlead.provenance.carried import trace_of
from fairlead.provenance.queue import place_in_queue
from fairlead.provenance.sandboxed import TRACES, shared_pool
from fairlead.provenance.signal import SignalColumns, item_of
from fairlead.provenance.stages import observe, read_c2pa
from fairlead.provenance.trace_stage import Traces, columns_of, job_of
from fairlead.provenance.trust import Trust
from fairlead.provenance.weigh import weigh
from fairlead.provenance.weights import weights_of
from fairlead.tables.rows import ExaminedMetadata


class ExaminedFile(TypedDict, total=False):
    """What media found in a file, as far as it is needed here."""

    media_type: str
    family: str
    verdict: Required[str]
    metadata: list[ExaminedMetadata]


class FileOrigin(TypedDict):
    """Conclusion and signals of a file, the trust lists and the table of weights that were used."""

    conclusion: str
    derived_from_picture: bool
    vouched: bool
    strength: str
    bound: float
    bound_against: float
    grounds: list[str]
    contradictions: list[str]
    beside: list[str]
    queue_rank: int
    queue_reason: str
    signals: list[SignalColumns]
    pixels: str
    trust: list[dict[str, str]]
    weights: str


def weigh_file(
    path: Path, examined: ExaminedFile, *, trust: Trust | None = None, weights: str = ""
) -> FileOrigin:
    """Conclusion and signals of a file, given what media found in it (a row of the table examined).

    The answer is ready for JSON.
    """
    trust = trust or Trust()
    table = weights_of(weights)
    columns = examined.get("metadata") or ()
    items = [item_of(column) for column in columns]
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        traced: Traces = {"traces": [], "verdict": "not measured"}
        if examined.get("family") == "picture" and examined.get("verdict") == "decoded":
            reply = shared_pool(TRACES).call(job_of(columns), [descriptor])
            traced = columns_of(reply)
        seen = observe(items, [trace_of(trace) for trace in traced["traces"]])
        store = next((item for item in items if item.namespace == "jumbf"), None)
        if store is not None:
            seen += read_c2pa(descriptor, examined.get("media_type", ""), store, trust=trust)
    finally:
        os.close(descriptor)
    signals = table.signals(seen)
    weighed = weigh(signals, table)
    rank, reason = place_in_queue(weighed)
    return {
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
        "signals": [signal.columns() for signal in signals],
        "pixels": traced["verdict"],
        "trust": list(trust.lists),
        "weights": table.digest,
    }
