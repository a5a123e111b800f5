"""The same hostile packages, opened by a user without rights: refused, and nothing outside the workspace is touched.

The register is left out, because that user has none: what is shown is where files are written.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fairlead.case.place.keys import LeadKeys
from fairlead.case.place.workspace import create_workspace
from fairlead.case.receiving import opening
from fairlead.leads import rehearsal
from fairlead.terms.errors import FairleadError
from fairlead.terms.names import CountryCode
from tests.hostile.packages import BAD_OPERATIONS, BAD_PACKAGES, BAD_PATHS, Made, hostile, member
from tests.leads.builders import AT, LOG_KEY, OFFICERS, SWEDEN
from tests.officers import make_officer

NOBODY = 65534
DENMARK = LeadKeys(country=CountryCode("DK"), officers=OFFICERS, ledger=LOG_KEY)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that belongs to a user without rights, where the temporary files of this computer are."""
    folder = Path(tempfile.mkdtemp())
    (folder / "home" / ".ssh").mkdir(parents=True)
    (folder / "home" / ".ssh" / "authorized_keys").write_text("ssh-ed25519 the user's own\n")
    (folder / "sweden.age").write_text(f"{SWEDEN}\n")
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], None]) -> None:
    """Do something in a process of its own that has given up every right of root; fails with what it raised."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            if os.getuid() == 0:
                rehearsal._pool().layers()  # its worker is started while the interpreter can be: it may lie with root
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            assert os.getuid() != 0
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a forked process must never return into the test runner
            os.write(writer, traceback.format_exc().encode()[-4000:])
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        complaint = said.read().decode()
    _, status = os.waitpid(child, 0)
    assert status == 0, complaint


def seen(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in sorted(home.rglob("*"))
        if "received" not in path.parts and path.name != "came.tar.age"
    }


def open_all(home: Path, packages: list[bytes]) -> Callable[[], None]:
    """Open packages one after the other; the first is good, all others must be refused and leave nothing."""

    def work() -> None:
        opening.open_register = lambda _folder: None  # type: ignore[attr-defined]
        opening.Session = lambda **_: SimpleNamespace(record=lambda *_a, **_k: None)  # type: ignore[attr-defined, misc]
        from fairlead.register import people

        people.get_user = lambda name: SimpleNamespace(pk=1, username=name)  # type: ignore[assignment]
        workspace = create_workspace(home / "ws", at=AT)
        make_officer(workspace, "berg")
        before = seen(home)
        kept: list[Path] = []
        for number, data in enumerate(packages):
            (home / "came.tar.age").write_bytes(data)
            try:
                opening.open_for_recipient(
                    workspace, home / "came.tar.age", home / "sweden.age", DENMARK, officer_name="berg",
                    accept_operation="lanternfish", user_name="nobody", clock=lambda: AT + timedelta(days=1),
                )  # fmt: skip
                assert number == 0, number
                kept = sorted((workspace.root / "received").rglob("*"))
                assert kept
                assert {path.stat().st_uid for path in kept} == {os.getuid()}
            except FairleadError:
                assert number != 0
            assert sorted((workspace.root / "received").rglob("*")) == kept
            assert seen(home) == before

    return work


@pytest.mark.long
def test_hostile_packages_write_nothing_outside_for_a_user_without_rights(database: str, home: Path) -> None:
    aim = home / "home" / ".ssh" / "authorized_keys"
    made = [
        Made(),
        *(
            Made(members=((member(name), b"ssh-ed25519 the attacker's\n"),))
            for name in (
                f"lanternfish-SE-0001/{aim}",
                f"lanternfish-SE-0001/data/../../../../..{aim}",
                str(aim),
            )
        ),
        *(
            Made(payload={path.removeprefix("data/"): b"x\n"})
            for path in BAD_PATHS
            if path.startswith("data/")
        ),
        *(Made(said={"operation": operation}) for operation in BAD_OPERATIONS),
        *(Made(said={"package": name}) for name in BAD_PACKAGES),
    ]
    as_nobody(open_all(home, [hostile(one) for one in made]))
