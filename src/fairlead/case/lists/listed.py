"""What a list is: its columns, filters and order, declared once; page, CSV, JSON and command line are faces of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, auto

from fairlead.case.lists.prepared import View


def gettext_noop(text: str) -> str:
    """A text that faces translate for whoever reads it; marked here, so that translators are given it."""
    return text


class Face(Flag):
    """Where a column is shown. CSV and JSON of a page hold what the page shows."""

    PAGE = auto()
    SHELL = auto()
    BOTH = PAGE | SHELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the row, its heading, how it looks, whether it links to the row's page, and its faces."""

    name: str
    label: str
    kind: str = "text"
    link: bool = False
    face: Face = Face.BOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list: what it is called, what a row is, its columns, filters and order, and what to say when it is empty.

    ``row`` is the type of a row; a column, filter, order or searched name that it lacks is a TypeError when the list is
    declared, which is when the program starts. Rows of tables come from a ``view``, whose statement ``check_view`` holds
    against the same type.
    """

    name: str
    title: str
    row: type
    columns: tuple[Column, ...]
    view: View | None = None
    facets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    digest: str = ""
    lead_in: str = ""
    empty: str = ""

    def __post_init__(self) -> None:
        if self.view is not None:
            object.__setattr__(self, "facets", self.view.facets)
        named = [column.name for column in self.columns]
        named += [*self.facets, *self.searched, *self.order, *self.labels, *filter(None, [self.digest])]
        if lacking := set(named) - set(self.row.__annotations__):
            raise TypeError(f"rows of the list {self.name} have no column {', '.join(sorted(lacking))}")

    @property
    def on_page(self) -> tuple[Column, ...]:
        """The columns of the page, of its CSV and of its JSON."""
        return tuple(column for column in self.columns if Face.PAGE in column.face)

    @property
    def at_the_shell(self) -> list[str]:
        """The columns that a command prints."""
        return [column.name for column in self.columns if Face.SHELL in column.face]
