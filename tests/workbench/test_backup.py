"""Backup, destroy, restore: the ledger verifies and the numbers are equal. Each step in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

FIGURES = """
import json, sys
from pathlib import Path
from fairlead.case.log.ledger import grown_tree, verify_ledger
from fairlead.case.place.session import open_session
from fairlead.case.place.workspace import find_workspace
place = find_workspace(Path(sys.argv[1]))
session = open_session(place, user_name="holm")
from fairlead.register.models import SCOPED_MODELS
counts = {m.__name__: m.objects.using("owner").count() for m in SCOPED_MODELS}
report = verify_ledger(place)
with grown_tree(place) as tree:
    root_before = tree.root(len(tree) - 1).hex()
print(json.dumps({"counts": counts, "entries": report.size, "root": report.root, "root_before": root_before,
    "holds": report.verified}))
"""
MAKE = """
import sys
from pathlib import Path
from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.sending.holds import hold
from fairlead.case.place.operations import init_workspace, new_operation
from fairlead.engine.parts import part_name
from fairlead.tables.records import ACCOUNTS
root = Path(sys.argv[1])
place = init_workspace(root, user_name="holm")
session = new_operation(place, "lanternfish", lead="DK", partners=["SE"], user_name="holm")
exhibit = root.parent / "exhibit"
exhibit.mkdir()
(exhibit / "a.txt").write_text("benign")
add_exhibit(session, NewExhibit(number="A/1", path=exhibit, authority="made up"))
session.store.write(ACCOUNTS, part_name("made"), [ACCOUNTS.batch([{"account": "platform:1"}])])
hold(session, "platform:1", reason="to be checked")
"""


def run(*arguments):
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backup")
    run("-c", MAKE, folder / "before")
    return folder


def test_what_is_restored_equals_what_was_destroyed_and_its_ledger_holds(made):
    before = json.loads(run("-c", FIGURES, made / "before"))
    assert before["counts"]["CustodyRow"] == before["counts"]["HoldRow"] == 1
    spilled = made / "before" / "operations" / "lanternfish" / ".spill-of-a-killed-run"
    spilled.mkdir()
    (spilled / "rows").write_text("benign")
    run("-m", "fairlead", "key", "identity", made / "me.age", "--json")
    recipient = json.loads(run("-m", "fairlead", "key", "identity", made / "you.age", "--json"))["recipient"]
    run(
        "-m",
        "fairlead",
        "backup",
        made / "a.backup",
        "--recipient",
        recipient,
        "--workspace",
        made / "before",
    )
    shutil.rmtree(made / "before")
    assert b"fairlead-backup" not in (made / "a.backup").read_bytes()
    told = run(
        "-m",
        "fairlead",
        "restore",
        made / "a.backup",
        made / "after",
        "--identity",
        made / "you.age",
        "--json",
    )
    assert json.loads(told.splitlines()[-1])["ledger_verified"] is True
    after = json.loads(run("-c", FIGURES, made / "after"))
    assert after["counts"] == before["counts"]
    assert after["entries"] == before["entries"] + 1, "the ledger says that it was restored"
    assert after["root_before"] == before["root"], "and everything before is as it was"
    assert after["holds"] is True
    left = [p.name for p in (made / "after").rglob("*") if "spill" in p.as_posix()]
    assert left == [], "what a killed run left is not carried on"


def test_a_backup_that_was_altered_is_refused(made):
    run("-m", "fairlead", "backup", made / "b.tar", "--unencrypted", "--workspace", made / "after")
    data = bytearray((made / "b.tar").read_bytes())
    at = data.index(b'"format": 1')
    data[at : at + 11] = b'"format": 2'
    (made / "b.tar").write_bytes(data)
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")}
    done = subprocess.run(
        [sys.executable, "-m", "fairlead", "restore", made / "b.tar", made / "never"],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 64
    assert "do not have their digest" in done.stderr
