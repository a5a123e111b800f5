"""Roles, actions, and which role may do what. Plain words: nothing here needs the database."""

from __future__ import annotations

from enum import StrEnum

WHOLE_OPERATION = "*"


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


MAY: dict[str, frozenset[Action]] = {
    Role.LEAD_OFFICER: frozenset(Action) - {Action.ANSWER},
    Role.ANALYST: frozenset({Action.VIEW, Action.PROCESS, Action.JUDGE, Action.PREPARE}),
    Role.EXAMINER: frozenset({Action.VIEW, Action.ADD_EXHIBIT, Action.PROCESS}),
    Role.LEGAL_ADVISER: frozenset({Action.VIEW}),
    Role.LIAISON: frozenset({Action.VIEW, Action.ANSWER}),
    Role.PRESS: frozenset(),
}
