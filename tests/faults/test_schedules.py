"""Fault schedules at small scale; `python -m tests.faults --seeds 500` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.schedule import STEPS, FaultKind, schedule_of

ROOT = Path(__file__).parents[2]


def test_a_number_always_gives_the_same_schedule() -> None:
    assert [schedule_of(n) for n in range(50)] == [schedule_of(n) for n in range(50)]


def test_five_hundred_schedules_hold_every_fault_in_every_step() -> None:
    drawn = {(fault.kind, fault.step) for n in range(500) for fault in schedule_of(n)}
    assert drawn == {(kind, step) for kind in FaultKind for step in range(STEPS)}


@pytest.mark.long
def test_after_any_fault_the_tables_leads_ledger_and_package_are_those_of_an_undisturbed_run() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--first", "2", "--seeds", "4"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "4 of 4 schedules passed" in done.stdout
