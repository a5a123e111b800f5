"""The script in docs/ checks a package with the documented formats alone, and refuses a changed one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fairlead.leads.opening import decrypt
from tests.documents.console import ROOT
from tests.leads.builders import LOG_KEY, OFFICERS, SWEDEN, build

SCRIPT = ROOT / "docs" / "how-to" / "check_package.py"


def check(folder: Path, archive: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "package.tar").write_bytes(archive)
    keys = {
        "officers": {name: key.public_bytes_raw().hex() for name, key in OFFICERS.items()},
        "ledger": str(LOG_KEY),
    }
    (folder / "keys.json").write_text(json.dumps(keys))
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "package.tar", "keys.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_good_package_passes(tmp_path: Path) -> None:
    done = check(tmp_path, decrypt(build().data, str(SWEDEN)))
    assert done.returncode == 0, done.stderr
    assert "signed by two officers" in done.stdout
    assert "entry of the log" in done.stdout


def test_a_package_with_one_letter_changed_does_not(tmp_path: Path) -> None:
    archive = decrypt(build().data, str(SWEDEN)).replace(b"someone@example.org", b"somebody@example.or")
    assert check(tmp_path, archive).returncode != 0


def test_the_script_is_short_and_knows_nothing_of_the_program() -> None:
    text = SCRIPT.read_text()
    assert len(text.splitlines()) <= 150
    assert "import fairlead" not in text
    assert "from fairlead" not in text
