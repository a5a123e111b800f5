"""Declares a function of a desk as a verb."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from fairlead.case.place.session import Session
from fairlead.case.verbs.declaration import AGAIN, SINGLE, VERBS, Of, Verb, whole_operation
from fairlead.case.verbs.running import run
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def verb(
    name: str,
    *actions: Action,
    becomes: Operation,
    command: str,
    page: str,
    of: Of = whole_operation,
    concerns: str = "",
    about: tuple[str, ...] = (),
    reason: bool = False,
    people: int = 1,
    whole: bool = False,
    also: tuple[str, ...] = (),
    finish: str = "",
) -> Callable[[Callable[Concatenate[Session, Given], Answer]], Callable[Concatenate[Session, Given], Answer]]:
    """Declare a function of a desk as a verb; its first parameter is the session.

    ``command`` and ``page`` name where people reach it, or say in a sentence why not. TypeError when a verb has no
    right, no purpose, a name that is taken, or names a parameter that the function does not have.
    """

    def declare(
        function: Callable[Concatenate[Session, Given], Answer],
    ) -> Callable[Concatenate[Session, Given], Answer]:
        signature = inspect.signature(function)
        purpose = (inspect.getdoc(function) or "").split("\n", 1)[0]
        if not actions:
            raise TypeError(f"the verb {name} has no right: name the action that it needs")
        if not purpose:
            raise TypeError(f"the verb {name} does not say what it is for: give it a docstring")
        if name in VERBS:
            raise TypeError(f"there are two verbs {name}")
        wanted = {*about, *(("reason",) if reason else ())}
        if unknown := wanted - set(signature.parameters):
            raise TypeError(f"the verb {name} names parameters that it does not have: {sorted(unknown)}")
        declared = Verb(
            name=name,
            actions=actions,
            becomes=becomes,
            purpose=purpose,
            of=of,
            concerns=concerns or ("the whole operation" if of is whole_operation else "the country"),
            about=about,
            reason=reason,
            people=people,
            whole=whole,
            command=command,
            page=page,
            also=also,
            finish=finish or (SINGLE if whole else AGAIN),
            module=function.__module__,
            function=function.__name__,
            signature=signature,
        )
        VERBS[name] = declared

        @wraps(function)
        def act(session: Session, /, *args: Given.args, **kwargs: Given.kwargs) -> Answer:
            given = signature.bind(session, *args, **kwargs)
            given.apply_defaults()
            named = dict(given.arguments)
            named.pop(next(iter(signature.parameters)))
            return run(declared, session, named, lambda doing: function(doing, *args, **kwargs))

        return act

    return declare
