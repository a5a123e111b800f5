"""Under which acts of the law conduct on a platform is asked; the list is data with reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fairlead.terms.errors import RunError
from fairlead.terms.law import Fact, LegalAct
from fairlead.terms.platform import PlatformAct


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The acts of the law that one act on a platform is asked under, none included, why, and what its record states."""

    legal_acts: tuple[LegalAct, ...]
    reason: str
    facts: tuple[Fact, ...] = ()


@cache
def platform_acts() -> Mapping[PlatformAct, Asked]:
    """The shipped list; RunError unless it names every platform act once."""
    text = (resources.files("fairlead.law") / "data" / "platform_acts.toml").read_text("utf-8")
    table = tomllib.loads(text)
    if set(table) != set(PlatformAct):
        raise RunError(
            "platform_acts.toml does not name every act on a platform",
            "Add the missing act with legal_acts and a reason.",
            code="LAW-ACTS",
        )
    return {
        PlatformAct(name): Asked(
            legal_acts=tuple(LegalAct(act) for act in row["legal_acts"]),
            reason=row["reason"],
            facts=tuple(Fact(fact) for fact in row.get("facts", ())),
        )
        for name, row in table.items()
    }
