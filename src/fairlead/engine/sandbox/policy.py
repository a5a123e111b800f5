"""How outside bytes are to be parsed: decided once by whoever starts the work, carried to every worker."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairlead.engine.sandbox.limits import SandboxLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPolicy:
    """What pools, openers and stages carry; may be pickled to worker processes.

    ``required``: refuse to work where a layer of the sandbox is missing. ``one_process_per_file``: a worker ends
    with its job, so that one taken over by a file cannot answer for the next.
    """

    required: bool = True
    one_process_per_file: bool = False

    def limits(self, limits: SandboxLimits) -> SandboxLimits:
        """The limits of a pool that decodes contents, under this policy."""
        return replace(limits, recycle_after=1) if self.one_process_per_file else limits


STRICT = SandboxPolicy()
"""Nothing is parsed where a layer is missing."""
