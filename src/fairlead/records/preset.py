"""Presets: mappings of known programs to begin with, those of the program and of other packages. Each is a TOML text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

from fairlead.engine.doors import Door

TOLD = ("about", "origin", "of")
"""Keys of a preset that say what it is, and go into no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A mapping to begin with. ``of`` is the kind of source it is for, ``origin`` where its format is published."""

    kind: ClassVar[str] = "preset"

    name: str
    about: str
    of: str
    origin: str
    text: str


PRESETS: Door[Preset] = Door(Preset)
"""Mappings of known programs, by name."""

for _entry in sorted(
    (resources.files("fairlead.records") / "presets").iterdir(), key=lambda entry: entry.name
):
    if _entry.name.endswith(".toml"):
        _text = _entry.read_text("utf-8")
        _told = tomllib.loads(_text)
        PRESETS.register(
            Preset(name=_entry.name.removesuffix(".toml"), text=_text, **{key: _told[key] for key in TOLD})
        )
