"""Reads hash lists as partners send them. We read files as observed; no reader here is certified by anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from fairlead.known.entry import KnownEntry, ListItem, RejectedEntry
from fairlead.known.read_ncmec import read_ncmec
from fairlead.known.read_signals import read_pdq, read_stopncii, read_threatexchange, read_vpdq
from fairlead.known.read_tables import read_csv, read_icse
from fairlead.known.read_vics import read_vics

__all__ = ["KnownEntry", "ListFormat", "ListItem", "ListOptions", "RejectedEntry", "read_list"]


class ListFormat(StrEnum):
    """Formats of hash lists."""

    VICS = "vics"
    CSV = "csv"
    PDQ = "pdq"
    VPDQ = "vpdq"
    THREATEXCHANGE = "threatexchange"
    STOPNCII = "stopncii"
    NCMEC = "ncmec"
    ICSE = "icse"
    NSRL = "nsrl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What a reader has to be told: columns of a free CSV, a vPDQ file's video, delta files of an NSRL set in order."""

    columns: Mapping[str, str] = field(default_factory=dict)
    video: str = "video"
    deltas: tuple[Path, ...] = ()


def read_list(form: ListFormat, file: BinaryIO, options: ListOptions | None = None) -> Iterator[ListItem]:
    """Entries and rejected items of a list, as a stream; ItemError when the whole is not of that format.

    The NSRL is a database, not a stream: `read_nsrl` reads it.
    """
    told = options or ListOptions()
    items: Iterator[ListItem]
    match form:
        case ListFormat.VICS:
            items = read_vics(file)
        case ListFormat.CSV:
            items = read_csv(file, told.columns)
        case ListFormat.PDQ:
            items = read_pdq(file)
        case ListFormat.VPDQ:
            items = read_vpdq(file, told.video)
        case ListFormat.THREATEXCHANGE:
            items = read_threatexchange(file)
        case ListFormat.STOPNCII:
            items = read_stopncii(file)
        case ListFormat.NCMEC:
            items = read_ncmec(file)
        case ListFormat.ICSE:
            items = read_icse(file)
        case ListFormat.NSRL:
            raise ValueError("the NSRL is read by read_nsrl")
    return items
