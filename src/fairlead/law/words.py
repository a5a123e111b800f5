"""The words in which pages, forms and answers say what records hold: data, complete by check at import."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from typing import TypeVar

from fairlead.terms.errors import RunError
from fairlead.terms.law import Basis, Fact, ImageClass, LegalAct, ProvisionStatus, Standing, TierKind

Word = TypeVar("Word", bound=StrEnum)

_TABLE = tomllib.loads((resources.files("fairlead.law") / "data" / "words.toml").read_text("utf-8"))


def _words(name: str, words: type[Word]) -> Mapping[Word, str]:
    """One table of the file; RunError unless it says every word of the list and no other."""
    held = _TABLE.get(name, {})
    if set(held) != {word.value for word in words}:
        raise RunError(
            f"words.toml, {name}, does not say every word of its list",
            "Add the missing word, or take away the one that is not of the list.",
            code="LAW-WORDS",
        )
    return {word: str(held[word.value]) for word in words}


ACT_WORDS = _words("act", LegalAct)
IMAGE_WORDS = _words("image", ImageClass)
REST_WORDS = _words("rest", Basis)
STATUS_WORDS = _words("status", ProvisionStatus)
FACT_WORDS = _words("fact", Fact)
TIER_WORDS = _words("tier", TierKind)
STANDING_WORDS = _words("standing", Standing)
