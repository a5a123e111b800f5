"""Acts that are killed while they change an operation; `python -m tests.faults.cut_short` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def cut_short(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.cut_short", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_an_act_that_was_killed_is_named_or_undone_and_the_same_again_finishes_it() -> None:
    done = cut_short("--moments", "1")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "5 of 5 acts" in done.stdout


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_ten_random_kills_of_each_act_leave_nothing_unfinished() -> None:
    done = cut_short("--moments", "10", "--seed", "2")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "50 of 50 acts" in done.stdout
