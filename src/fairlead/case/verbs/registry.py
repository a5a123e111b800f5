"""Every verb of the program, found by importing the floor of desks."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import fairlead.case
from fairlead.case.verbs.declaration import VERBS, Verb


@cache
def all_verbs() -> dict[str, Verb]:
    """All declared verbs by name, in the order of their names."""
    for module in pkgutil.walk_packages(fairlead.case.__path__, "fairlead.case."):
        importlib.import_module(module.name)
    return dict(sorted(VERBS.items()))
