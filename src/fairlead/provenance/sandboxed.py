"""The sandboxed workers of this room, one pool a process and handler, ended when the process ends."""

from __future__ import annotations

import atexit

from fairlead.engine.sandbox import STRICT, SandboxLimits, SandboxPolicy, SandboxPool

C2PA = "fairlead.provenance.c2pa_reading:handle"
TRACES = "fairlead.provenance.trace_reading:handle"
NOISE = "fairlead.provenance.noise_reading:handle"
SEARCH = "fairlead.provenance.search_reading:handle"
DETECTOR = "fairlead.provenance.detector_reading:handle"
TOOLS = "fairlead.provenance.tool_reading:handle"

_LIMITS = {
    C2PA: SandboxLimits(memory_bytes=4 << 30, deadline_s=60.0, threads=True),
    TRACES: SandboxLimits(memory_bytes=6 << 30, deadline_s=120.0, threads=True),
    NOISE: SandboxLimits(memory_bytes=8 << 30, deadline_s=300.0, threads=True, output_bytes=512 << 20),
    DETECTOR: SandboxLimits(memory_bytes=12 << 30, deadline_s=300.0, threads=True),
    TOOLS: SandboxLimits(memory_bytes=2 << 30, deadline_s=1800.0),
    SEARCH: SandboxLimits(memory_bytes=6 << 30, deadline_s=600.0, threads=True),
}
_POOLS: dict[tuple[str, SandboxPolicy], SandboxPool] = {}


def shared_pool(handler: str, policy: SandboxPolicy = STRICT) -> SandboxPool:
    """This process's pool of workers for one of the handlers above."""
    key = (handler, policy)
    if key not in _POOLS:
        _POOLS[key] = pool = SandboxPool(handler=handler, limits=_LIMITS[handler], policy=policy)
        atexit.register(pool.close)
    return _POOLS[key]
