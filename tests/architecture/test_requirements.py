"""What the program imports is what it says it needs, and every need is pinned."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

import pytest

from fairlead.terms.errors import UsageError

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fairlead"

# Needed and never imported by a line of the program, each with its reason.
NOT_IMPORTED = {
    "django-htmx": "named in the settings of the workbench",
    "pylibmagic": "the library that python-magic's callers load",
    "tzdata": "zoneinfo reads it where the system has none",
    "whitenoise": "named in the settings of the workbench",
}


def name_of(requirement: str) -> str:
    """A requirement's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement.strip())[0]).lower()


def declared() -> tuple[set[str], set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {name_of(one) for listed in project["optional-dependencies"].values() for one in listed}
    return {name_of(one) for one in project["dependencies"]}, extra


def imported() -> dict[str, str]:
    """Names of distributions that the program imports, each with a module that does."""
    known, found = packages_distributions(), {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                if top == "fairlead" or top in sys.stdlib_module_names:
                    continue
                for distribution in known.get(top, [top]):
                    found[name_of(distribution)] = path.relative_to(SOURCE).as_posix()
    return found


def test_what_is_imported_is_declared() -> None:
    needed, extra = declared()
    assert {name: where for name, where in imported().items() if name not in needed | extra} == {}


def test_what_is_declared_is_imported_or_has_a_reason() -> None:
    needed, _ = declared()
    assert needed - set(imported()) == set(NOT_IMPORTED)


def test_every_need_is_pinned_and_asked_for() -> None:
    needed, _ = declared()
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pinned = {
            name_of(line.split("==")[0]) for line in text.splitlines() if re.match(r"[a-zA-Z0-9]", line)
        }
        assert needed - pinned == set()
    asked = {
        name_of(line)
        for line in (ROOT / "requirements" / "run.in").read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    }
    assert asked - {"setuptools"} == needed


PERMISSIVE = (
    "MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "CC0", "Unlicense", "Zlib", "0BSD", "MPL-2.0",
    "Mozilla Public License 2.0", "LGPL", "GNU Lesser General Public License", "Public Domain", "HPND",
)  # fmt: skip
# Said in another place than the metadata; read at the source, with the file that says it.
READ_AT_THE_SOURCE = {
    "apsw": "Zlib, or any licence that the OSI approves (LICENSE in the wheel)",
    "pyrage": "MIT (LICENSE in the wheel)",
}


def test_every_requirement_of_a_run_is_under_a_licence_that_lets_an_agency_change_and_pass_it_on() -> None:
    text = (ROOT / "requirements" / "run.txt").read_text()
    strange = {}
    for name in re.findall(r"(?m)^([a-z0-9][a-z0-9_.-]*)==", text):
        said = metadata(name)
        stated = [said.get("License-Expression"), (said.get("License") or "").partition("\n")[0]]
        stated += [
            line.rpartition("::")[2]
            for line in said.get_all("Classifier") or ()
            if line.startswith("License")
        ]
        words = " / ".join(filter(None, stated))
        copyleft = re.search(r"\b(A?GPL)|(?<!Lesser )General Public", words)
        if (copyleft or not any(one in words for one in PERMISSIVE)) and name not in READ_AT_THE_SOURCE:
            strange[name] = words
    assert strange == {}


def test_names_for_training_come_with_training_only(monkeypatch) -> None:
    from fairlead.training import people

    assert "faker" not in (ROOT / "requirements" / "run.txt").read_text()
    monkeypatch.setattr(people, "import_module", lambda name: __import__(name.replace("faker", "no_faker")))
    people._names.cache_clear()
    with pytest.raises(UsageError, match="USAGE-TRAINING"):
        people._names("SE")
    people._names.cache_clear()
