"""The start-up self-test: tries to get out of a worker, and says which layers held."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.engine.sandbox.limits import SandboxLimits
from fairlead.engine.sandbox.policy import STRICT, SandboxPolicy
from fairlead.engine.sandbox.pool import SandboxPool
from fairlead.engine.sandbox.probes import ESCAPES
from fairlead.engine.sandbox.reply import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReport:
    """Which layers are active, and what each attempt to get out met.

    ``attempts`` maps open, write, socket, fork and exec to what stopped them; an empty text means that the
    attempt succeeded. ``landlock_abi`` is 0 where the kernel has no Landlock.
    """

    rlimits: bool
    landlock_abi: int
    seccomp: bool
    uid: int
    bubblewrap: bool
    attempts: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether every attempt was stopped."""
        return all(self.attempts.values())

    @property
    def summary(self) -> str:
        """The layers in one line, as the ledger keeps it."""
        layers = [
            name
            for name, active in (
                ("rlimits", self.rlimits),
                (f"Landlock ABI {self.landlock_abi}", self.landlock_abi > 0),
                ("seccomp", self.seccomp),
                (f"uid {self.uid}", self.uid > 0),
                ("bubblewrap", self.bubblewrap),
            )
            if active
        ]
        return (
            ", ".join(layers)
            if self.holds and layers
            else "NOT SANDBOXED: " + (", ".join(layers) or "no layer")
        )


def self_test(limits: SandboxLimits | None = None, *, policy: SandboxPolicy = STRICT) -> SandboxReport:
    """Start one worker and try to open, write, connect, fork and exec in it.

    Raises RunError when no worker can be started or locked down. The caller refuses to go on unless
    ``holds``, or unless unsandboxed work was allowed, which it records.
    """
    handler = "fairlead.engine.sandbox.probes:handle"
    with SandboxPool(handler=handler, limits=limits, policy=policy) as pool:
        layers = pool.layers()
        attempts: dict[str, str] = {}
        for act in ESCAPES:
            reply = pool.call({"act": act}, [])
            attempts[act] = "" if reply.outcome is Outcome.OK else reply.detail
    return SandboxReport(
        rlimits=bool(layers.get("rlimits")),
        landlock_abi=_number(layers.get("landlock_abi"), 0),
        seccomp=bool(layers.get("seccomp")),
        uid=_number(layers.get("uid"), -1),
        bubblewrap=bool(layers.get("bubblewrap")),
        attempts=attempts,
    )


def _number(said: object, otherwise: int) -> int:
    return said if isinstance(said, int) else otherwise
