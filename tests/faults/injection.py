"""Runs commands while something goes wrong. A command is a fork of this process, which has everything imported."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from fairlead.case.place import session as session_module
from fairlead.cli.main import main
from fairlead.engine.parts import PartStore
from fairlead.tables import ALL
from tests.faults.operation import SLUG, Step
from tests.faults.schedule import Fault, FaultKind

LIMIT_S = 120
_SMALLEST_LIMIT, _LARGEST_LIMIT = 1_000, 60_000


def run(
    step: Step,
    workspace: Path,
    *,
    before: Callable[[], None] = lambda: None,
    meanwhile: Callable[[int], None] = lambda _: None,
) -> tuple[int, str]:
    """Run a step in a fork; ``before`` happens in it, ``meanwhile`` here. Returns exit code and what it said."""
    said = workspace.with_name(f"{workspace.name}.said")
    child = start(step, workspace, before, said)
    meanwhile(child)
    return wait(child), said.read_text(errors="replace")


def start(step: Step, workspace: Path, before: Callable[[], None], said: Path) -> int:
    """Start a step in a fork with a session of its own; returns its process id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        opened = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for descriptor in (1, 2):
            os.dup2(opened, descriptor)
        for name in [n for n in os.environ if n.startswith("FAIRLEAD")]:
            del os.environ[name]
        before()
        sys.argv = ["fairlead", *step.arguments]
        main([*step.arguments, "--workspace", str(workspace)])
    except SystemExit as ending:
        code = int(ending.code or 0)
    finally:
        atexit._run_exitfuncs()
        os._exit(code)


def wait(child: int) -> int:
    """Exit code, or minus the signal that ended it; a command that hangs is an AssertionError."""
    ends = time.monotonic() + LIMIT_S
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError(f"a command did not end within {LIMIT_S} s")


def inject(fault: Fault, step: Step, workspace: Path, usual_s: float) -> None:
    """Run a step with a fault in it. How the step ends is of no interest: it is run again afterwards."""
    during = _during(fault, workspace)
    match fault.kind:
        case FaultKind.DISK_FULL:
            limit = int(_SMALLEST_LIMIT + fault.at**2 * (_LARGEST_LIMIT - _SMALLEST_LIMIT))
            run(step, workspace, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        case FaultKind.CLOCK_JUMPS:  # back or forward, up to two and a half years
            run(step, workspace, before=lambda: _shift_clock(timedelta(days=1800 * (fault.at - 0.5))))
        case FaultKind.CORRUPT_PART | FaultKind.LOSE_PART:
            run(step, workspace)
            if part := _some_part(workspace, step, fault):
                _damage(part, fault)
        case FaultKind.TWO_AT_ONCE:
            said = workspace.with_name(f"{workspace.name}.twin")
            twin = start(step, workspace, lambda: time.sleep(fault.at * usual_s / 2), said)
            run(step, workspace)
            wait(twin)
        case _:
            run(step, workspace, meanwhile=_after(fault, usual_s, during))
            wait_for_orphans(workspace)


def _during(fault: Fault, workspace: Path) -> Callable[[int], None]:
    """What is done to a running command, given its process id."""
    match fault.kind:
        case FaultKind.KILL_RUN:
            return _kill_all
        case FaultKind.KILL_SUPERVISOR:
            return lambda pid: os.kill(pid, signal.SIGKILL)
        case FaultKind.KILL_WORKER:
            return lambda pid: _kill_one_of(pid, random.Random(fault.at))
        case FaultKind.KILL_DATABASE:
            return lambda _: _signal_database(workspace, signal.SIGKILL)
        case _:
            return lambda _: _signal_database(workspace, signal.SIGINT)


def kill_all_after(seconds: float) -> Callable[[int], None]:
    """Kills a running command and all its workers after so long."""

    def meanwhile(pid: int) -> None:
        time.sleep(seconds)
        with contextlib.suppress(psutil.NoSuchProcess):
            _kill_all(pid)

    return meanwhile


def _damage(part: Path, fault: Fault) -> None:
    if fault.kind is FaultKind.LOSE_PART:
        part.unlink()
        return
    data = bytearray(part.read_bytes())
    data[int(fault.at * len(data))] ^= 0xFF
    part.write_bytes(data)


def _after(fault: Fault, usual_s: float, act: Callable[[int], None]) -> Callable[[int], None]:
    def meanwhile(pid: int) -> None:
        time.sleep(fault.at * usual_s)
        with contextlib.suppress(ProcessLookupError):
            act(pid)

    return meanwhile


def _kill_all(pid: int) -> None:
    for process in (*psutil.Process(pid).children(recursive=True), psutil.Process(pid)):
        # PostgreSQL started by the command is another service: it has its own fault.
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.name() != "postgres":
                process.kill()


def _kill_one_of(pid: int, rng: random.Random) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        listed = [p for p in psutil.Process(pid).children(recursive=True) if p.name() != "postgres"]
        if listed:
            rng.choice(sorted(listed, key=lambda p: p.pid)).kill()


def _signal_database(workspace: Path, number: int) -> None:
    """Send a signal to this workspace's PostgreSQL, and to nothing that has its old process id by now."""
    folder = workspace / "register" / "postgres"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
        server = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
        if server.name() == "postgres" and Path(server.cwd()) == folder.resolve():
            server.send_signal(number)


def _shift_clock(by: timedelta) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + by

    session_module.datetime = Wrong  # type: ignore[misc]


def _some_part(workspace: Path, step: Step, fault: Fault) -> Path | None:
    tables = workspace / "operations" / SLUG / "tables"
    store = PartStore(tables)
    parts = [tables / table / part.name for table in step.rewrites for part in store.parts(ALL[table])]
    return parts[int(fault.at * len(parts))] if parts else None


def wait_for_orphans(workspace: Path) -> None:
    """Until the workers of a killed command have noticed that they are alone."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if not any(_is_ours(p, workspace) for p in psutil.process_iter()):
            return
        time.sleep(0.05)
    raise AssertionError("workers outlived the command that started them")


def _is_ours(process: psutil.Process, workspace: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        held = [f.path for f in process.open_files()] if process.name().startswith("python") else []
        return process.pid != os.getpid() and any(name.startswith(str(workspace)) for name in held)
    return False
