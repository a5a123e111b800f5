"""Reads hash lists as partners send them. We read files as observed; no reader here is certified by anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar

from fairlead.engine.doors import Door
from fairlead.known.entry import KnownEntry, ListItem, RejectedEntry
from fairlead.known.read_ncmec import read_ncmec
from fairlead.known.read_signals import read_pdq, read_stopncii, read_threatexchange, read_vpdq
from fairlead.known.read_tables import read_csv, read_icse
from fairlead.known.read_vics import read_vics

__all__ = ["HASH_LISTS", "KnownEntry", "ListForm", "ListItem", "ListOptions", "RejectedEntry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What a reader has to be told: columns of a free CSV, a vPDQ file's video, delta files of an NSRL set in order."""

    columns: Mapping[str, str] = field(default_factory=dict)
    video: str = "video"
    deltas: tuple[Path, ...] = ()


Read = Callable[[BinaryIO, ListOptions], Iterator[ListItem]]
"""Entries and rejected items of a list, as a stream; ItemError when the whole is not of that format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """A format of hash lists: its name, what it is, and its reader.

    ``read`` is None for the NSRL, which is a database and no stream. Of a format that is ``of_videos`` a folder can be
    read, one file a video.
    """

    kind: ClassVar[str] = "hash-list"

    name: str
    about: str
    read: Read | None
    of_videos: bool = False


HASH_LISTS: Door[ListForm] = Door(ListForm)
"""Formats of hash lists, the program's own and those of other packages."""

for _form in (
    ListForm(name="vics", about="VICS JSON 1.x and 2.x", read=lambda file, _: read_vics(file)),
    ListForm(
        name="csv", about="CSV whose columns are named", read=lambda file, told: read_csv(file, told.columns)
    ),
    ListForm(name="pdq", about="one PDQ hash a line", read=lambda file, _: read_pdq(file)),
    ListForm(
        name="vpdq",
        about="vPDQ, one video a file",
        read=lambda file, told: read_vpdq(file, told.video),
        of_videos=True,
    ),
    ListForm(
        name="threatexchange", about="ThreatExchange CSV", read=lambda file, _: read_threatexchange(file)
    ),
    ListForm(name="stopncii", about="StopNCII CSV", read=lambda file, _: read_stopncii(file)),
    ListForm(name="ncmec", about="NCMEC XML", read=lambda file, _: read_ncmec(file)),
    ListForm(name="icse", about="ICSE tables", read=lambda file, _: read_icse(file)),
    ListForm(name="nsrl", about="NSRL RDS v3 database", read=None),
):
    HASH_LISTS.register(_form)
