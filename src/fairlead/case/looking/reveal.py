"""The reveal ladder: a content is shown one step further at a time, and every step is noted before it is taken."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import TypedDict

from fairlead.case.lists.states import TRIAGE_TABLES
from fairlead.case.looking.derive import DeriveJob
from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.review import PURPOSE_FROM, Purpose, RevealLevel

_LINK_LIVES = timedelta(seconds=60)
_LONGEST_S = 600.0


@verb(
    "review.reveal",
    Action.REVIEW,
    becomes=Operation.CONSULTATION,
    command="none: pictures are looked at in the workbench only",
    page="workbench:reveal",
    about=("sha256",),
    whole=True,
)
def ask_to_see(session: Session, sha256: str, *, level: int, purpose: str) -> str:
    """Note that the user wants to see a content one step further; returns a token for one look.

    No step is left out, and from level 3 on a purpose is given. UsageError otherwise.
    """
    from fairlead.register.reviews import highest_level, record_exposure

    session.require(Action.REVIEW)
    seen = highest_level(session.user_id, session.operation, sha256, at=session.clock())
    if not RevealLevel.LINES <= level <= RevealLevel.COLOUR or level > seen + 1:
        raise UsageError(
            "the ladder is climbed one step at a time", "Ask for the next level.", code="USAGE-REVEAL"
        )
    if level >= PURPOSE_FROM and purpose not in {p.value for p in Purpose}:
        raise UsageError("this level needs a purpose", "Choose why you look.", code="USAGE-REVEAL")
    token = secrets.token_urlsafe(24)
    record_exposure(
        session.user_id,
        session.operation,
        sha256,
        level=level,
        purpose=purpose if level >= PURPOSE_FROM else "",
        token=token,
        at=session.clock(),
    )
    session.record(
        Operation.CONSULTATION, "review.reveal", (sha256,), purpose or "ladder", facts={"level": level}
    )
    return token


def picture_of(session: Session, token: str) -> bytes:
    """The PNG of a token that this user asked for within the last minute, once. LookupError otherwise."""
    from fairlead.register.reviews import open_exposure

    session.require(Action.REVIEW)
    at = session.clock()
    asked = open_exposure(session.user_id, session.operation, token, since=at - _LINK_LIVES, at=at)
    if asked is None:
        raise LookupError(token)
    catalogue = Catalogue(session.store, TRIAGE_TABLES)
    try:
        rows = catalogue.rows_as(
            _Seen, "SELECT exhibit, locator, family FROM contents WHERE sha256 = $s", {"s": asked["subject"]}
        )
    finally:
        catalogue.close()
    if not rows:
        raise LookupError(token)
    mark = f"{session.user_name} {at:%Y-%m-%d %H:%M}Z {asked['purpose']} {token[:6]}"
    return _derive(session, rows[0], asked["level"], mark)


_POOLS: dict[str, SandboxPool] = {}
_ONE_AT_A_TIME = threading.Lock()
"""A pool answers one job after the other; the server has several threads."""


class _Seen(TypedDict):
    exhibit: str
    locator: str
    family: str | None


def _derive(session: Session, row: _Seen, level: int, mark: str) -> bytes:
    header: DeriveJob = {"level": level, "family": row["family"], "mark": mark}
    with _ONE_AT_A_TIME:
        if "derive" not in _POOLS:
            _POOLS["derive"] = SandboxPool(
                handler="fairlead.case.looking.derive:handle",
                limits=SandboxLimits(memory_bytes=2 << 30, deadline_s=20, reply_bytes=32 << 20, threads=True),
            )
        try:
            with opener_of(session)(row["exhibit"], row["locator"]) as descriptor:
                reply = _POOLS["derive"].call(header, [descriptor])
        except ItemError as problem:
            raise LookupError(problem.code) from problem
    if reply.outcome is not Outcome.OK:
        raise LookupError(reply.outcome.value)
    return bytes.fromhex(str(reply.body.get("png", "")))


def note_seconds(session: Session, token: str, untrusted_seconds: str) -> None:
    """Add the time for which something was shown; what the browser says is bounded."""
    from fairlead.register.reviews import add_seconds

    try:
        seconds = float(untrusted_seconds)
    except ValueError:
        return
    if 0 < seconds <= _LONGEST_S:
        add_seconds(session.user_id, token, seconds, at=session.clock())
