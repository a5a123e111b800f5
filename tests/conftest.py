"""A real PostgreSQL for every test process, and workspaces on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pyrage
import pytest

from fairlead.case.place.operations import init_workspace, new_operation
from fairlead.case.place.session import Session
from fairlead.case.place.workspace import Workspace
from tests.quick_age import lock_quickly

_LONGEST = (
    "test_main_job.py", "test_story.py", "test_objects.py", "test_spark.py", "test_disk_image_page.py", "test_pages.py",
    "test_older_backup_restored.py", "test_two_officers.py", "test_doctor.py", "test_cut_short.py", "test_killed.py",
    "test_schedules.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that at the end no process waits for another."""
    items.sort(
        key=lambda item: _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST)
    )


class SteppingClock:
    """Time as a test wants it: every look is a second later."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="session", autouse=True)
def slow_lock() -> Iterator[Callable[[bytes, str], bytes]]:
    """How the program locks keys; all tests of this process lock them at less cost."""
    with pytest.MonkeyPatch.context() as patch:
        slow: Callable[[bytes, str], bytes] = pyrage.passphrase.encrypt
        patch.setattr(pyrage.passphrase, "encrypt", lock_quickly)
        yield slow


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded PostgreSQL that ends with the test process."""
    from fairlead.register.embedded import start_embedded

    os.environ["FAIRLEAD_DATABASE_URL"] = url = start_embedded(tmp_path_factory.mktemp("postgres"))
    # A process has one register and one set of settings: the workbench's hold everything of the register's.
    from fairlead.register.database import open_register

    open_register(tmp_path_factory.mktemp("secret"), settings="fairlead.workbench.settings")
    yield url
    os.environ.pop("FAIRLEAD_DATABASE_URL", None)


def share_secret(workspace: Workspace) -> None:
    """Give a workspace the secret of the register that all workspaces of this process share, for other processes."""
    workspace.register.mkdir(parents=True, exist_ok=True)
    path = workspace.register / "secret"
    path.touch(mode=0o600)
    path.write_text(os.environ["FAIRLEAD_SECRET_KEY"])


@pytest.fixture
def make_session(database: str, tmp_path: Path) -> Callable[..., Session]:
    """Makes an operation of its own in a workspace of its own."""

    def make(*, lead: str = "DK", partners: tuple[str, ...] = ("SE", "GB", "DE")) -> Session:
        clock = SteppingClock()
        name = f"user-{uuid4().hex[:8]}"
        workspace = init_workspace(tmp_path / f"ws-{uuid4().hex[:8]}", user_name=name, clock=clock)
        share_secret(workspace)
        return new_operation(
            workspace, f"op-{uuid4().hex[:8]}", lead=lead, partners=partners, user_name=name, clock=clock
        )

    return make
