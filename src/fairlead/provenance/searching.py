"""What the second tier amounts to: a watermark found in a crop or at another size."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.pixels.thresholds import WATERMARK_BY_SEARCH
from fairlead.provenance.sandboxed import SEARCH, shared_pool
from fairlead.provenance.signal import Observation, printable
from fairlead.terms.provenance import SignalKind


def search_watermarks(descriptor: int) -> Iterator[Observation]:
    """One observation when a message is found after searching; takes seconds a picture."""
    yield from read_search_reply(shared_pool(SEARCH).call({}, [descriptor]))


def read_search_reply(reply: SandboxReply) -> Iterator[Observation]:
    """A pure reading of the worker's answer."""
    untrusted = reply.body if reply.outcome is Outcome.OK else {}
    z = untrusted.get("z")
    if isinstance(z, float) and z >= WATERMARK_BY_SEARCH:
        message, variant, way = (printable(untrusted.get(name)) for name in ("message", "variant", "way"))
        yield Observation(
            kind=SignalKind.WATERMARK,
            state="found_by_search",
            tool=message,
            detail=f"watermark of {message}, z = {z:.1f} (limit {WATERMARK_BY_SEARCH:g}), {variant}; {way}",
        )
