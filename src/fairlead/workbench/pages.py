"""Every address of the workbench with the policies of reading and writing: the whole of its authorisation."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.register.actions import Action
from fairlead.workbench import streams
from fairlead.workbench.desk import View
from fairlead.workbench.policy import EVERYBODY, MEMBER, Policy, country, some, whole
from fairlead.workbench.views import (
    board,
    countries,
    evidence,
    find,
    home,
    judgement,
    law,
    leads,
    operation,
    own,
    persons,
    review,
    trust,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address, its view, and who may read and write there. ``write`` is None when nothing is written.

    ``atomic`` is False where a verb commits in steps of its own, because something outside the database (a
    package file, a signed checkpoint) must never run ahead of it.
    """

    path: str
    name: str
    view: View
    read: Policy | None
    write: Policy | None = None
    reads: bool = True
    writes: bool = False
    atomic: bool = True

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods the address answers."""
        return (("GET", "HEAD") if self.reads else ()) + (("POST",) if self.writes else ())


def _page(path: str, name: str, view: View, read: Policy | None) -> Page:
    return Page(path=path, name=name, view=view, read=read)


def _form(path: str, name: str, view: View, write: Policy, *, atomic: bool = True) -> Page:
    return Page(
        path=path, name=name, view=view, read=write, write=write, reads=False, writes=True, atomic=atomic
    )


def _both(path: str, name: str, view: View, read: Policy, write: Policy, *, atomic: bool = True) -> Page:
    return Page(path=path, name=name, view=view, read=read, write=write, writes=True, atomic=atomic)


_OP = "operations/<slug:operation>/"
_PERSON, _CONTENT = _OP + "persons/<str:person>/", _OP + "review/<str:sha256>/"
_LEAD = _OP + "leads/<str:lead>/"
_COUNTRY, _BOARD = _OP + "countries/<str:country>/", _OP + "action-day/"
VIEW, REVIEW, RELEASE = whole(Action.VIEW), whole(Action.REVIEW), country(Action.RELEASE)
COORDINATE, ADMINISTER = whole(Action.COORDINATE), whole(Action.ADMINISTER)

PAGES: tuple[Page, ...] = (
    _page("", "home", home.home, EVERYBODY),
    Page(path="me/", name="own", view=own.own, read=EVERYBODY, write=EVERYBODY, writes=True),
    _page(_OP, "operation", operation.overview, MEMBER),
    _form(_OP + "jobs/", "job", operation.job, some(Action.PROCESS)),
    _form(_OP + "jobs/<int:job>/stop/", "stop_job", operation.stop_job, some(Action.PROCESS)),
    Page(path=_OP + "events/", name="events", view=streams.events, read=some(Action.VIEW), atomic=False),
    _page(_OP + "exhibits/", "exhibits", evidence.exhibits, VIEW),
    _both(_OP + "exhibits/<path:number>/", "exhibit", evidence.exhibit, VIEW, whole(Action.ADD_EXHIBIT)),
    _page(_OP + "triage/", "triage", evidence.triage, VIEW),
    _page(_OP + "triage/<str:sha256>/", "content", evidence.content, VIEW),
    _page(_OP + "review/", "review", review.queue, REVIEW),
    _page(_OP + "review/next/", "following", review.following, REVIEW),
    _page(_OP + "review/picture/<str:token>/", "picture", review.picture, REVIEW),
    _form(_OP + "review/concealed/<str:token>/", "concealed", review.concealed, REVIEW),
    _both(_CONTENT, "look", review.look, REVIEW, REVIEW),
    _form(_CONTENT + "reveal/", "reveal", review.reveal, REVIEW),
    _page(_OP + "exposure/", "exposure", review.exposure, REVIEW),
    _page(_OP + "persons/", "persons", persons.listing, VIEW),
    _page(_PERSON, "person", persons.person, VIEW),
    _both(_PERSON + "judgement/", "judgement", judgement.judgement, whole(Action.JUDGE), whole(Action.JUDGE)),
    _page(_OP + "leads/", "leads", leads.listing, some(Action.VIEW)),
    _page(_LEAD, "lead", leads.lead, some(Action.VIEW)),
    _form(_LEAD + "hold/", "hold", leads.hold_person, whole(Action.PREPARE)),
    _form(_LEAD + "lift/", "lift", leads.lift_hold, whole(Action.RELEASE)),
    _form(_LEAD + "category/", "category", leads.category, some(Action.JUDGE)),
    _page(_OP + "countries/", "countries", countries.listing, some(Action.VIEW)),
    _page(_COUNTRY, "country", countries.country, country(Action.VIEW)),
    _form(_COUNTRY + "incoming/", "incoming", countries.incoming, country(Action.VIEW)),
    _form(_COUNTRY + "recall/", "recall", countries.recall_form, RELEASE),
    _page(_COUNTRY + "recalls/<str:name>/", "notice", countries.notice, country(Action.VIEW)),
    _page(_COUNTRY + "packages/<str:package>/", "package", countries.package, country(Action.VIEW)),
    _form(_COUNTRY + "prepare/", "prepare", countries.prepare, country(Action.PREPARE)),
    _page(_COUNTRY + "reading/", "reading", countries.reading, country(Action.PREPARE)),
    _page(_COUNTRY + "reading/<path:path>", "reading_file", countries.reading_file, country(Action.PREPARE)),
    _form(_COUNTRY + "releases/<int:waiting>/", "decide", countries.decide, RELEASE, atomic=False),
    _page(_OP + "law/", "law", law.matrix, some(Action.VIEW)),
    _page(_OP + "law/<str:code>/", "jurisdiction", law.jurisdiction, some(Action.VIEW)),
    _page(_BOARD, "board", board.board, some(Action.VIEW)),
    _page(_BOARD + "sheet/", "sheet", board.sheet, some(Action.VIEW)),
    _form(_BOARD + "plan/", "plan", board.plan, COORDINATE),
    _form(_BOARD + "incidents/", "incident", board.incident, some(Action.VIEW)),
    _form(_BOARD + "<str:country>/", "entry", board.entry, country(Action.VIEW)),
    _both(_OP + "press/", "press", board.press, MEMBER, COORDINATE),
    _page(_OP + "find/", "find", find.find, some(Action.VIEW)),
    _both(_OP + "ledger/", "ledger", trust.ledger, VIEW, COORDINATE, atomic=False),
    _both(_OP + "administration/", "administration", trust.administration, ADMINISTER, ADMINISTER),
    _both(_OP + "administration/retention/", "retention", trust.retention, ADMINISTER, ADMINISTER),
    _both(_OP + "administration/backups/", "backups", trust.backups, ADMINISTER, ADMINISTER),
)
