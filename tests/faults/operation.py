"""A small operation that is worked from exhibits to a package, step by step, and what must hold at its end."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa

from fairlead.case.place.made_up import mark_made_up
from fairlead.case.place.workspace import find_workspace
from fairlead.engine.parts import PartStore
from fairlead.register.embedded import start_embedded
from fairlead.tables import ALL
from tests.end_to_end.conftest import ask, fairlead

SLUG = "x"
COUNTRY = "SE"
_EXHIBITS = ("NSK/1", "NSK/3", "NSK/4")  # web root with logs, disk image with the dump, replies
_SCALE = "0.05"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the main job. ``rewrites`` names tables that it writes again when they are damaged."""

    name: str
    arguments: tuple[str, ...]
    rewrites: tuple[str, ...] = ()


def steps(made: Path) -> list[Step]:
    """The main job over the made-up operation in ``made``."""
    return [
        Step("process", ("process", "--workers", "1"), ("listing", "files", "examined", "contents", "matches")),
        Step("load", ("records", "load", "--mapping", str(made / "mapping.toml")), ("accounts", "accesses", "acts")),
        Step("attribute", ("attribute", "--networks", str(made / "networks.csv")), ("identifiers", "persons")),
        Step("law", ("law", "assess-persons"), ("assessments",)),
        Step("publish", ("lead", "publish")),
        Step("package", ("package", "build", "--country", COUNTRY, "--preparer", "holm", "--releaser", "lund")),
    ]  # fmt: skip


def make_template(folder: Path) -> tuple[Path, Path]:
    """A workspace with exhibits and a list, nothing processed yet, its database at rest; and what it was made from."""
    made, workspace = folder / "made", folder / "template"
    fairlead("training", "make", made, "--seed", "3", "--scale", _SCALE)
    here = ("--workspace", workspace)
    fairlead("init", workspace)
    mark_made_up(find_workspace(workspace))
    fairlead("operation", "new", SLUG, "--lead", "DK", "--partner", COUNTRY, "--partner", "DE", *here)
    plan = tomllib.loads((made / "operation.toml").read_text())
    for item in plan["exhibit"]:
        if item["number"] in _EXHIBITS:
            fairlead(
                "exhibit", "add", made / item["path"], "--exhibit", item["number"], "--authority", "order", *here
            )  # fmt: skip
    item = plan["list"][1]
    fairlead(
        "known", "import", made / item["file"], "--format", item["format"], "--set", "p", "--meaning", "of-interest",
        *here,
    )  # fmt: skip
    for officer in ("holm", "lund"):
        fairlead("key", "officer", officer, "--unencrypted", *here)
    recipient = ask("key", "identity", folder / "SE.age")["recipient"]
    fairlead("key", "recipient", COUNTRY, recipient, *here)
    # The salt is drawn at random by the first load; with it drawn here every copy comes to the same tables.
    salt = workspace / "operations" / SLUG / "salt"
    salt.write_bytes(bytes(range(32)))
    salt.chmod(0o600)
    return workspace, made


def copy_workspace(template: Path, target: Path) -> Path:
    """A copy with owners and rights, as the database insists on them; marked as made up like its template."""
    shutil.copytree(template, target, symlinks=True)
    mark_made_up(find_workspace(target))
    for path in template.rglob("*"):
        status = path.lstat()
        os.chown(target / path.relative_to(template), status.st_uid, status.st_gid, follow_symlinks=False)
    return target


@dataclass(frozen=True)
class Outcome:
    """Every table, its rows sorted by key, as bytes; and lead → digest of its substance."""

    tables: dict[str, bytes]
    leads: dict[str, str]


def outcome_of(workspace: Path) -> Outcome:
    """What a worked workspace came to."""
    store = PartStore(workspace / "operations" / SLUG / "tables")
    tables = {}
    for table in ALL.values():
        rows = store.read(table).sort_by([(k, "ascending") for k in table.key]).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        tables[table.name] = bytes(sink.getvalue())
    with psycopg.connect(start_embedded(workspace / "register")) as connection:
        rows = connection.execute("SELECT lead, digest FROM register_leadrow").fetchall()
    return Outcome(tables=tables, leads=dict(rows))


def differences(workspace: Path, expected: Outcome) -> list[str]:
    """Where a worked workspace differs from an undisturbed run."""
    found = outcome_of(workspace)
    wrong = [f"table {n} differs" for n, data in expected.tables.items() if found.tables[n] != data]
    if found.leads != expected.leads:
        wrong.append("the published leads differ")
    if not packages_of(workspace):
        wrong.append("there is no package")
    return wrong


def packages_of(workspace: Path) -> list[str]:
    """The packages that the register knows."""
    with psycopg.connect(start_embedded(workspace / "register")) as connection:
        rows = connection.execute("SELECT package FROM register_packagerow ORDER BY package").fetchall()
    return [row[0] for row in rows]


def findings(said: str) -> Sequence[str]:
    """What the doctor named."""
    answer = json.loads(next(line for line in reversed(said.splitlines()) if line.startswith("{")))
    if "error" in answer:
        return [f"doctor: {answer['error']}"]
    return [named for check in answer["checks"] for named in check["found"]]
