"""A file that cannot be written is refused before anything is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_WRONG_USAGE = 64


@pytest.mark.parametrize(
    "command",
    [
        ("key", "export", "--country", "DK"),
        ("package", "recall", "lanternfish-SE-0001", "--reason", "x", "--officer", "holm"),
        ("package", "accept", "lanternfish-SE-0001", "--officer", "berg"),
        (
            "outcome",
            "report",
            "lanternfish-SE-0001",
            "L-SE-0000000001",
            "--state",
            "identified",
            "--officer",
            "berg",
        ),
    ],
    ids=" ".join,
)
def test_a_place_that_is_not_there_is_named_before_the_act(command: tuple[str, ...], tmp_path: Path) -> None:
    where = ("--output", tmp_path / "none" / "x.json", "--workspace", tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "fairlead", *command, *map(str, where)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == _WRONG_USAGE
    assert "There is no folder" in ran.stderr
    assert "Traceback" not in ran.stderr
