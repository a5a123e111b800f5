"""The tutorial and the recipient's how-to work as written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.documents.console import run_page
from tests.end_to_end.conftest import ask, fairlead


@pytest.mark.long
def test_the_tutorial_and_the_recipients_page_work_as_written(tmp_path: Path) -> None:
    lead = tmp_path / "lead"
    lead.mkdir()
    done = run_page("tutorial/first-operation.md", lead)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    recipient = tmp_path / "recipient"
    recipient.mkdir()
    for name in ("sweden.age", "DK.keys.json"):
        shutil.copy(lead / name, recipient)
    package = lead / "work" / "operations" / "lanternfish" / "packages" / "lanternfish-SE-0001.tar.age"
    shutil.copy(package, recipient)
    done = run_page("how-to/answer-a-package.md", recipient)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    here = ("--workspace", lead / "work")
    fairlead(
        "package", "receipt", recipient / "SE.accepted.json", "--keys", recipient / "SE.keys.json", *here
    )
    fairlead("outcome", "import", recipient / "SE.outcome.json", "--keys", recipient / "SE.keys.json", *here)
    figures = ask("statistics", "--internal", *here)
    assert figures["totals"]["suspects_identified"] == 1
    assert figures["totals"]["devices_seized"] == 2
    figures = ask("statistics", *here)
    assert figures["by_country"]["SE"]["interviews"] is None  # a cell below 5 is not shown
    assert figures["totals"]["interviews"] is None  # one country alone would be told by its total
