"""Commands that only read show what the person may see: whoever is shown one country, or nothing, reads no table."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from click import Context, Group

from fairlead.cli.main import fairlead, run
from fairlead.reference.verbs import render_verbs
from fairlead.register.actions import Role

HEX = "0" * 64
OF_TABLES: dict[str, tuple[str, ...]] = {
    "exhibit list": (),
    "exhibit show": ("AB/1",),
    "exhibit report": ("AB/1", "--output", "r.pdf"),
    "known list": (),
    "known explain": (HEX,),
    "known certify": ("a-set",),
    "triage": (),
    "law diff": (),
    "metrics": (),
    "records clock": ("till", "--against", "platform"),
    "records propose": ("--exhibit", "AB/1", "--path", "*.sql", "--output", "m.toml"),
    "attribute explain": ("P-1",),
    "attribute history": ("P-1",),
    "attribute evaluate": (),
    "provenance explain": (HEX,),
    "provenance links": (),
    "provenance queue": (),
    "provenance reference list": (),
    "table": ("accounts",),
    "sql": ("SELECT * FROM accounts",),
}
BEHIND_THE_GATE = {
    "operation show": "countries that take part: every member sees them",
    "status": "whether a run goes on; names no content",
    "provenance detector list": "plug-ins of the workspace, of no operation",
    "lead list": "rows of the register",
    "lead show": "rows of the register",
    "lead diff": "rows of the register",
    "lead due": "rows of the register",
    "lead explain": "a lead of the register first; then its bytes, for who sees the whole",
    "package list": "rows of the register",
    "package preview": "rows of the register",
    "package read": "for the two who may prepare or release",
    "outcome list": "rows of the register",
    "outcome follow": "rows of the register",
}
CUSTODY = {"exhibit check-in", "exhibit transfer", "exhibit return"}  # the verb exhibit.handover


def commands(group: Group, name: str = "") -> Iterator[tuple[str, set[str]]]:
    context = Context(group)
    for part in group.list_commands(context):
        command = group.get_command(context, part)
        if isinstance(command, Group):
            yield from commands(command, f"{name} {part}".strip())
        elif command is not None:
            yield f"{name} {part}".strip(), {o for p in command.params for o in p.opts}


def test_every_command_that_reads_an_operation_is_told_apart() -> None:
    verbs = render_verbs()
    reading = {n for n, options in commands(fairlead) if "--operation" in options and f"`{n}`" not in verbs}
    reading -= {n for n in reading if f"fairlead {n}" in verbs} | CUSTODY
    assert reading == {*OF_TABLES} | {*BEHIND_THE_GATE}


@pytest.mark.parametrize("role", [Role.PRESS, Role.LIAISON])
def test_who_does_not_see_the_whole_operation_reads_no_table(
    make_session, capsys, tmp_path, monkeypatch, role
) -> None:
    from fairlead.register.people import add_user, grant

    monkeypatch.chdir(tmp_path)
    session, name = make_session(), f"user-{uuid4().hex[:8]}"
    grant(add_user(name), session.operation, role=role, country="SE" if role is Role.LIAISON else "*")
    for command, arguments in OF_TABLES.items():
        where = ("--workspace", str(session.workspace.root), "--operation", session.operation, "--user", name)
        code = run([*command.split(), *arguments, *where])
        said = capsys.readouterr()
        assert (code, "USAGE-RIGHT" in said.err) == (64, True), f"{command}: {said.out}{said.err}"
        assert said.out == "", command


def test_who_sees_the_whole_operation_reads_tables(make_session, capsys) -> None:
    session = make_session()
    where = ("--workspace", str(session.workspace.root), "--operation", session.operation)
    assert run(["table", "accounts", "--user", session.user_name, *where]) == 0
    assert "nothing to show" in capsys.readouterr().out
