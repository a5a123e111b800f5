"""Packages and keys are those of age itself: its own program opens what is sealed here, and seals what is opened here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from fairlead.leads.bag import unpack
from fairlead.leads.opening import decrypt
from fairlead.leads.package import encrypt
from fairlead.leads.recipients import AgeRecipient
from tests.leads.builders import SWEDEN, build

pytestmark = pytest.mark.skipif(shutil.which("age") is None, reason="the program age is not installed")


def age(*arguments: object, data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["age", *map(str, arguments)], input=data, capture_output=True, check=False)


def test_age_opens_a_package_with_the_identity_and_with_no_other(tmp_path: Path) -> None:
    package = build().data
    (tmp_path / "own").write_text(f"{SWEDEN}\n")
    (tmp_path / "other").write_text(f"{pyrage.x25519.Identity.generate()}\n")
    opened = age("-d", "-i", tmp_path / "own", data=package)
    assert opened.returncode == 0
    assert unpack(opened.stdout) == unpack(decrypt(package, str(SWEDEN)))
    assert age("-d", "-i", tmp_path / "other", data=package).returncode != 0
    assert age("-d", "-i", tmp_path / "own", data=package[:-1]).returncode != 0


def test_what_age_seals_is_opened_here_and_its_keys_are_recipients(tmp_path: Path) -> None:
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    recipient = next(
        line.removeprefix("# public key: ") for line in made.splitlines() if line.startswith("# public")
    )
    assert AgeRecipient.parse(recipient) == recipient
    assert decrypt(age("-r", recipient, data=b"a bag").stdout, made) == b"a bag"
    (tmp_path / "made").write_text(made)
    assert age("-d", "-i", tmp_path / "made", data=encrypt(b"a bag", [recipient])).stdout == b"a bag"
