"""A backup is unpacked by our own rules, on the oldest Python that is claimed, too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.workplace import TOP, environment

DEBIAN = Path("/usr/bin/python3")


def unpack_with(python: Path | str) -> dict[str, object]:
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("unpacking.py"))],
        capture_output=True, text=True, check=False, env=environment(PYTHONPATH=str(TOP / "src")),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def check(came: object) -> None:
    assert isinstance(came, dict)
    assert came.pop("good") == "b,keys/a"
    assert len(came) == 11
    assert set(came.values()) == {"USAGE-RESTORE"}, came


def test_only_plain_files_below_the_folder_are_unpacked() -> None:
    check(unpack_with(sys.executable)["came"])


@pytest.mark.skipif(not DEBIAN.is_file(), reason="Debian's own Python is not on this computer")
def test_the_python_of_debian_12_unpacks_as_any_other() -> None:
    version = subprocess.run(
        [DEBIAN, "-c", "import sys; print(sys.version_info >= (3, 11))"],
        capture_output=True,
        text=True,
        check=True,
    )
    if version.stdout.strip() != "True":
        pytest.skip("Debian's own Python here is older than any that is claimed")
    check(unpack_with(DEBIAN)["came"])
