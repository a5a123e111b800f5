"""Workspaces and packages of older releases open, are checked, and can be worked on."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path

import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from tests.end_to_end.conftest import ask, fairlead

pytestmark = pytest.mark.long

KEPT = Path(__file__).parents[1] / "data" / "workspaces"
RELEASES = sorted(p.name for p in KEPT.iterdir() if p.is_dir())
USER = ("--user", "holm")


@pytest.fixture(params=RELEASES)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    kept = KEPT / request.param
    backup = tmp_path / "workspace.backup"
    with lzma.open(kept / "workspace.backup.xz") as packed, backup.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    fairlead("restore", backup, tmp_path / "ws")
    return tmp_path / "ws", kept


def test_a_workspace_of_an_older_release_opens_verifies_and_goes_on(older: tuple[Path, Path]) -> None:
    workspace, kept = older
    here = ("--workspace", workspace)
    expected = json.loads((kept / "expected.json").read_text())
    assert ask("ledger", "verify", *here)["verified"] is True
    catalogue = Catalogue(PartStore(workspace / "operations" / "lanternfish" / "tables"))
    assert {n: catalogue.scalar(f"SELECT count(*) FROM {n}") for n in expected["rows"]} == expected["rows"]
    catalogue.close()
    leads = ask("lead", "list", *USER, *here)["leads"]
    assert {lead["lead"]: [lead["country"], lead["grade"]] for lead in leads} == expected["leads"]
    fairlead("doctor", "--adopt", *USER, *here)
    checks = ask("doctor", *USER, *here)["checks"]
    wrong = [said for check in checks for said in check["found"]]
    # Exhibits are not in a backup; everything else is, and is well. Officers' keys lay open in that version.
    expected_now = ("it is not in its place", "not encrypted, whoever reads it signs as the officer")
    assert [said for said in wrong if not said.endswith(expected_now) and expected_now[0] not in said] == []
    fairlead("attribute", *USER, *here)
    published = ask("lead", "publish", *USER, *here)
    assert (published["new"], published["withdrawn"]) == (0, [])


def test_a_package_of_an_older_release_still_verifies(older: tuple[Path, Path]) -> None:
    workspace, kept = older
    package = workspace / "operations" / "lanternfish" / "packages" / "lanternfish-SE-0001.tar.age"
    done = fairlead(
        "verify", package, "--key", kept / "recipient.age", "--lead-keys", kept / "officers.keys.json"
    )
    assert "Package verified" in done.stdout, done.stdout + done.stderr
