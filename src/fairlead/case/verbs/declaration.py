"""What a verb is: its right, what the ledger calls it, what it changes, and how people reach it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.case.place.session import Session
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.terms.custody import Operation

AGAIN = "Run the same again: it finishes what is left."
SINGLE = "Nothing is ever half done: the change and its entry are one transaction."


Of = Callable[[Session, Mapping[str, Any]], str]
"""Finds the country that an act concerns, from the session and the arguments of the act by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One way to change the operation.

    Any of ``actions`` is right enough, for the country that ``of`` finds. ``about`` names the parameters that say what
    is changed: an act that was cut short is finished by the next one of the same verb about the same. ``whole`` acts
    change the register alone, in one transaction with their entry. ``also`` are further entries an act may write.
    """

    name: str
    actions: tuple[Action, ...]
    becomes: Operation
    purpose: str
    of: Of
    concerns: str
    about: tuple[str, ...]
    reason: bool
    people: int
    whole: bool
    command: str
    page: str
    also: tuple[str, ...]
    finish: str
    module: str
    function: str
    signature: inspect.Signature

    def writes(self, operation: Operation, what: str) -> bool:
        """Whether an entry of that kind and name belongs to this verb."""
        return (operation is self.becomes and what == self.name) or what in self.also


VERBS: dict[str, Verb] = {}
"""Every declared verb by name; filled as the desks are imported (``registry.all_verbs``)."""


def whole_operation(_session: Session, _given: Mapping[str, Any]) -> str:
    """The act concerns no one country."""
    return WHOLE_OPERATION


def in_country(parameter: str) -> Of:
    """The act concerns the country that a parameter names."""

    def found(_session: Session, given: Mapping[str, Any]) -> str:
        return str(given[parameter])

    return found
