"""The house as a whole: what no tracked file may hold, and documents that are equal to the program."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from click import Context, Group

from fairlead.cli.catalogue import COMMANDS
from fairlead.cli.main import fairlead
from fairlead.reference.documents import render_documents
from fairlead.tables import ALL

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        if path.is_file() and path != Path(__file__):
            try:
                found.append((path, path.read_text()))
            except UnicodeDecodeError:
                continue
    return found


def test_pages_made_from_the_program_are_current() -> None:
    for name, text in render_documents().items():
        assert (ROOT / "docs" / name).read_text() == text, f"run `fairlead docs build`: {name} differs"


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    forbidden = re.compile(
        r"python[h]osted|registry\.npm[j]s|/simpl[e]/|--index-ur[l]|/home/\w+/|/roo[t]/|/wor[k]/"
    )
    offending = [path.name for path, text in texts() if path.suffix != ".lock" and forbidden.search(text)]
    assert offending == []


def test_requirements_are_pinned_and_hashed() -> None:
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        pins = re.findall(r"^[a-z0-9][^\s=]*==[^\s]+", text, re.MULTILINE)
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)
        assert "http" not in text


def test_what_is_declared_is_what_is_installed_for_users() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=]", d)[0].lower() for d in declared}
    pinned = set(
        re.findall(
            r"^([a-z0-9][a-z0-9_.-]*)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE
        )
    )
    assert names <= pinned


def test_no_module_is_named_after_nothing() -> None:
    assert [p for p in tracked() if re.fullmatch(r"(utils?|helpers?|common|misc)\.py", p.name)] == []


def test_every_column_says_what_it_means() -> None:
    for table in ALL.values():
        assert set(table.key) <= {c.name for c in table.columns}, table.name
        for column in table.columns:
            assert len(column.meaning) > 5, f"{table.name}.{column.name}"


def commands(group: Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    found: list[tuple[tuple[str, ...], object]] = []
    context = Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append(((*path, name), command))
        if isinstance(command, Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize(("path", "command"), commands(fairlead), ids=lambda value: str(value)[:40])
def test_every_command_has_help_and_json(path: tuple[str, ...], command: object) -> None:
    assert command.help, path  # type: ignore[attr-defined]
    if not isinstance(command, Group):
        assert any(p.name == "as_json" for p in command.params), path  # type: ignore[attr-defined]


def test_the_line_of_help_of_each_command_is_the_commands_own() -> None:
    for name, entry in COMMANDS.items():
        command = fairlead.get_command(Context(fairlead), name)
        assert command is not None
        assert command.get_short_help_str(100) == entry.help, name


def test_no_sentence_of_the_program_passes_judgement() -> None:
    judging = re.compile(r"\b(guilty|blacklist|is illegal|is legal|perpetrator|paedophile)\b", re.IGNORECASE)
    for path, text in texts():
        if path.suffix == ".py" and "src" in path.parts:
            for line in text.splitlines():
                assert (
                    not judging.search(line)
                    or "Known is not illegal" in line
                    or "known is not illegal" in line
                ), (
                    path,
                    line,
                )


def test_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make demo" in text
    assert "make test" in text
