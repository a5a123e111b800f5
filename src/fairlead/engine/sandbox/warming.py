"""What workers load before the lock, because Python would otherwise load it when it is first asked for."""

from __future__ import annotations

import encodings
import importlib
import pkgutil

_OF_WINDOWS = frozenset({"mbcs", "oem", "cp65001"})


def load_character_sets() -> None:
    """All character sets that Python knows on this computer."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _OF_WINDOWS:
            importlib.import_module(f"encodings.{module.name}")
