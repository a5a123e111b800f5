"""A small made-up operation in a workspace, worked once for all tests of a process, and people with roles in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fairlead.case.place.workspace import Workspace

OPERATION = "lanternfish"
CAST = {
    "holm": ("lead_officer", "*"),
    "lund": ("lead_officer", "*"),
    "juhl": ("analyst", "*"),
    "iversen": ("examiner", "*"),
    "quist": ("examiner", "*"),
    "dahl": ("legal_adviser", "*"),
    "berg": ("liaison", "SE"),
    "evans": ("liaison", "GB"),
    "palm": ("press", "*"),
    "nobody": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The workspace, and ids of things in it that pages are about."""

    workspace: Workspace
    users: dict[str, Any]
    ids: dict[str, str]
    clients: dict[str, Any] = field(default_factory=dict)

    def as_(self, name: str) -> Any:
        """A client signed in as somebody; always the same one."""
        from django.test import Client

        if name not in self.clients:
            client = Client()
            client.force_login(self.users[name], backend="fairlead.workbench.signin.LinkBackend")
            self.clients[name] = client
        return self.clients[name]

    def session(self, name: str) -> Any:
        """A session of somebody, for calling verbs."""
        from fairlead.case.place.session import open_session

        return open_session(self.workspace, operation=OPERATION, user_name=name)


@pytest.fixture(scope="session")
def world(database: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Exhibits, records, persons and leads of a small operation; all of it benign and invented."""
    from django.conf import settings

    from fairlead.case.persons.attribution import attribute
    from fairlead.case.place.keys import create_age_identity
    from fairlead.case.place.operations import init_workspace, new_operation
    from fairlead.case.process import process
    from fairlead.case.sending.leads import publish
    from fairlead.register.actions import Role
    from fairlead.register.people import add_user, grant, set_recipients
    from fairlead.terms.countries import PARTICIPANTS
    from tests.conftest import share_secret
    from tests.officers import make_officer

    folder = tmp_path_factory.mktemp("workbench")
    workspace = init_workspace(folder / "workspace", user_name="holm")
    share_secret(workspace)
    partners = [c for c in PARTICIPANTS if c != "DK"]
    session = new_operation(workspace, OPERATION, lead="DK", partners=partners, user_name="holm")
    users = {}
    for name, given in CAST.items():
        users[name] = add_user(name)
        if given is not None:
            grant(users[name], OPERATION, role=Role(given[0]), country=given[1])
    make_exhibits(session, folder / "made")
    process(session, workers=1)
    load_records(session, folder / "made")
    attribute(session, network_files=(folder / "made" / "networks.csv",))
    publish(session)
    for name in ("holm", "lund"):
        make_officer(workspace, name)
    for code in PARTICIPANTS:
        set_recipients(OPERATION, code, [create_age_identity(folder / f"{code}.age")])
    settings.WORKSPACE = str(workspace.root)
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    from fairlead.register.leads import find_leads

    leads = find_leads(session.user_id, OPERATION, at=session.clock())
    by_country = {row["country"]: row["lead"] for row in leads}
    return World(
        workspace=workspace, users=users, ids=_ids(session) | {f"lead_{c}": v for c, v in by_country.items()}
    )


def make_exhibits(session: Any, made: Path) -> None:
    """The made-up platform at a small scale, taken in as exhibits with its lists and records."""
    import tomllib

    from click.testing import CliRunner

    from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
    from fairlead.cli.main import fairlead

    run = CliRunner().invoke
    done = run(fairlead, ["training", "make", str(made), "--seed", "7", "--scale", "0.2"])
    assert done.exit_code == 0, done.output
    plan = tomllib.loads((made / "operation.toml").read_text())
    for item in plan["exhibit"]:
        add_exhibit(
            session,
            NewExhibit(
                number=item["number"],
                path=made / item["path"],
                authority=item["authority"],
                description=item["description"],
                handling=item["handling"],
            ),
        )
    here = ["--workspace", str(session.workspace.root), "--operation", OPERATION, "--user", "holm"]
    for item in plan["list"]:
        given = ["known", "import", str(made / item["file"])]
        for name in ("format", "set", "meaning", "scheme", "release"):
            given += [f"--{name}", item.get(name, "")]
        done = run(fairlead, [*given, *here])
        assert done.exit_code in (0, 1, None), done.output


def load_records(session: Any, made: Path) -> None:
    """The platform's own records, once the files that hold them are known."""
    from click.testing import CliRunner

    from fairlead.cli.main import fairlead

    here = ["--workspace", str(session.workspace.root), "--operation", OPERATION, "--user", "holm"]
    done = CliRunner().invoke(fairlead, ["records", "load", "--mapping", str(made / "mapping.toml"), *here])
    assert done.exit_code == 0 or isinstance(done.return_value, int), done.output


def _ids(session: Any) -> dict[str, str]:
    from fairlead.engine.catalogue import Catalogue

    catalogue = Catalogue(session.store)
    try:
        return {
            "person": catalogue.scalar(
                "SELECT person FROM persons ORDER BY len(members) DESC, person LIMIT 1"
            ),
            "sha256": catalogue.scalar(
                "SELECT sha256 FROM contents WHERE family = 'picture' AND verdict = 'decoded' ORDER BY sha256 LIMIT 1"
            ),
            "number": catalogue.scalar("SELECT exhibit FROM exhibits ORDER BY sequence LIMIT 1"),
        }
    finally:
        catalogue.close()


@pytest.fixture
def as_(world: World) -> Callable[[str], Any]:
    """Clients by name."""
    return world.as_
