"""One made-up operation, worked from exhibits to packages through the command line, for all tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore

SEED = 23
SCALE = 0.85


def fairlead(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, in a process of its own and without this process's database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    done = subprocess.run(
        [sys.executable, "-m", "fairlead", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if check and done.returncode not in (0, 1):
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def ask(*arguments: str | Path) -> dict[str, Any]:
    """The JSON answer of a command."""
    answer: dict[str, Any] = json.loads(fairlead(*arguments, "--json").stdout.splitlines()[-1])
    return answer


@dataclass(frozen=True)
class Worked:
    """A finished demo: where its parts lie, and the summary it printed."""

    made: Path
    lead: Path
    partner: Path
    keys: Path
    summary: dict[str, Any]

    def truth(self, name: str) -> Any:
        return json.loads((self.made / "truth" / f"{name}.json").read_text())

    def sql(self, statement: str) -> list[dict[str, Any]]:
        catalogue = Catalogue(PartStore(self.lead / "operations" / "lanternfish" / "tables"))
        try:
            return catalogue.rows(statement)
        finally:
            catalogue.close()


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    summary = ask("demo", "--workspace", folder, "--seed", str(SEED), "--scale", str(SCALE))
    return Worked(
        made=folder / "operation",
        lead=folder / "denmark",
        partner=folder / "sweden",
        keys=folder / "partner-keys",
        summary=summary,
    )
