"""Whatever changes an operation is a verb: declared with its right, and nothing writes beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from click import Context, Group

from fairlead.case.place.session import SYSTEM, Session
from fairlead.case.verbs.declaration import VERBS
from fairlead.case.verbs.registry import all_verbs
from fairlead.case.verbs.verb import verb
from fairlead.cli.main import fairlead
from fairlead.register.actions import MAY, Action
from fairlead.terms.custody import Operation

SOURCE = Path(__file__).parents[2] / "src" / "fairlead"
_SAVING = {
    "create", "save", "update", "delete", "bulk_create", "bulk_update", "update_or_create", "get_or_create",
}  # fmt: skip
_NO_ROWS = {"digest", "facts", "carried"}  # a hash, and dictionaries
_TABLES = {"write", "keep_only", "run"}

# Functions that write and are no verbs, each with its reason.
REGISTER_BESIDE_VERBS = {
    "case/upkeep/backup.py:_finish": "SYSTEM",
    "case/jobs.py:run_job": "how far work is; the work itself is a verb",
    "case/jobs.py:note": "how far work is",
    "case/jobs.py:_write": "how far work is",
    "case/looking/reveal.py:picture_of": "what a person had to see, for that person alone",
    "case/looking/reveal.py:note_seconds": "what a person had to see, for that person alone",
    "case/place/operations.py:init_workspace": "SYSTEM",
    "case/place/operations.py:new_operation": "SYSTEM",
    "case/place/session.py:record": "the ledger itself",
    "case/sending/release.py:settle": "brings a release whose process died to one of its two ends",
    "case/persons/anchors.py:anchor_older_decisions": "SYSTEM",
    "case/verbs/running.py:_begin": "the runner",
    "case/verbs/running.py:_end": "the runner",
    "case/verbs/running.py:keep": "the runner",
    "cli/serve.py:_link": "a link to sign in is made at the shell of the workspace, before anybody is signed in",
    "workbench/languages.py:choose": "how one person wants the pages",
    "workbench/signin.py:follow_link": "signing in",
    "workbench/views/own.py:own": "how one person wants the pages",
}
TABLES_BESIDE_VERBS = {
    "case/place/session.py:_bring_up_to_date": "SYSTEM",
    "case/records/loading.py:_write": "the writer that the verb records.load makes",
    "case/lists/prepared.py": "prepared lists are worked out again from tables at any time",
}


def _functions(path: Path) -> list[tuple[str, ast.FunctionDef]]:
    tree = ast.parse(path.read_text())
    return [(n.name, n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]


def _is_verb(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(d).startswith("verb(") for d in function.decorator_list)


def _called(function: ast.FunctionDef) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } | {
        node.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "self"
    }


def register_writers() -> set[tuple[str, str]]:
    """Functions of the register that change a row."""
    found = set()
    for path in (SOURCE / "register").glob("*.py"):
        for name, function in _functions(path):
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in _SAVING
                    and ast.unparse(node.func.value) not in _NO_ROWS
                ):
                    found.add((f"fairlead.register.{path.stem}", name))
    return found


def _below_verbs(path: Path, writing: set[str]) -> set[str]:
    """Of functions that write, those that no verb of their own module leads to."""
    functions = dict(_functions(path))
    allowed = {name for name, f in functions.items() if _is_verb(f) or "require_act()" in ast.unparse(f)}
    callers: dict[str, set[str]] = {}
    for name, function in functions.items():
        for called in _called(function) & set(functions):
            callers.setdefault(called, set()).add(name)
    left = set()
    for name in writing:
        above, queue = set(), [name]
        while queue:
            now = queue.pop()
            if now in allowed:
                continue
            over = callers.get(now, set()) - above
            if not callers.get(now):
                left.add(name)
            above |= over
            queue += over
    return left


def beside_verbs_in_the_register() -> set[str]:
    writers, found = register_writers(), set()
    for path in SOURCE.rglob("*.py"):
        if path.is_relative_to(SOURCE / "register"):
            continue
        imported = {
            alias.asname or alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if (node.module, alias.name) in writers
        }
        writing = {name for name, f in _functions(path) if _called(f) & imported}
        found |= {f"{path.relative_to(SOURCE).as_posix()}:{name}" for name in _below_verbs(path, writing)}
    return found


def test_nothing_changes_the_register_beside_a_verb() -> None:
    assert beside_verbs_in_the_register() == set(REGISTER_BESIDE_VERBS)


def test_the_reader_of_the_source_finds_what_changes_the_register() -> None:
    known = {
        ("fairlead.register.judgements", "record_judgement"),
        ("fairlead.register.board", "record_entry"),
    }
    assert known <= register_writers()


def _is_store(node: ast.Attribute) -> bool:
    return node.attr in _TABLES and any(word in ast.unparse(node.value) for word in ("store", "engine"))


def test_nothing_changes_a_table_beside_a_verb() -> None:
    found = set()
    for path in (SOURCE / "case").rglob("*.py"):
        place = path.relative_to(SOURCE).as_posix()
        writing = {
            name
            for name, function in _functions(path)
            if any(
                isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and _is_store(n.func)
                for n in ast.walk(function)
            )
        }
        found |= {f"{place}:{name}" for name in _below_verbs(path, writing)}
    allowed = {
        name for name in found if name in TABLES_BESIDE_VERBS or name.split(":")[0] in TABLES_BESIDE_VERBS
    }
    assert found - allowed == set()


def test_a_change_outside_of_a_verb_stops_before_the_ledger_is_reached(tmp_path: Path) -> None:
    from fairlead.case.place.workspace import Workspace

    session = Session(
        workspace=Workspace(root=tmp_path, identity=""),
        user_id=1,
        user_name="x",
        operation="o",
        clock=lambda: None,
    )  # type: ignore[arg-type, return-value]
    with pytest.raises(RuntimeError, match="outside of a verb"):
        session.record(Operation.ALTERATION, "known.update", (), "by nobody")


def test_a_verb_without_a_right_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="no right"):
        verb("test.nothing", becomes=Operation.ALTERATION, command="none: a test", page="none: a test")(
            lambda session: None
        )
    assert "test.nothing" not in VERBS


def test_a_verb_that_does_not_say_what_it_is_for_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="docstring"):
        verb(
            "test.mute",
            Action.PROCESS,
            becomes=Operation.ALTERATION,
            command="none: a test",
            page="none: a test",
        )(lambda session: None)


def test_there_are_no_two_verbs_of_one_name() -> None:
    all_verbs()
    with pytest.raises(TypeError, match="two verbs"):

        @verb(
            "known.update",
            Action.PROCESS,
            becomes=Operation.ALTERATION,
            command="none: a test",
            page="none: a test",
        )
        def again(session: Session) -> None:
            """A second one."""


def page_names() -> set[str]:
    """The names of the workbench's pages, read from their table."""
    text = (SOURCE / "workbench" / "pages.py").read_text()
    pairs = re.findall(r'_OP \+ "[^"]*", "(\w+)"|_(?:PERSON|CONTENT|LEAD|COUNTRY|BOARD)[^,]*, "(\w+)"', text)
    return {first or second for first, second in pairs}


@pytest.mark.parametrize("declared", all_verbs().values(), ids=lambda declared: declared.name)
def test_every_verb_is_open_to_some_role_and_is_reached_somewhere(declared) -> None:  # type: ignore[no-untyped-def]
    assert any(set(declared.actions) & may for may in MAY.values())
    if not declared.command.startswith("none: "):
        group, context = fairlead, Context(fairlead)
        for word in declared.command.split():
            assert isinstance(group, Group), declared.command
            command = group.get_command(context, word)
            assert command is not None, declared.command
            group = command
    if not declared.page.startswith("none: "):
        assert declared.page.removeprefix("workbench:") in page_names()
    assert not (declared.command.startswith("none") and declared.page.startswith("none"))


def test_what_the_program_does_by_itself_is_named_with_its_reason() -> None:
    assert set(SYSTEM) & set(all_verbs()) == set()
    assert all(len(reason) > 20 for reason in SYSTEM.values())
