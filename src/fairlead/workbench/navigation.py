"""What the navigation offers: only what the policies would open."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.register.actions import Action
from fairlead.workbench.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries under a heading."""

    name: str
    items: tuple[Item, ...]


def groups_for(desk: Desk, path: str) -> list[Group]:
    """The groups with at least one entry for this user."""
    sight = desk.offers()["sight"]
    wanted: tuple[tuple[str, tuple[tuple[str, str, bool], ...]], ...] = (
        ("", ((_("Operation"), "operation", True),)),
        (
            _("Evidence"),
            (
                (_("Exhibits and custody"), "exhibits", desk.whole),
                (_("Triage"), "triage", desk.whole),
                (_("Review"), "review", desk.may(Action.REVIEW)),
            ),
        ),
        (
            _("People"),
            (
                (_("Persons"), "persons", desk.whole),
                (_("Leads"), "leads", sight),
                (_("Countries and packages"), "countries", sight),
                (_("Law"), "law", sight),
            ),
        ),
        (
            _("Coordination"),
            (
                (_("Action day"), "board", sight),
                (_("Press desk"), "press", True),
                (_("Find"), "find", sight),
            ),
        ),
        (
            _("Trust"),
            (
                (_("Ledger"), "ledger", desk.whole),
                (_("My exposure"), "exposure", desk.may(Action.REVIEW)),
                (_("Administration"), "administration", desk.may(Action.ADMINISTER)),
                (_("Retention"), "retention", desk.may(Action.ADMINISTER)),
                (_("Backups"), "backups", desk.may(Action.ADMINISTER)),
            ),
        ),
    )
    groups = []
    for name, entries in wanted:
        items = tuple(
            Item(label=label, url=url, current=_is_current(page, url, path))
            for label, page, offered in entries
            if offered and (url := reverse(page, args=[desk.operation]))
        )
        if items:
            groups.append(Group(name=name, items=items))
    return groups


def _is_current(page: str, url: str, path: str) -> bool:
    return path == url if page in ("operation", "administration") else path.startswith(url)
