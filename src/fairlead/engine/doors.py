"""Doors: readers of formats register here, the program's own and those that other packages bring.

A package brings readers through the entry-point group ``fairlead.readers``; each entry point is one reader, whose
``kind`` says at which door it belongs. Help, errors, reference pages and tests are made from what is registered.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import ClassVar, Generic, Protocol, TypeVar

from fairlead.terms.errors import RunError

GROUP = "fairlead.readers"


class Reader(Protocol):
    """What every reader says of itself."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """The name under which a user asks for it."""
        ...

    @property
    def about(self) -> str:
        """What it reads, in one line."""
        ...


Kind = TypeVar("Kind", bound=Reader)


class Door(Generic[Kind]):
    """Readers of one kind, by name, in the order in which they were registered."""

    def __init__(self, reader: type[Kind]) -> None:
        self.kind = reader.kind
        self._reader = reader
        self._readers: dict[str, Kind] = {}

    def register(self, reader: Kind) -> Kind:
        """Add a reader; ValueError when the name is taken: no package replaces another one's reader."""
        if reader.name in self._readers:
            raise ValueError(f"there are two readers of {self.kind} named {reader.name}")
        self._readers[reader.name] = reader
        return reader

    def all(self) -> dict[str, Kind]:
        """Every reader by name. RunError RUN-READER when a package's reader cannot be used."""
        for name, brought in _brought():
            if getattr(brought, "kind", None) != self.kind or brought in self._readers.values():
                continue
            if not isinstance(brought, self._reader):
                raise _unusable(name)
            try:
                self.register(brought)
            except ValueError as problem:
                raise _unusable(name) from problem
        return dict(self._readers)

    def names(self) -> list[str]:
        """The names of all readers."""
        return list(self.all())

    def get(self, name: str) -> Kind:
        """The reader of a name; LookupError when there is none."""
        return self.all()[name]


@cache
def _brought() -> tuple[tuple[str, object], ...]:
    found = []
    for point in entry_points(group=GROUP):
        try:
            found.append((point.name, point.load()))
        except (ImportError, AttributeError) as problem:
            raise _unusable(point.name) from problem
    return tuple(found)


def _unusable(name: str) -> RunError:
    return RunError(
        f"the reader {name} of another package cannot be used",
        "Remove that package, or ask who made it for a version that fits this one.",
        code="RUN-READER",
    )
