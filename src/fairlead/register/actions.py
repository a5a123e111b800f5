"""Roles, actions, and which role may do what. Plain words: nothing here needs the database."""

from __future__ import annotations

from enum import StrEnum

WHOLE_OPERATION = "*"
"""The country of a grant, or of a row, that concerns an operation as a whole."""


class Role(StrEnum):
    """What a person is in an operation."""

    LEAD_OFFICER = "lead_officer"
    ANALYST = "analyst"
    EXAMINER = "examiner"
    LEGAL_ADVISER = "legal_adviser"
    LIAISON = "liaison"
    PRESS = "press"


class Action(StrEnum):
    """What somebody may want to do to a row."""

    VIEW = "view"
    ADD_EXHIBIT = "add_exhibit"
    PROCESS = "process"
    JUDGE = "judge"
    PREPARE = "prepare"
    RELEASE = "release"
    ANSWER = "answer"
    REVIEW = "review"
    COORDINATE = "coordinate"
    ADMINISTER = "administer"


MAY: dict[str, frozenset[Action]] = {
    Role.LEAD_OFFICER: frozenset(Action) - {Action.ANSWER, Action.REVIEW},
    Role.ANALYST: frozenset({Action.VIEW, Action.PROCESS, Action.JUDGE, Action.PREPARE}),
    Role.EXAMINER: frozenset({Action.VIEW, Action.ADD_EXHIBIT, Action.PROCESS, Action.REVIEW}),
    Role.LEGAL_ADVISER: frozenset({Action.VIEW}),
    Role.LIAISON: frozenset({Action.VIEW, Action.ANSWER}),
    Role.PRESS: frozenset(),
}

WITHOUT_SIGHT: frozenset[str] = frozenset(role for role in Role if Action.VIEW not in MAY[role])
"""Roles whose grant shows no row of an operation: they see what was released, and nothing else."""

AFTER_RELEASE: frozenset[str] = frozenset({Role.LIAISON})
"""Roles of the country that receives: of leads they see the versions that two officers released to it."""
