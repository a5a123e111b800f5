"""The one runner: right, intent, the work, the ledger's entry, intent closed; in this order for everything."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import psutil

from fairlead.case.place.session import Session
from fairlead.case.verbs.declaration import Verb
from fairlead.register.actions import WHOLE_OPERATION
from fairlead.register.intent import Intent, IntentState, Kept
from fairlead.register.pending import Pending
from fairlead.terms.errors import FairleadError, UsageError

Answer = TypeVar("Answer")


@dataclass(slots=True, kw_only=True)
class Doing:
    """One act while it is done: its intent, and the open ones of earlier acts that it finishes."""

    verb: Verb
    session: Session
    intent: int
    earlier: tuple[Intent, ...]
    entries: list[int] = field(default_factory=list)

    def keep(self, facts: Kept) -> Kept:
        """Keep facts of the state before the change; returns those of an earlier act, should this one finish it."""
        from fairlead.register.intents import keep_with

        facts = self.before or facts
        keep_with(self.session.user_id, self.intent, facts)
        return facts

    @property
    def finishes(self) -> bool:
        """Whether an earlier act of the same verb about the same was cut short."""
        return bool(self.earlier)

    @property
    def before(self) -> Kept:
        """What the act that was cut short had kept; empty when there is none."""
        return next((i.kept for i in reversed(self.earlier) if i.kept), {})

    def writes(self, what: str) -> bool:
        """Whether an entry of that name is the act's own."""
        return what == self.verb.name or what in self.verb.also

    def entered(self, pending: Pending, *, at: datetime) -> int:
        """Add an entry of this act to the ledger; the act's own closes its intents. TypeError for a foreign one."""
        from fairlead.register.intents import record_and_close

        if not self.verb.writes(pending.operation, pending.what):
            raise TypeError(f"the verb {self.verb.name} does not write {pending.what}")
        closing = pending.what == self.verb.name
        intents = [self.intent, *(i.id for i in self.earlier)] if closing else []
        index = record_and_close(self.session.user_id, pending, intents, at=at)
        if closing:
            self.entries.append(index)
        return index


def run(verb: Verb, session: Session, given: Mapping[str, Any], work: Callable[[Session], Answer]) -> Answer:
    """Do an act of a verb: check the right, write the intent, work, and see it closed.

    Raises what the work raises. UsageError means that nothing was changed and closes the intent; after any other error,
    and after a kill, it stays open: `fairlead doctor` names it, and the same act finishes it.
    """
    country = verb.of(session, given)
    session.require(*verb.actions, country=country)
    _require_part(session, country)
    if verb.reason and not str(given["reason"]).strip():
        raise UsageError("this needs a reason", "Say why; at the shell with --reason.", code="USAGE-REASON")
    if verb.whole:
        return _as_one(verb, session, country, given, work)
    return _step_by_step(verb, session, country, given, work)


def _require_part(session: Session, country: str) -> None:
    """An act that concerns a country concerns one that takes part; UsageError for any other string."""
    if country == WHOLE_OPERATION:
        return
    from fairlead.register.people import countries_of, get_user_by_id

    if country not in countries_of(get_user_by_id(session.user_id), session.operation, at=session.clock()):
        raise UsageError(
            f"{country[:8]!r} is no country of this operation",
            "The operation's page lists the countries that take part.",
            code="USAGE-COUNTRY",
        )


def _as_one(
    verb: Verb,
    session: Session,
    country: str,
    given: Mapping[str, Any],
    work: Callable[[Session], Answer],
) -> Answer:
    from fairlead.register.gate import acting_as
    from fairlead.register.models import User

    with acting_as(User(pk=session.user_id)):
        doing = _begin(verb, session, country, given)
        answer = work(replace(session, doing=doing))
        _close(doing)
    return answer


def _step_by_step(
    verb: Verb,
    session: Session,
    country: str,
    given: Mapping[str, Any],
    work: Callable[[Session], Answer],
) -> Answer:
    doing = _begin(verb, session, country, given)
    try:
        answer = work(replace(session, doing=doing))
    except UsageError as refused:
        _end(doing, IntentState.REFUSED, refused.code)
        raise
    except BaseException as problem:
        code = problem.code if isinstance(problem, FairleadError) else type(problem).__name__
        _end(doing, IntentState.OPEN, code)
        raise
    _close(doing)
    return answer


def _begin(verb: Verb, session: Session, country: str, given: Mapping[str, Any]) -> Doing:
    from fairlead.register.intents import find_open, open_intent

    about = digest_of(verb.name, {name: given[name] for name in verb.about})
    at = session.clock()
    earlier = find_open(session.user_id, session.operation, at=at, verb=verb.name, about=about)
    intent = open_intent(
        session.user_id,
        session.operation,
        country,
        verb=verb.name,
        about=about,
        arguments=digest_of(verb.name, given),
        process=this_process(),
        at=at,
    )
    gone = tuple(i for i in earlier if is_cut_short(i))
    return Doing(verb=verb, session=session, intent=intent, earlier=gone)


def _close(doing: Doing) -> None:
    """An act that found nothing to change, or whose entry another one of its kind has closed, leaves no intent."""
    if not doing.entries:
        _end(doing, IntentState.DONE, "")


def _end(doing: Doing, state: IntentState, code: str) -> None:
    from fairlead.register.intents import end_intents

    intents = [doing.intent, *(i.id for i in doing.earlier)] if state is IntentState.DONE else [doing.intent]
    end_intents(doing.session.user_id, intents, state, at=doing.session.clock(), code=code[:40])


def digest_of(name: str, given: Mapping[str, Any]) -> str:
    """The digest of a verb's name and arguments: the same act has the same, and nothing can be read from it."""
    text = json.dumps([name, {key: _plain(value) for key, value in given.items()}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON has it, for the digest only."""
    match value:
        case Enum():
            return value.value
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    return repr(value)


def this_process() -> str:
    """Which process does an act: computer, number, and when it began, since numbers are used again."""
    me = psutil.Process(os.getpid())
    return f"{socket.gethostname()[:40]}/{me.pid}/{me.create_time():.2f}"


def is_cut_short(intent: Intent) -> bool:
    """Whether nobody is at an open intent any more: it broke off with an error, or its process is gone."""
    return bool(intent.code) or not is_at_work(intent.process)


def is_at_work(process: str) -> bool:
    """Whether the process that began an act still runs; one of another computer is taken to run."""
    try:
        host, number, began = process.rsplit("/", 2)
        if host != socket.gethostname()[:40]:
            return True
        return bool(abs(psutil.Process(int(number)).create_time() - float(began)) < 1)
    except (ValueError, psutil.NoSuchProcess):
        return False
