"""Small folders of law files for tests: the fictional country, and ways to spoil it."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

from fairlead.law.load import shipped_folder
from fairlead.law.toml import write_toml


def zedland(folder: Path) -> Path:
    """A folder that holds the fictional country and its source only; returns it."""
    shutil.copytree(shipped_folder() / "zz", folder / "zz")
    sources = tomllib.loads((shipped_folder() / "sources.toml").read_text("utf-8"))
    (folder / "sources.toml").write_text(write_toml({"Z1": sources["Z1"]}), "utf-8")
    return folder


def change(file: Path, **fields: Any) -> None:
    """Set fields of a file's first version, or of its only record; None takes a field away."""
    table = json.loads(json.dumps(tomllib.loads(file.read_text("utf-8"))))
    record = table["version"][0] if "version" in table else table
    for name, value in fields.items():
        if value is None:
            record.pop(name)
        else:
            record[name] = value
    file.write_text(write_toml(table), "utf-8")
