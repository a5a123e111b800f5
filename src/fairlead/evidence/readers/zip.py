"""Reads zip archives by their central directory."""

from __future__ import annotations

import calendar
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from fairlead.evidence.readers.descriptor import open_parts
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.readers.zip_crypto import (
    AesMember,
    aes_member,
    decrypt_aes,
    encoded,
    find_aes_password,
    find_old_password,
    unpack,
)
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_CHUNK_BYTES = 1 << 18
_ENCRYPTED, _UTF8 = 0x1, 0x800
_AE_1 = 1  # the version of AES in zip that keeps a checksum of the bytes themselves
_MADE_ON_UNIX = 3
_EXTENDED_TIME = 0x5455
_REFUSALS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error)


class ZipReader:
    """A zip archive with a central directory. Raises zipfile.BadZipFile when there is none."""

    def __init__(self, descriptors: Sequence[int], given: Given) -> None:
        self._given = given
        self._archive = zipfile.ZipFile(open_parts(descriptors))
        self._raw = open_parts(descriptors)
        self._members = self._archive.infolist()

    def entries(self) -> Iterator[Entry]:
        """All members in the order of the central directory; folders are left out."""
        for index, member in enumerate(self._members):
            if not member.orig_filename.endswith("/"):
                yield self._entry(index, member)

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one member's bytes; the checksum decides whether they are whole."""
        for chunk in self._chunks(self._members[place["index"]]):
            write(chunk)

    def _chunks(self, member: zipfile.ZipInfo, line: int | None = None) -> Iterator[bytes]:
        """The bytes of a member, opened with the password of a line, or one that is searched for."""
        aes = aes_member(member, self._raw)
        if aes is not None:
            yield from self._decrypted(member, aes, line or find_aes_password(self._raw, aes, self._given))
            return
        encrypted = member.flag_bits & _ENCRYPTED
        if encrypted and line is None:
            line = find_old_password(self._archive, member, self._given)
        password = encoded(self._given.passwords[line - 1]) if line is not None else None
        try:
            with self._archive.open(member, pwd=password) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    yield chunk
        except NotImplementedError as problem:
            raise Stop(
                "unreadable", f"compression method {member.compress_type} is not supported"
            ) from problem
        except (*_REFUSALS, RuntimeError) as problem:
            wrong = "; or the password is not that of this member" if encrypted else ""
            raise Stop("damaged", f"zip member: {type(problem).__name__}{wrong}") from problem

    def _decrypted(self, member: zipfile.ZipInfo, aes: AesMember, line: int) -> Iterator[bytes]:
        packed = decrypt_aes(self._raw, aes, self._given.passwords[line - 1])
        size = checksum = 0
        for chunk in unpack(packed, aes.method):
            size += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if size != member.file_size or (aes.version == _AE_1 and checksum != member.CRC):
            raise Stop("damaged", "size or checksum differ")

    def _entry(self, index: int, member: zipfile.ZipInfo) -> Entry:
        modified, clock = _time(member)
        verdict, detail, container, line = None, "", None, None
        kind = stat.S_IFMT(member.external_attr >> 16) if member.create_system == _MADE_ON_UNIX else 0
        if kind not in (0, stat.S_IFREG):
            verdict, detail = "not_a_file", "symbolic link" if kind == stat.S_IFLNK else "special file"
        else:
            try:
                line = self._line(member)
            except Stop as stop:
                verdict, detail = stop.verdict, stop.detail
            else:
                container = self._look(member, line) if member.file_size else None
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
            password=line,
        )

    def _line(self, member: zipfile.ZipInfo) -> int | None:
        """The line of the password of a member, None when it needs none; raises Stop when there is none."""
        aes = aes_member(member, self._raw)
        if aes is not None:
            return find_aes_password(self._raw, aes, self._given)
        if member.flag_bits & _ENCRYPTED:
            return find_old_password(self._archive, member, self._given)
        return None

    def _look(self, member: zipfile.ZipInfo, line: int | None) -> str | None:
        head = b""
        try:
            for chunk in self._chunks(member, line):
                head += chunk[:SNIFF_BYTES]
                if len(head) >= SNIFF_BYTES:
                    break
        except Stop:
            return None  # reading the whole member gives the verdict
        return sniff(head)


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
