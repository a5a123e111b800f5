"""A run can be followed from elsewhere, and what is told of it names nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.place.session import Session
from fairlead.case.process import process
from fairlead.case.running.runs import find_run, sole_run
from fairlead.case.upkeep.metrics import figures
from fairlead.cli.main import fairlead
from fairlead.cli.render import speed_text
from fairlead.engine.progress import Done, Silent
from fairlead.terms.errors import RunError

MakeSession = Callable[..., Session]
PERSON = "Asta Overgaard"


@pytest.fixture
def session(make_session: MakeSession, tmp_path: Path) -> Session:
    made = make_session()
    exhibit = tmp_path / PERSON
    exhibit.mkdir()
    (exhibit / f"letter of {PERSON}.txt").write_text("a letter")
    add_exhibit(made, NewExhibit(number="AB/1", path=exhibit, authority="order"))
    return made


def folder_of(session: Session) -> Path:
    return session.workspace.operation(session.operation)


def test_where_a_run_stands_can_be_read_while_it_runs(session: Session) -> None:
    with sole_run(session, "process", Silent()) as followed:
        followed.begin("digest", 8)
        for _ in range(2):
            followed.advance("digest", Done(rows=100, size_bytes=5_000, verdicts=Counter(read=99, limit=1)))
        followed.finish("digest")
        state = find_run(folder_of(session))
        assert state is not None
        told = speed_text(state.rows, state.size_bytes, state.verdicts, seconds=2.0)
        assert told == "200 rows, 100/s, 0.0 MB/s, read 198, limit 2"
        followed.begin("examine", 4)
        state = find_run(folder_of(session))
        assert state is not None
        assert (state.state, state.command, state.stage, state.total) == ("running", "process", "examine", 4)
        assert [(d.stage, d.tasks, d.rows) for d in state.stages] == [("digest", 2, 200)]
        with pytest.raises(RunError, match="RUN-LOCK"), sole_run(session, "attribute", None):
            pass
    state = find_run(folder_of(session))
    assert state is not None
    assert state.state == "done"


def test_a_run_that_fails_says_with_which_code(session: Session) -> None:
    with pytest.raises(RunError), sole_run(session, "process", None):
        raise RunError("something", "Do something.", code="RUN-PART")
    state = find_run(folder_of(session))
    assert state is not None
    assert (state.state, state.code) == ("failed", "RUN-PART")


def test_a_run_that_was_killed_is_told_by_its_lock(session: Session) -> None:
    program = f"""
import time
from pathlib import Path
from fairlead.case.running.runs import sole_run
from fairlead.case.place.session import Session, utc_now
from fairlead.case.place.workspace import Workspace
workspace = Workspace(root=Path({str(session.workspace.root)!r}), identity="x")
session = Session(workspace=workspace, user_id=0, user_name="", operation={session.operation!r}, clock=utc_now)
with sole_run(session, "process", None) as followed:
    followed.begin("digest", 8)
    time.sleep(600)
"""
    run = subprocess.Popen([sys.executable, "-c", program])
    ends = time.monotonic() + 60
    while not ((state := find_run(folder_of(session))) and state.stage == "digest"):
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert state.state == "running"
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    state = find_run(folder_of(session))
    assert state is not None
    assert (state.state, state.process) == ("killed", run.pid)


def test_neither_journal_nor_figures_name_a_person_a_file_or_whoever_works(session: Session) -> None:
    process(session, workers=1)
    journal = (folder_of(session) / "runs" / "journal.jsonl").read_text()
    events = [json.loads(line)["event"] for line in journal.splitlines()]
    assert (events[0], events[-1]) == ("run.begin", "run.end")
    told = journal + "".join(str(figure) for figure in figures(session))
    for secret in (PERSON, "letter", session.user_name):
        assert secret not in told


def test_figures_are_told_in_the_format_of_prometheus(session: Session) -> None:
    process(session, workers=1)
    here = ["--workspace", str(session.workspace.root), "--user", session.user_name]
    said = CliRunner().invoke(fairlead, ["metrics", *here, "--operation", session.operation]).output
    assert f'fairlead_files{{operation="{session.operation}",verdict="read"}} 1.0' in said
    assert "# TYPE fairlead_ledger_entries gauge" in said
    state = CliRunner().invoke(fairlead, ["status", *here, "--operation", session.operation])
    assert "process: done" in state.output
