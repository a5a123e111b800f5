"""An SQLite database of any size that is read, or changed, through an open descriptor: no file is opened.

SQLite reaches every file through a layer of its host (https://www.sqlite.org/vfs.html). This one knows one file, the
descriptor; locks, journals and write-ahead logs it has none of. A killed change leaves a broken file: give it a copy.
"""

from __future__ import annotations

import os

import apsw

_NAME = "descriptor"
_VERSIONS_AT, _ROLLBACK = 18, b"\x01\x01"
"""Offset of the two octets by which a database says that it is read through a write-ahead log (file format, 1.3)."""
_SECTOR_BYTES = 4096


class _File(apsw.VFSFile):
    """All that SQLite asks of a file. The methods' names are SQLite's."""

    def __init__(self, descriptor: int) -> None:  # the base would open a file
        self._descriptor = descriptor

    def xRead(self, amount: int, offset: int) -> bytes:
        os.lseek(self._descriptor, offset, os.SEEK_SET)  # whoever waits sees by it that the file is read on
        held = b""
        while len(held) < amount and (piece := os.read(self._descriptor, amount - len(held))):
            held += piece
        at = _VERSIONS_AT - offset
        if 0 <= at <= len(held) - len(_ROLLBACK):
            held = held[:at] + _ROLLBACK + held[at + len(_ROLLBACK) :]
        return held

    def xWrite(self, data: bytes, offset: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written

    def xTruncate(self, newsize: int) -> None:
        os.ftruncate(self._descriptor, newsize)

    def xFileSize(self) -> int:
        return os.fstat(self._descriptor).st_size

    def xSync(self, flags: int) -> None:
        """Nothing: whoever gave the file syncs it."""

    def xLock(self, level: int) -> None:
        """Nothing: nobody else has the file."""

    def xUnlock(self, level: int) -> None:
        """Nothing: nobody else has the file."""

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _op: int, _ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return _SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:
        return 0

    def xClose(self) -> None:
        """Nothing: the descriptor stays its giver's to close."""


class _Descriptors(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(_NAME, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        said = name.filename() if isinstance(name, apsw.URIFilename) else name
        if said is None or not flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            raise apsw.CantOpenError
        return _File(int(said.rpartition("/")[2]))

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, _pathname: str, _flags: int) -> bool:
        return False

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Nothing: no file but the descriptor was made."""


_layers: list[_Descriptors] = []


def open_database(descriptor: int, *, writable: bool = False) -> apsw.Connection:
    """The database in an open file. Statements that the file itself brought are not trusted.

    Raises apsw.Error when the file is no database.
    """
    if not _layers:
        _layers.append(_Descriptors())
    how = apsw.SQLITE_OPEN_READWRITE if writable else apsw.SQLITE_OPEN_READONLY
    database = apsw.Connection(str(descriptor), flags=how, vfs=_NAME)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA temp_store = MEMORY")
    if writable:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
    return database


_READING = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_PRAGMA})


def guarded(descriptor: int) -> apsw.Connection:
    """The database in an open file, for reading alone: nothing else than a selection is carried out in it."""
    database = open_database(descriptor)
    database.authorizer = lambda action, *_: apsw.SQLITE_OK if action in _READING else apsw.SQLITE_DENY
    return database
