"""`python -m tests.faults --seeds 500`: the long form of the fault schedules. `--seed 17` replays one."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.faults.operation import make_template
from tests.faults.schedule import schedule_of
from tests.faults.trial import describe, make_reference, try_seed


def main() -> int:
    """Run the schedules of many numbers; exit code 1 when one left something wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many numbers, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, nargs="+", help="these numbers only")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long; 0 for never")
    asked = parser.parse_args()
    numbers = asked.seed or range(asked.first, asked.first + asked.seeds)
    folder = Path(tempfile.mkdtemp(prefix="ff"))
    folder.chmod(0o755)
    reference = make_reference(*make_template(folder), folder)
    _say("undisturbed: " + " ".join(f"{s:.1f}s" for s in reference.usual_s))
    began, passed, failed = time.monotonic(), 0, []
    for seed in numbers:
        if asked.minutes and time.monotonic() - began > 60 * asked.minutes:
            break
        at = time.monotonic()
        try:
            wrong = try_seed(seed, reference, folder)
        except AssertionError as problem:
            wrong = [str(problem)]
        stop_databases(folder / str(seed))
        passed += not wrong
        failed += [seed] if wrong else []
        state = "ok" if not wrong else f"WRONG {wrong[:4]}"
        _say(f"{seed} {time.monotonic() - at:.1f}s {describe(schedule_of(seed), reference)}: {state}")
    _say(f"{passed} of {passed + len(failed)} schedules passed; failed: {failed}; kept in {folder}")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def stop_databases(workspace: Path) -> None:
    """End the PostgreSQL of a finished trial, which this process would keep until its own end."""
    folder = (workspace / "register" / "postgres").resolve()
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] == "postgres" and Path(process.cwd()) == folder:
                process.send_signal(signal.SIGINT)
                process.wait(10)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
