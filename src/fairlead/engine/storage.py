"""What a store of parts asks of the place where it lies: a folder, or object storage.

A name is a path below the place, with ``/`` between its parts. What is written is there whole or not at all.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
from blake3 import blake3
from pyarrow import fs

from fairlead.engine.object_cache import spool
from fairlead.engine.objects import asked, filesystem
from fairlead.engine.places import ObjectPlace, Place
from fairlead.terms.errors import RunError

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

_CHUNK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something written: its name without the folder, its size, and what changes whenever it is written again."""

    name: str
    size_bytes: int
    written: int


class Storage(ABC):
    """One place."""

    at_once = 1
    """How many things to ask at the same time, so that waiting does not add up."""

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """Names of everything directly in a folder, in order; none when there is no such folder."""

    @abstractmethod
    def entries(self, folder: str) -> list[Entry]:
        """The same with sizes."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether it is there."""

    @abstractmethod
    def open(self, name: str) -> pa.NativeFile:
        """Open for reading at any position. Raises FileNotFoundError."""

    @abstractmethod
    def digest(self, name: str) -> str:
        """BLAKE3 of its bytes, hex. Raises FileNotFoundError."""

    @abstractmethod
    def new(self, name: str) -> AbstractContextManager[Path]:
        """A file to write to; what it holds gets the name when the block ends well, and is gone when it does not."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove it, if it is there."""

    @abstractmethod
    def scan(self, names: list[str], schema: pa.Schema) -> list[Path] | Dataset:
        """Parquet files as DuckDB reads them: as paths, or as a data set that reads what a statement asks for."""

    @abstractmethod
    def holds_anything(self) -> bool:
        """Whether there is anything at the place."""

    def take(self, other: Storage, name: str) -> None:
        """Move it here from another place, under the same name. Raises FileNotFoundError."""
        with other.open(name) as source, self.new(name) as file, file.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
        other.remove(name)

    def read(self, name: str) -> bytes:
        """All of it. Raises FileNotFoundError."""
        with self.open(name) as file:
            data: bytes = file.read()
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write all of it at once."""
        with self.new(name) as file:
            file.write_bytes(data)


class FolderStorage(Storage):
    """A folder of a file system that renames at one stroke."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, folder: str) -> list[str]:
        """Names of everything directly in a folder."""
        where = self._root / folder
        return sorted(path.name for path in where.iterdir()) if where.is_dir() else []

    def entries(self, folder: str) -> list[Entry]:
        """The same with sizes."""
        found = []
        for name in self.names(folder):
            seen = (self._root / folder / name).stat()
            found.append(Entry(name=name, size_bytes=seen.st_size, written=seen.st_mtime_ns))
        return found

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return (self._root / name).is_file()

    def holds_anything(self) -> bool:
        """Whether there is anything in the folder."""
        return self._root.is_dir() and any(self._root.iterdir())

    def open(self, name: str) -> pa.NativeFile:
        """Open for reading at any position."""
        return pa.OSFile(str(self._root / name))

    def digest(self, name: str) -> str:
        """BLAKE3 of its bytes."""
        return blake3().update_mmap(self._root / name).hexdigest()

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """The file goes to a temporary name first; the rename is the moment at which it exists."""
        final = self._root / name
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.with_name(f".{final.name}.{uuid4().hex}")
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.rename(final)
        finally:
            temporary.unlink(missing_ok=True)

    def take(self, other: Storage, name: str) -> None:
        """Move it here; between folders of one file system it is renamed."""
        if not isinstance(other, FolderStorage):
            super().take(other, name)
            return
        (self._root / name).parent.mkdir(parents=True, exist_ok=True)
        (other._root / name).rename(self._root / name)

    def remove(self, name: str) -> None:
        """Remove it."""
        (self._root / name).unlink(missing_ok=True)

    def scan(self, names: list[str], schema: pa.Schema) -> list[Path]:  # noqa: ARG002 - DuckDB finds it in the files
        """The paths: DuckDB reads files itself."""
        return [self._root / name for name in names]


class ObjectStorage(Storage):
    """Object storage: an object appears whole when its upload ends, so nothing is renamed."""

    at_once = 16

    def __init__(self, place: ObjectPlace) -> None:
        self._place = place

    def names(self, folder: str) -> list[str]:
        """Names of every object directly in a folder."""
        return [entry.name for entry in self.entries(folder)]

    def entries(self, folder: str) -> list[Entry]:
        """The same with sizes: one question for a thousand objects."""
        place = self._place / folder
        with asked(place):
            listed = filesystem().get_file_info(fs.FileSelector(place.path, allow_not_found=True))
        return sorted(
            (
                Entry(name=info.base_name, size_bytes=info.size, written=info.mtime_ns)
                for info in listed
                if info.type is fs.FileType.File
            ),
            key=lambda entry: entry.name,
        )

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return self._size(self._place / name) is not None

    def holds_anything(self) -> bool:
        """Whether any object's name begins with the place."""
        with asked(self._place):
            return bool(filesystem().get_file_info(fs.FileSelector(self._place.path, allow_not_found=True)))

    def open(self, name: str) -> pa.NativeFile:
        """Open for reading at any position."""
        place = self._place / name
        with asked(place):
            return filesystem().open_input_file(place.path)

    def read(self, name: str) -> bytes:
        """All of it."""
        with asked(self._place):
            return super().read(name)

    def digest(self, name: str) -> str:
        """BLAKE3 of its bytes, which are read over the network."""
        digest = blake3()
        with asked(self._place), self.open(name) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """The file is written on this machine and uploaded when the block ends well."""
        place = self._place / name
        with spool() as temporary:
            yield temporary
            with (
                asked(place),
                temporary.open("rb") as written,
                filesystem().open_output_stream(place.path) as sink,
            ):
                while chunk := written.read(_CHUNK_BYTES):
                    sink.write(chunk)
            if self._size(place) != temporary.stat().st_size:
                raise RunError(
                    f"an upload did not arrive whole (bucket {place.bucket})",
                    "Run the same command again: finished parts are kept.",
                    code="RUN-OBJECTS-UPLOAD",
                )

    def remove(self, name: str) -> None:
        """Remove it."""
        place = self._place / name
        with asked(place):
            try:
                filesystem().delete_file(place.path)
            except FileNotFoundError:
                return

    def scan(self, names: list[str], schema: pa.Schema) -> Dataset:
        """A data set that reads only the columns and row groups that a statement needs."""
        # It brings in all of pandas where that is installed: a third of the start of every command that needs none.
        from pyarrow.dataset import dataset

        return dataset(
            [(self._place / name).path for name in names],
            schema=schema,
            filesystem=filesystem(),
            format="parquet",
        )

    def _size(self, place: ObjectPlace) -> int | None:
        with asked(place):
            info = filesystem().get_file_info(place.path)
        return info.size if info.type is fs.FileType.File else None


def storage_at(place: Place) -> Storage:
    """The storage of a place."""
    return ObjectStorage(place) if isinstance(place, ObjectPlace) else FolderStorage(place)
