"""Writes `fairlead/attribution/data/given_names.txt` from the given names that Faker knows (MIT licence).

python -m benchmarks.linkage.given_names
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from importlib import metadata, resources
from pathlib import Path

import faker.providers.person as locales

from fairlead.attribution.names import fold

HEAD = """# Given names in comparable form, one a line, from the lists of Faker {version} (MIT licence, https://faker.readthedocs.io).
# Written by `python -m benchmarks.linkage.given_names`.
"""
WITHOUT_VOWELS = re.compile(
    "[\u0590-\u08ff]"
)  # Hebrew and Arabic: their transliteration is no name's Latin form


def main() -> None:
    found: set[str] = set()
    for module in pkgutil.iter_modules(locales.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            listed = getattr(provider, attribute) if attribute.startswith("first_names") else ()
            if not isinstance(listed, property):
                found |= {fold(str(name)) for name in listed if not WITHOUT_VOWELS.search(str(name))}
    kept = sorted(name for name in found if name.isascii() and name.isalpha() and len(name) > 1)
    target = Path(str(resources.files("fairlead.attribution"))) / "data" / "given_names.txt"
    target.write_text(HEAD.format(version=metadata.version("faker")) + "\n".join(kept) + "\n")
    print(len(kept), "given names")


if __name__ == "__main__":
    main()
