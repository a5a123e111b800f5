"""A disk image as The Sleuth Kit reads it: raw, E01, or of a virtual machine; never mounted, patched in memory only."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import pyewf
import pytsk3
import pyvhdi
import pyvmdk

from fairlead.evidence.readers.blocks.block import Block, Called, Zeros
from fairlead.evidence.readers.blocks.dmg import DmgDisk
from fairlead.evidence.readers.blocks.vdi import VdiDisk
from fairlead.evidence.readers.blocks.vmdk import open_extents
from fairlead.evidence.readers.descriptor import Parts, open_descriptor, open_parts
from fairlead.evidence.readers.entry import Given, Stop
from fairlead.evidence.readers.qcow2 import QcowDisk
from fairlead.evidence.sniff import Container

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1024, 1024
_MAGIC_AT, _MAGIC = 56, b"\x53\xef"
_EXT_BLOCK_SIZES = (1024, 2048, 4096)
_DESCRIPTOR_BYTES = 32
_NO_PARENT = 0xFFFFFFFF
_DIFFERENCES = "the disk holds only what differs from another disk, which is not here"


class BlockImage(pytsk3.Img_Info):  # type: ignore[misc] # the library has no types
    """A block as The Sleuth Kit sees it; ``patches`` lie over its bytes, in memory only."""

    def __init__(self, block: Block) -> None:
        self.block = block
        # The Sleuth Kit asks for the size while it is being set up, and never again.
        self.patches: list[tuple[int, bytes]] = []
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def close(self) -> None:
        """Nothing to close: the descriptor is the caller's."""

    def get_size(self) -> int:
        """Size in bytes."""
        return self.block.size

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
        return self.block.read(offset, length)


class RawImage(BlockImage):
    """Bytes of one or more descriptors, one behind the other."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        super().__init__(Parts(descriptors))


class HandleImage(BlockImage):
    """An image whose sectors a library of the libyal family gives, through a handle that was opened by it."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        size = int(handle.get_media_size())
        super().__init__(Called(size, partial(_read_handle, handle, size)))


def _read_handle(handle: Any, size: int, offset: int, length: int) -> bytes:
    length = min(length, size - offset)
    data: bytes = handle.read_buffer_at_offset(length, offset) if length > 0 else b""
    return data


def _overlaid(data: bytes, offset: int, patches: list[tuple[int, bytes]]) -> bytes:
    for at, patch in patches:
        start, end = max(at, offset), min(at + len(patch), offset + len(data))
        if start < end:
            data = data[: start - offset] + patch[start - at : end - at] + data[end - offset :]
    return data


def patch_ext_superblock(image: BlockImage, start: int) -> bool:
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


def open_image(container: Container, descriptors: list[int], names: Sequence[str] = ()) -> BlockImage:  # noqa: PLR0911
    """The image behind one or more descriptors; raises OSError when it is not one that can be read.

    ``names`` are those of the files, for a disk whose first file names the others. A disk that stores only what
    differs from another disk needs that one beside it, and is refused.
    """
    match container:
        case Container.EWF:
            ewf = pyewf.handle()
            ewf.open_file_objects([open_descriptor(descriptor) for descriptor in descriptors])
            return HandleImage(ewf)
        case Container.QCOW:
            return HandleImage(QcowDisk(Parts(descriptors).read))
        case Container.VDI:
            return BlockImage(VdiDisk(Parts(descriptors)))
        case Container.DMG:
            return BlockImage(DmgDisk(Parts(descriptors)))
        case Container.VHD:
            vhd = pyvhdi.file()
            vhd.open_file_object(open_parts(descriptors))
            if vhd.get_parent_identifier():
                raise Stop("unreadable", _DIFFERENCES)
            return HandleImage(vhd)
        case Container.VMDK:
            return _open_vmdk(open_parts(descriptors))
        case Container.VMDK_PARTS:
            return BlockImage(open_extents([Parts([descriptor]) for descriptor in descriptors], names))
        case _:
            return RawImage(descriptors)


def open_disks(container: Container, descriptors: list[int], given: Given) -> list[BlockImage]:
    """The image of a container, or all images that were handed over because they may make volumes together.

    Raises OSError when the one that is read cannot be opened; another one is then an empty disk.
    """
    if not given.disks:
        return [open_image(container, descriptors, given.names)]
    images, at = [], 0
    for place, (form, count) in enumerate(given.disks):
        try:
            images.append(
                open_image(Container(form), descriptors[at : at + count], given.names[at : at + count])
            )
        except (OSError, Stop):
            if place == given.primary:
                raise
            images.append(BlockImage(Zeros(0)))
        at += count
    return images


def _open_vmdk(file: BinaryIO) -> HandleImage:
    vmdk = pyvmdk.handle()
    vmdk.open_file_object(file)
    if vmdk.get_parent_content_identifier() not in (None, _NO_PARENT):
        raise Stop("unreadable", _DIFFERENCES)
    vmdk.open_extent_data_files_as_file_objects([file])
    return HandleImage(vmdk)
