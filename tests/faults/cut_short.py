"""`python -m tests.faults.cut_short`: kills acts that change an operation at random moments, and does them again.

After a kill the operation is as it was before, or as it would have been, or the doctor names the act. After the same act
again it is as it would have been, nothing is open, and the doctor finds nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.__main__ import stop_databases
from tests.faults.injection import kill_all_after, run, wait_for_orphans
from tests.faults.operation import (
    Outcome,
    Step,
    copy_workspace,
    findings,
    make_template,
    outcome_of,
    packages_of,
    steps,
)


@dataclass(frozen=True)
class Act:
    """An act to be cut short: its verb, its command, and the commands that come before it."""

    verb: str
    step: Step
    before: tuple[Step, ...]


@dataclass(frozen=True)
class Undisturbed:
    """What an act comes to when nothing happens to it: the workspace before it, both outcomes, the time it takes."""

    base: Path
    before: Outcome
    after: Outcome
    packages: int
    usual_s: float


def acts(made: Path, list_file: Path) -> list[Act]:
    """The acts, each with what has to be there before it."""
    process, load, attribute, law, publish, build = steps(made)
    update = Step("update", ("known", "update", str(list_file), "--set", "p", "--version", "2"))
    remove = Step("remove", ("known", "remove", "p", "--reason", "withdrawn by its owner"))
    return [
        Act("known.update", update, (process,)),
        Act("known.remove", remove, (process,)),
        Act("attribute", attribute, (process, load)),
        Act("lead.publish", publish, (process, load, attribute, law)),
        Act("package.build", build, (process, load, attribute, law, publish)),
    ]


def prepare(act: Act, template: Path, folder: Path) -> Undisturbed:
    """Work a copy up to the act, keep it, and do the act on a copy of that."""
    base = copy_workspace(template, folder / "base")
    for step in act.before:
        _well(step, run(step, base))
    before, packages = outcome_of(base), len(packages_of(base))
    stop_databases(base)
    whole = copy_workspace(base, folder / "whole")
    began = time.monotonic()
    _well(act.step, run(act.step, whole))
    usual = time.monotonic() - began
    after = outcome_of(whole)
    found = len(packages_of(whole)) - packages
    stop_databases(whole)
    return Undisturbed(base=base, before=before, after=after, packages=found, usual_s=usual)


def try_moment(act: Act, expected: Undisturbed, moment: float, folder: Path) -> list[str]:
    """Kill the act at a share of its usual time, look, and do it again; returns what is wrong."""
    workspace = copy_workspace(expected.base, folder / f"{act.verb}-{moment:.4f}")
    code, _ = run(act.step, workspace, meanwhile=kill_all_after(moment * expected.usual_s))
    wait_for_orphans(workspace)
    _, said = run(Step("doctor", ("doctor", "--tidy", "--json")), workspace)
    named = any(f": {act.verb}, begun" in line for line in findings(said))
    now = outcome_of(workspace)
    wrong = []
    if code != 0 and not named and now not in (expected.before, expected.after):
        wrong.append("half done, and the doctor does not name it")
    if not (act.verb == "package.build" and packages_of(workspace) and not named):
        again, told = run(act.step, workspace)
        done_before = now == expected.after and not named
        if again not in (0, 1) and not done_before:
            wrong.append(f"not finished by the same again: {told[-300:]}")
    if outcome_of(workspace) != expected.after:
        wrong.append("not what an undisturbed act comes to")
    if act.verb == "package.build" and not packages_of(workspace):
        wrong.append("there is no package")
    _, said = run(Step("doctor", ("doctor", "--tidy", "--json")), workspace)
    wrong += findings(said)
    stop_databases(workspace)
    return wrong


def _well(step: Step, done: tuple[int, str]) -> None:
    if done[0] not in (0, 1):
        raise AssertionError(f"{step.name} ended with {done[0]} without any fault\n{done[1]}")


def main() -> int:
    """Try every act at random moments; exit code 1 when one left something wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=10, help="how many for each act")
    parser.add_argument("--verb", nargs="+", help="these only")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ff"))
    folder.chmod(0o755)
    template, made = make_template(folder)
    listed = made / "lists" / "partner-pdq-2.txt"
    lines = (made / "lists" / "partner-pdq.txt").read_text().splitlines()
    listed.write_text("\n".join(lines[: len(lines) // 2]) + "\n")
    failed = tried = 0
    for act in acts(made, listed):
        if asked.verb and act.verb not in asked.verb:
            continue
        own = folder / act.verb
        own.mkdir(mode=0o755)
        expected = prepare(act, template, own)
        rng = random.Random(f"{asked.seed} {act.verb}")
        for moment in sorted(rng.random() for _ in range(asked.moments)):
            wrong = try_moment(act, expected, moment, own)
            tried += 1
            failed += bool(wrong)
            sys.stdout.write(f"{act.verb} at {moment:.2f} of {expected.usual_s:.1f} s: {wrong or 'ok'}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{tried - failed} of {tried} acts that were cut short left nothing unfinished; see {folder}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
