"""Denmark and Sweden, each with a workspace, worked as officers do: every step in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MAKE = """
import json, sys
from pathlib import Path
from fairlead.case.place.keys import lead_keys
from tests.officers import make_officer
from fairlead.case.place.operations import init_workspace, new_operation
root, country, user, *officers = sys.argv[1:]
place = init_workspace(Path(root), user_name=user)
new_operation(place, "lanternfish", lead=country, partners=["SE", "NO"] if country == "DK" else [], user_name=user)
for officer in officers:
    make_officer(place, officer)
(Path(root).parent / f"{country}.keys.json").write_text(lead_keys(place, country).to_json())
"""
PUBLISH = """
import sys
from pathlib import Path
from fairlead.case.log.restoration import number_floor
from fairlead.case.place.session import open_session
from fairlead.case.place.workspace import find_workspace
session = open_session(find_workspace(Path(sys.argv[1])), user_name="holm")
from fairlead.register.leads import PublishedLead, publish_leads
from fairlead.register.people import set_recipients
from tests.leads.builders import lead, statement
set_recipients("lanternfish", "SE", [sys.argv[2]])
made = lead(operation="lanternfish", statements=[statement(value=sys.argv[3])])
published = PublishedLead(lead=made.lead, country="SE", person=made.person, grade=made.grade, digest=made.digest(),
    body=made.model_dump(mode="json"), records={made.person: ("platform:1", "platform:2")})
publish_leads(session.user_id, "lanternfish", [published], at=session.clock(), above=number_floor(session.workspace))
"""
TOP = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FAIRLEAD", "PG"))}
    return {**kept, "PYTHONPATH": str(TOP), **more}


def run(*arguments: object, code: int = 0, env: dict[str, str] | None = None, **more: Any) -> str:
    """Run Python with arguments; what it said on both ways, once it ended as expected."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True, text=True, env=env or environment(), check=False, **more,
    )  # fmt: skip
    assert done.returncode == code, (
        f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    )
    return done.stdout + done.stderr


def fairlead(*arguments: object, code: int = 0, **more: Any) -> str:
    return run("-m", "fairlead", *arguments, code=code, **more)


def ask(*arguments: object, code: int = 0, **more: Any) -> dict[str, Any]:
    lines = fairlead(*arguments, "--json", code=code, **more).splitlines()
    answer: dict[str, Any] = json.loads(next(line for line in lines if line.startswith("{")))
    return answer


class Countries:
    """The two workspaces below a folder, and what passes between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.denmark, self.sweden = folder / "denmark", folder / "sweden"
        self.key = folder / "sweden.age"
        run("-c", MAKE, self.denmark, "DK", "holm", "holm", "lund")
        run("-c", MAKE, self.sweden, "SE", "berg", "berg")
        self.recipient = ask("key", "identity", self.key)["recipient"]

    def publish(self, value: str) -> None:
        run("-c", PUBLISH, self.denmark, self.recipient, value)

    def build(self, workspace: Path | None = None) -> Path:
        built = ask(
            "package", "build", "--country", "SE", "--preparer", "holm", "--releaser", "lund", "--user", "holm",
            "--workspace", workspace or self.denmark,
        )  # fmt: skip
        return Path(built["package"])

    def open(self, package: Path, *, code: int = 0) -> dict[str, Any]:
        return ask(
            "package", "open", package, "--key", self.key, "--lead-keys", self.folder / "DK.keys.json",
            "--officer", "berg", "--accept-operation", "lanternfish", "--user", "berg", "--workspace", self.sweden,
            code=code,
        )  # fmt: skip

    def back_up(self, name: str, *options: str) -> Path:
        target = self.folder / name
        fairlead("backup", target, *(options or ("--unencrypted",)), "--workspace", self.denmark)
        return target
