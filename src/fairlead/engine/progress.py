"""How long work says where it stands."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told about every finished task; decides itself what to show."""

    def begin(self, stage: str, total: int) -> None:
        """A stage starts with ``total`` tasks still to do."""
        ...

    def advance(self, stage: str, rows: int) -> None:
        """One task of the stage is complete and has written ``rows`` rows."""
        ...

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        ...


class Silent:
    """Progress for tests and for `--json`."""

    def begin(self, stage: str, total: int) -> None:
        """Say nothing."""

    def advance(self, stage: str, rows: int) -> None:
        """Say nothing."""

    def finish(self, stage: str) -> None:
        """Say nothing."""
