"""Every address of the workbench with the policies of reading and writing: the whole of its authorisation."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.register.actions import Action
from fairlead.workbench.desk import View
from fairlead.workbench.policy import EVERYBODY, MEMBER, Policy, some, whole
from fairlead.workbench.views import home, leads, operation, persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address, its view, and who may read and write there. ``write`` is None when nothing is written."""

    path: str
    name: str
    view: View
    read: Policy | None
    write: Policy | None = None
    reads: bool = True
    writes: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods the address answers."""
        return (("GET", "HEAD") if self.reads else ()) + (("POST",) if self.writes else ())


def _page(path: str, name: str, view: View, read: Policy | None) -> Page:
    return Page(path=path, name=name, view=view, read=read)


def _form(path: str, name: str, view: View, write: Policy | None) -> Page:
    return Page(path=path, name=name, view=view, read=write, write=write, reads=False, writes=True)


_OP = "operations/<slug:operation>/"
VIEW, JUDGE, PREPARE, RELEASE = Action.VIEW, Action.JUDGE, Action.PREPARE, Action.RELEASE

PAGES: tuple[Page, ...] = (
    _page("", "home", home.home, EVERYBODY),
    _page(_OP, "operation", operation.overview, MEMBER),
    _page(_OP + "persons/", "persons", persons.listing, whole(VIEW)),
    _page(_OP + "persons/<str:person>/", "person", persons.person, whole(VIEW)),
    _page(_OP + "leads/", "leads", leads.listing, some(VIEW)),
    _page(_OP + "leads/<str:lead>/", "lead", leads.lead, some(VIEW)),
)
