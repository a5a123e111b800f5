"""A disk image as The Sleuth Kit reads it: raw, E01, or of a virtual machine; never mounted, patched in memory only."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pyewf
import pytsk3
import pyvhdi
import pyvmdk

from fairlead.evidence.readers.descriptor import Parts, open_descriptor, open_parts
from fairlead.evidence.readers.entry import Stop
from fairlead.evidence.readers.qcow2 import QcowDisk
from fairlead.evidence.sniff import Container

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1024, 1024
_MAGIC_AT, _MAGIC = 56, b"\x53\xef"
_EXT_BLOCK_SIZES = (1024, 2048, 4096)
_DESCRIPTOR_BYTES = 32
_NO_PARENT = 0xFFFFFFFF
_DIFFERENCES = "the disk holds only what differs from another disk, which is not here"


class RawImage(pytsk3.Img_Info):  # type: ignore[misc] # the library has no types
    """Bytes of one or more descriptors; ``patches`` lie over them, in memory only."""

    def __init__(self, descriptors: Sequence[int], size: int | None = None) -> None:
        self._parts = Parts(descriptors)
        # The Sleuth Kit asks for the size while it is being set up, and never again.
        self._size = self._parts.size if size is None else size
        self.patches: list[tuple[int, bytes]] = []
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def close(self) -> None:
        """Nothing to close: the descriptor is the caller's."""

    def get_size(self) -> int:
        """Size in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes at an offset, as The Sleuth Kit asks for them; none where the medium or the container gives none.

        The Sleuth Kit then tells of a read error. An exception from here would reach its caller as a RuntimeError.
        """
        try:
            data = self._fetch(offset, length)
        except OSError:
            return b""
        return _overlaid(data, offset, self.patches)

    def _fetch(self, offset: int, length: int) -> bytes:
        return self._parts.read(offset, length)


class HandleImage(RawImage):
    """An image whose sectors a library of the libyal family gives, through a handle that was opened by it."""

    def __init__(self, descriptors: Sequence[int], handle: Any) -> None:
        self.handle = handle
        super().__init__(descriptors, int(handle.get_media_size()))

    def _fetch(self, offset: int, length: int) -> bytes:
        data: bytes = self.handle.read_buffer_at_offset(length, offset)
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


def open_image(container: Container, descriptors: list[int]) -> RawImage:
    """The image behind one or more descriptors; raises OSError when it is not one that can be read.

    A disk that stores only what differs from another disk needs that one beside it, and is refused.
    """
    first = open_parts(descriptors)
    match container:
        case Container.EWF:
            ewf = pyewf.handle()
            ewf.open_file_objects([open_descriptor(descriptor) for descriptor in descriptors])
            return HandleImage(descriptors, ewf)
        case Container.QCOW:
            return HandleImage(descriptors, QcowDisk(Parts(descriptors).read))
        case Container.VHD:
            vhd = pyvhdi.file()
            vhd.open_file_object(first)
            if vhd.get_parent_identifier():
                raise Stop("unreadable", _DIFFERENCES)
            return HandleImage(descriptors, vhd)
        case Container.VMDK:
            vmdk = pyvmdk.handle()
            vmdk.open_file_object(first)
            if vmdk.get_parent_content_identifier() not in (None, _NO_PARENT):
                raise Stop("unreadable", _DIFFERENCES)
            vmdk.open_extent_data_files_as_file_objects([first])
            return HandleImage(descriptors, vmdk)
        case _:
            return RawImage(descriptors)
