"""One seed from its template to its verdict: the main job with the faults of its schedule."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.injection import inject, run
from tests.faults.operation import (
    Outcome,
    Step,
    copy_workspace,
    differences,
    findings,
    outcome_of,
    packages_of,
    steps,
)
from tests.faults.schedule import Fault, schedule_of

_ATTEMPTS = 3


@dataclass(frozen=True)
class Reference:
    """The undisturbed run: where the template lies, what came of it, and how long every step took."""

    template: Path
    made: Path
    outcome: Outcome
    usual_s: tuple[float, ...]


def make_reference(template: Path, made: Path, folder: Path) -> Reference:
    """Work the template without faults, as the schedules do."""
    workspace = copy_workspace(template, folder / "r")
    taken = []
    for step in steps(made):
        began = time.monotonic()
        code, said = run(step, workspace)
        taken.append(time.monotonic() - began)
        if code not in (0, 1):
            raise AssertionError(f"{step.name} ended with {code} without any fault\n{said}")
    outcome = outcome_of(workspace)
    wrong = what_is_wrong(workspace, outcome)
    if wrong:
        raise AssertionError(f"the undisturbed run is not well: {wrong}")
    return Reference(template=template, made=made, outcome=outcome, usual_s=tuple(taken))


def try_seed(seed: int, reference: Reference, folder: Path) -> list[str]:
    """Run one schedule to its end; returns what is wrong afterwards. Its workspace is kept when something is."""
    workspace = copy_workspace(reference.template, folder / str(seed))
    faults = schedule_of(seed)
    for number, step in enumerate(steps(reference.made)):
        for fault in faults:
            if fault.step == number:
                inject(fault, step, workspace, reference.usual_s[number])
        if problem := _finish(step, workspace):
            return [problem]
    wrong = what_is_wrong(workspace, reference.outcome)
    if not wrong:
        shutil.rmtree(workspace)
    return wrong


def what_is_wrong(workspace: Path, expected: Outcome) -> list[str]:
    """Everything that differs from an undisturbed run, and everything the doctor finds; empty when all is well."""
    _, said = run(Step("doctor", ("doctor", "--json")), workspace)
    return [*differences(workspace, expected), *findings(said)]


def _finish(step: Step, workspace: Path) -> str:
    """Run a step until it says that it is done; a package that was built is not built again."""
    if step.name == "package" and packages_of(workspace):
        return ""
    said = ""
    for _ in range(_ATTEMPTS):
        code, said = run(step, workspace)
        if code in (0, 1):
            return ""
    return f"{step.name} does not come to its end: {said[-1500:]}"


def describe(faults: tuple[Fault, ...], reference: Reference) -> str:
    """A schedule in words."""
    names = [step.name for step in steps(reference.made)]
    return "; ".join(f"{names[f.step]}: {f.kind.value} ({f.at:.3f})" for f in faults)
