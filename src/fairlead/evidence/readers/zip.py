"""Reads zip archives by their central directory."""

from __future__ import annotations

import calendar
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from fairlead.evidence.readers.descriptor import open_descriptor
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_CHUNK_BYTES = 1 << 18
_ENCRYPTED, _UTF8 = 0x1, 0x800
_MADE_ON_UNIX = 3
_EXTENDED_TIME = 0x5455
_REFUSALS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error)


class ZipReader:
    """A zip archive with a central directory. Raises zipfile.BadZipFile when there is none."""

    def __init__(self, descriptor: int) -> None:
        self._archive = zipfile.ZipFile(open_descriptor(descriptor))
        self._members = self._archive.infolist()

    def entries(self) -> Iterator[Entry]:
        """All members in the order of the central directory; folders are left out."""
        for index, member in enumerate(self._members):
            if not member.orig_filename.endswith("/"):
                yield self._entry(index, member)

    def copy(self, place: dict[str, Any], write: Write) -> None:
        """Write one member's bytes; the checksum decides whether they are whole."""
        member = self._members[place["index"]]
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    write(chunk)
        except NotImplementedError as problem:
            raise Stop(
                "unreadable", f"compression method {member.compress_type} is not supported"
            ) from problem
        except RuntimeError as problem:
            raise Stop("encrypted", "no password") from problem
        except _REFUSALS as problem:
            raise Stop("damaged", f"zip member: {type(problem).__name__}") from problem

    def _entry(self, index: int, member: zipfile.ZipInfo) -> Entry:
        modified, clock = _time(member)
        verdict, detail, container = None, "", None
        kind = stat.S_IFMT(member.external_attr >> 16) if member.create_system == _MADE_ON_UNIX else 0
        if kind not in (0, stat.S_IFREG):
            verdict, detail = "not_a_file", "symbolic link" if kind == stat.S_IFLNK else "special file"
        elif member.flag_bits & _ENCRYPTED:
            verdict, detail = "encrypted", "no password"
        elif member.file_size:
            container = self._look(member)
        return Entry(
            path=_raw_name(member),
            size=member.file_size,
            stored=member.compress_size,
            index=index,
            modified=modified,
            clock=clock,
            verdict=verdict,
            detail=detail,
            container=container,
        )

    def _look(self, member: zipfile.ZipInfo) -> str | None:
        try:
            with self._archive.open(member) as stream:
                return sniff(stream.read(SNIFF_BYTES))
        except (*_REFUSALS, NotImplementedError, RuntimeError):
            return None  # reading the whole member gives the verdict


def _raw_name(member: zipfile.ZipInfo) -> bytes:
    return member.orig_filename.encode("utf-8" if member.flag_bits & _UTF8 else "cp437", "surrogateescape")


def _time(member: zipfile.ZipInfo) -> tuple[int | None, str]:
    """The extended timestamp (UTC) where there is one, else the DOS time, whose zone nobody knows."""
    extra = member.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _EXTENDED_TIME and length >= 5 and extra[4] & 1:
            return struct.unpack_from("<i", extra, 5)[0] * 1_000_000, "zip extended timestamp, UTC, 1 s"
        extra = extra[4 + length :]
    try:
        return calendar.timegm((*member.date_time, 0, 0, 0)) * 1_000_000, "zip DOS time, zone unknown, 2 s"
    except (ValueError, OverflowError):
        return None, ""
