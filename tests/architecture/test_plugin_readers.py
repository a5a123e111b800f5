"""Readers that another package brings: installed beside the program, named in its help, used like its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from fairlead.engine.doors import Door

EXAMPLE = Path(__file__).parents[2] / "examples" / "readers"
DIGEST = "a1" * 16


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's readers, installed into a folder as pip does."""
    folder, source = tmp_path_factory.mktemp("plug-in"), tmp_path_factory.mktemp("source")
    for file in EXAMPLE.iterdir():
        if file.is_file():
            (source / file.name).write_bytes(file.read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--target", folder, source],
        check=True,
    )  # fmt: skip
    return folder


def fairlead(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    return subprocess.run(
        [sys.executable, "-m", "fairlead", *map(str, arguments)],
        env={**kept, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hash_list_is_read_by_the_reader_of_another_package(installed: Path, tmp_path: Path) -> None:
    listed = tmp_path / "sums.txt"
    listed.write_text(f"{DIGEST}  a.bin\nno digest\n")
    workspace = tmp_path / "w"
    assert fairlead(installed, "init", workspace).returncode == 0
    assert (
        fairlead(installed, "operation", "new", "x", "--lead", "DK", "--workspace", workspace).returncode == 0
    )
    asked = ("known", "import", listed, "--set", "s", "--meaning", "of-interest", "--workspace", workspace)
    done = fairlead(installed, *asked, "--format", "digest-lines")
    assert done.returncode == 1, done.stderr
    table = fairlead(installed, "table", "known", "--json", "--workspace", workspace)
    assert DIGEST in table.stdout
    assert (
        "does not begin with a digest"
        in fairlead(installed, "table", "rejected", "--json", "--workspace", workspace).stdout
    )


def test_the_formats_of_another_package_stand_in_the_help(installed: Path) -> None:
    assert "digest-lines" in fairlead(installed, "known", "import", "--help").stdout


def test_an_access_log_is_read_by_the_reader_of_another_package(installed: Path) -> None:
    line = "2024-01-02T03:04:05Z\\t203.0.113.9\\tanna\\tGET /x HTTP/1.1\\t200"
    code = f"from fairlead.records.log_formats import reader_for; print(reader_for('tab-log')(b'{line}')[0].decode())"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "203.0.113.9"


def test_the_example_is_short_enough_to_be_read() -> None:
    for file in EXAMPLE.glob("*.py"):
        assert len(file.read_text().splitlines()) < 60


class Made:
    kind: ClassVar[str] = "made"

    def __init__(self, name: str) -> None:
        self.name, self.about = name, "a reader of a test"


def test_no_reader_takes_the_name_of_another() -> None:
    door: Door[Made] = Door(Made)
    door.register(Made("a"))
    with pytest.raises(ValueError, match="two readers"):
        door.register(Made("a"))
    assert door.names() == ["a"]
