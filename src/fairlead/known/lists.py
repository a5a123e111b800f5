"""Reads hash lists as partners send them. We read files as observed; no reader here is certified by anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar

from fairlead.engine.doors import Door
from fairlead.known import fits
from fairlead.known.entry import KnownEntry, ListItem, RejectedEntry
from fairlead.known.head import Head
from fairlead.known.read_digests import read_digests, read_hashdeep
from fairlead.known.read_encase import read_encase
from fairlead.known.read_kdb import read_kdb
from fairlead.known.read_misp import read_misp
from fairlead.known.read_ncmec import read_ncmec
from fairlead.known.read_nsrl import read_nsrl
from fairlead.known.read_signals import read_pdq, read_stopncii, read_threatexchange, read_vpdq
from fairlead.known.read_tables import read_csv, read_icse
from fairlead.known.read_vics import read_vics
from fairlead.terms.matching import Algorithm

__all__ = ["HASH_LISTS", "KnownEntry", "ListForm", "ListItem", "ListOptions", "RejectedEntry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What a reader has to be told: columns of a free CSV, a vPDQ file's video, delta files of an NSRL set in order."""

    columns: Mapping[str, str] = field(default_factory=dict)
    video: str = "video"
    deltas: tuple[Path, ...] = ()


Read = Callable[[BinaryIO, ListOptions], Iterator[ListItem]]
"""Entries and rejected items of a list, as a stream; ItemError when the whole is not of that format."""


ReadDatabase = Callable[[int], Iterator[tuple[Algorithm, list[str]]]]
"""Digests of a database, many at a time; ItemError when it is not of that format."""
Fits = Callable[[Head], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """A format of hash lists: its name, what it is, and its reader.

    A format is read as a stream, or as a database in a descriptor (``read_database``). ``fits`` looks at a file's head and
    says why it is of this format, or None. Of a format that is ``of_videos`` a folder can be read, one file a video.
    """

    kind: ClassVar[str] = "hash-list"

    name: str
    about: str
    read: Read | None = None
    read_database: ReadDatabase | None = None
    fits: Fits | None = None
    of_videos: bool = False


HASH_LISTS: Door[ListForm] = Door(ListForm)
"""Formats of hash lists, the program's own and those of other packages."""

for _form in (
    ListForm(
        name="vics",
        about="VICS JSON 1.x and 2.x (Project VIC)",
        read=lambda file, _: read_vics(file),
        fits=fits.vics,
    ),
    ListForm(
        name="csv",
        about="CSV whose header names its hashes, or whose columns are named; GIFCT, HashKeeper, ICCAM, Arachnid",
        read=lambda file, told: read_csv(file, told.columns),
        fits=fits.csv,
    ),
    ListForm(
        name="digests",
        about="MD5, SHA-1, SHA-256 one a line: bare, md5sum, sha256sum, BSD, md5deep",
        read=lambda file, _: read_digests(file),
        fits=fits.digests,
    ),
    ListForm(
        name="hashdeep",
        about="audit files of hashdeep",
        read=lambda file, _: read_hashdeep(file),
        fits=fits.hashdeep,
    ),
    ListForm(name="pdq", about="one PDQ hash a line", read=lambda file, _: read_pdq(file), fits=fits.pdq),
    ListForm(
        name="vpdq",
        about="vPDQ, one video a file",
        read=lambda file, told: read_vpdq(file, told.video),
        fits=fits.vpdq,
        of_videos=True,
    ),
    ListForm(
        name="threatexchange",
        about="ThreatExchange signal files: a signal type and a value a line",
        read=lambda file, _: read_threatexchange(file),
        fits=fits.threatexchange,
    ),
    ListForm(
        name="stopncii", about="StopNCII JSON", read=lambda file, _: read_stopncii(file), fits=fits.stopncii
    ),
    ListForm(
        name="misp",
        about="MISP warninglists and events of feeds",
        read=lambda file, _: read_misp(file),
        fits=fits.misp,
    ),
    ListForm(name="ncmec", about="NCMEC XML", read=lambda file, _: read_ncmec(file), fits=fits.ncmec),
    ListForm(name="icse", about="ICSE tables", read=lambda file, _: read_icse(file), fits=fits.icse),
    ListForm(
        name="encase",
        about="hash files of EnCase (.hash)",
        read=lambda file, _: read_encase(file),
        fits=fits.encase,
    ),
    ListForm(
        name="kdb",
        about="hash databases of Autopsy and The Sleuth Kit (.kdb)",
        read_database=read_kdb,
        fits=fits.kdb,
    ),
    ListForm(name="nsrl", about="NSRL RDS v3 database", read_database=read_nsrl, fits=fits.nsrl),
):
    HASH_LISTS.register(_form)
