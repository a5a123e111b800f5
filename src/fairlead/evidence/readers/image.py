"""A disk image as The Sleuth Kit reads it: raw or E01, never mounted; patched in memory only."""

from __future__ import annotations

import os
import struct
from typing import Any

import pyewf
import pytsk3

from fairlead.evidence.readers.descriptor import open_descriptor

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1024, 1024
_MAGIC_AT, _MAGIC = 56, b"\x53\xef"
_EXT_BLOCK_SIZES = (1024, 2048, 4096)
_DESCRIPTOR_BYTES = 32


class RawImage(pytsk3.Img_Info):  # type: ignore[misc] # the library has no types
    """Bytes of one descriptor; ``patches`` lie over them, in memory only."""

    def __init__(self, descriptor: int, size: int | None = None) -> None:
        self._descriptor = descriptor
        # The Sleuth Kit asks for the size while it is being set up, and never again.
        self._size = os.lseek(descriptor, 0, os.SEEK_END) if size is None else size
        self.patches: list[tuple[int, bytes]] = []
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def close(self) -> None:
        """Nothing to close: the descriptor is the caller's."""

    def get_size(self) -> int:
        """Size in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes at an offset, as The Sleuth Kit asks for them."""
        return _overlaid(self._fetch(offset, length), offset, self.patches)

    def _fetch(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)


class EwfImage(RawImage):
    """An Expert Witness image in one or more segments."""

    def __init__(self, descriptors: list[int]) -> None:
        self._handle = pyewf.handle()
        self._files = [open_descriptor(descriptor) for descriptor in descriptors]
        self._handle.open_file_objects(self._files)
        super().__init__(descriptors[0], self._handle.get_media_size())

    def _fetch(self, offset: int, length: int) -> bytes:
        data: bytes = self._handle.read_buffer_at_offset(length, offset)
        return data


def _overlaid(data: bytes, offset: int, patches: list[tuple[int, bytes]]) -> bytes:
    for at, patch in patches:
        start, end = max(at, offset), min(at + len(patch), offset + len(data))
        if start < end:
            data = data[: start - offset] + patch[start - at : end - at] + data[end - offset :]
    return data


def patch_ext_superblock(image: RawImage, start: int) -> bool:
    """Lay the first backup superblock, and its group descriptors, over a lost one of an ext file system.

    ``start`` is the first byte of the file system. Returns whether a backup was found.
    """
    for block_bytes in _EXT_BLOCK_SIZES:
        first_data = 1 if block_bytes == _SUPERBLOCK_BYTES else 0
        backup_at = start + (8 * block_bytes + first_data) * block_bytes
        backup = image.read(backup_at, _SUPERBLOCK_BYTES)
        if len(backup) < _SUPERBLOCK_BYTES or backup[_MAGIC_AT : _MAGIC_AT + 2] != _MAGIC:
            continue
        if 1024 << struct.unpack_from("<I", backup, 24)[0] != block_bytes:
            continue
        blocks, per_group = struct.unpack_from("<I", backup, 4)[0], struct.unpack_from("<I", backup, 32)[0]
        groups = -(-blocks // max(per_group, 1))
        size = max(struct.unpack_from("<H", backup, 254)[0], _DESCRIPTOR_BYTES)
        table = image.read(backup_at + block_bytes, min(groups * size, 1 << 24))
        image.patches += [
            (start + _SUPERBLOCK_AT, backup),
            (start + (first_data + 1) * block_bytes, table),
        ]
        return True
    return False


def open_image(descriptors: list[int], *, ewf: bool) -> Any:
    """The image behind one or more descriptors."""
    return EwfImage(descriptors) if ewf else RawImage(descriptors[0])
