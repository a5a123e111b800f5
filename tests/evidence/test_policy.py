"""What was decided about the sandbox at the start of a run holds for every reader of it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.opener import ExhibitOpener
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import RunError

LOCATOR = "path:a.zip!member:0:member.txt"


def opener(folder: Path, policy: SandboxPolicy) -> ExhibitOpener:
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("member.txt", b"a member")
    source = ExhibitSource(exhibit="AB/1", path=folder, kind=ExhibitKind.FOLDER)
    # Limits of its own: sessions are shared by limits and policy, and these must start with this test.
    limits = EvidenceLimits(deadline_s=77.0)
    return ExhibitOpener(sources=(source,), limits=limits, sandbox=policy)


@pytest.fixture
def without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer whose workers cannot lock themselves down."""
    monkeypatch.setattr("fairlead.engine.sandbox.pool._missing_layers", lambda layers: ["seccomp"])
    monkeypatch.setattr("fairlead.evidence.session._SESSIONS", {})


@pytest.mark.usefixtures("without_seccomp")
def test_work_that_was_knowingly_allowed_without_a_sandbox_reaches_members_of_archives(
    tmp_path: Path,
) -> None:
    with opener(tmp_path / "x", SandboxPolicy(required=False))("AB/1", LOCATOR) as descriptor:
        assert os.pread(descriptor, 100, 0) == b"a member"


@pytest.mark.usefixtures("without_seccomp")
def test_without_such_a_word_no_member_is_parsed_outside_a_sandbox(tmp_path: Path) -> None:
    reading = opener(tmp_path / "x", STRICT)
    with pytest.raises(RunError, match="could not lock itself down"), reading("AB/1", LOCATOR):
        pass
