"""A release can be built again with the same bytes, names all its parts, and its signed list of digests is checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.console import ROOT, run_page

EPOCH = "1700000000"


def checkout(folder: Path) -> Path:
    """The tracked files as they are now, in a git repository of their own."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("docs/images", "tests")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder))
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "release"], check=True)
    return folder


def build(folder: Path, out: Path) -> str:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(out),
            str(folder),
        ],
        env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=True,
    )
    return hashlib.sha256(next(out.glob("*.whl")).read_bytes()).hexdigest()


def test_the_wheel_is_the_same_from_two_checkouts_made_at_different_times(tmp_path: Path) -> None:
    first, second = checkout(tmp_path / "a"), checkout(tmp_path / "somewhere" / "b")
    for path in second.rglob("*.py"):
        os.utime(path, (1, 1_000_000_000))
    assert build(first, tmp_path / "w1") == build(second, tmp_path / "w2")


def test_the_parts_list_names_every_pinned_requirement_with_its_digests() -> None:
    script = ROOT / "deploy" / "release" / "make_sbom.py"
    pinned = ROOT / "requirements" / "run.txt"
    said = subprocess.run([sys.executable, script, pinned], capture_output=True, check=True).stdout
    told = json.loads(said)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    text = pinned.read_text()
    assert {c["purl"] for c in told["components"]} == {
        f"pkg:pypi/{name}@{version}"
        for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }
    digests = [p["value"] for c in told["components"] for p in c["properties"]]
    assert sorted(digests) == sorted(re.findall(r"sha256:([0-9a-f]{64})", text))
    without = [c["name"] for c in told["components"] if "licenses" not in c]
    assert set(without) <= {"pyrage"}, (
        "every other part states its licence; this one is MIT, says its repository"
    )
    assert subprocess.run([sys.executable, script, pinned], capture_output=True, check=True).stdout == said


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_the_page_about_releases_works_as_written_and_a_changed_file_is_noticed(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    done = run_page("how-to/make-a-release.md", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "dist" / "CHANGELOG.md").write_text("other notes")
    check = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder / "dist", check=False
    )
    assert check.returncode != 0
