"""What a workspace holds is its owner's alone from its first byte; what is exported runs nowhere as a formula."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.case.place.workspace import create_workspace
from fairlead.case.upkeep.checks.secrets import check_secrets
from fairlead.terms.spreadsheet import inert
from tests.conftest import SteppingClock


def fairlead(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")} | more
    return subprocess.run(
        ["sh", "-c", 'umask 000; exec "$0" -m fairlead "$@"', sys.executable, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=300, env=environment,
    )  # fmt: skip


def test_nothing_in_a_workspace_is_open_to_others_whatever_the_user_s_mask(tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    secret = tmp_path / "passphrase"
    secret.write_text("four words of an officer\n")
    secret.chmod(0o600)
    for command in (
        ("init", place, "--user", "holm"),
        ("operation", "new", "lanternfish", "--lead", "DK", "--user", "holm", "--workspace", place),
        ("key", "officer", "holm", "--workspace", place),
        ("ledger", "checkpoint", "--workspace", place),
    ):
        done = fairlead(*command, FAIRLEAD_PASSPHRASE_FILE=str(secret))
        assert done.returncode == 0, done.stderr
    entries = [place, *(path for path in place.rglob("*") if not path.is_symlink())]
    opened = [str(path) for path in entries if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert opened == []
    assert len(entries) > 50


def test_an_open_workspace_is_a_finding_of_the_doctor_with_what_lies_in_it(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "workspace", at=SteppingClock()())
    assert check_secrets(workspace).passed
    workspace.root.chmod(0o755)
    (workspace.root / "checkpoint.txt").write_text("")
    (workspace.root / "checkpoint.txt").chmod(0o644)
    found = check_secrets(workspace).found
    assert "the workspace's folder: others may open it" in found
    assert "checkpoint.txt: others may read it" in found


def test_a_workspace_of_a_real_operation_is_not_served_without_a_second_factor(tmp_path: Path) -> None:
    assert fairlead("init", tmp_path / "workspace", "--user", "holm").returncode == 0
    done = fairlead("serve", "--demo", "--workspace", tmp_path / "workspace", "--user", "holm")
    assert done.returncode == 64
    assert "USAGE-DEMO" in done.stderr


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "a;=", "a; @", "a\n=", "a;\t="])
def test_no_text_begins_a_formula_also_after_a_semicolon(start: str) -> None:
    made = str(inert(f"{start}cmd|' /C calc'!A0"))
    for cell in made.replace("\n", ";").split(";"):
        assert cell.lstrip(" ")[:1] not in tuple("=+-@\t\r"), made


@pytest.mark.parametrize(
    "text", ["plain", "+45 12 34 56 78", "-5", "a; +45 1", "a-b", "x@example.org", 7, -1.5, None, ""]
)
def test_what_is_no_formula_stays_as_it_is(text: object) -> None:
    assert inert(text) == text


def test_the_command_line_prints_no_formula() -> None:
    import pyarrow as pa

    from fairlead.cli.tables import _csv

    table = pa.table({"=name": ["=cmd|' /C calc'!A0", "a;@x"], "n": [-1, 2]})
    assert _csv(table).splitlines() == ["'=name,n", "'=cmd|' /C calc'!A0,-1", "a;'@x,2"]
