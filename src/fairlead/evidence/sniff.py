"""Tells containers by their first bytes: plain comparison, nothing is parsed."""

from __future__ import annotations

import os
from enum import StrEnum

SNIFF_BYTES = 2048
_EXT_MAGIC_AT, _EXT_MAGIC = 1080, b"\x53\xef"
_EXT_MOST_BLOCK_SIZE = 6  # 64 KiB
_BOOT_MARK_AT, _BOOT_MARK = 510, b"\x55\xaa"


class Container(StrEnum):
    """What can be opened and walked."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    IMAGE = "image"  # a raw disk image or file system
    EWF = "ewf"  # an Expert Witness image (E01)


UNOPENED = {
    b"7z\xbc\xaf\x27\x1c": "7z archive",
    b"Rar!\x1a\x07": "RAR archive",
    b"\x28\xb5\x2f\xfd": "Zstandard stream",
    b"QFI\xfb": "qcow2 disk image",
    b"KDMV": "VMDK disk image",
    b"vhdxfile": "VHDX disk image",
    b"conectix": "VHD disk image",
}
"""Containers that are recognised and kept whole, with a note: their members are not listed."""

_STARTS: tuple[tuple[bytes, Container], ...] = (
    (b"PK\x03\x04", Container.ZIP),
    (b"PK\x05\x06", Container.ZIP),
    (b"PK\x07\x08PK\x03\x04", Container.ZIP),
    (b"\x1f\x8b\x08", Container.GZIP),
    (b"BZh", Container.BZIP2),
    (b"\xfd7zXZ\x00", Container.XZ),
    (b"EVF\x09\x0d\x0a\xff\x00", Container.EWF),
)
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"


def sniff(untrusted_head: bytes) -> Container | None:
    """The container that begins with these bytes (2 KiB suffice), or None."""
    for start, container in _STARTS:
        if untrusted_head.startswith(start):
            return container
    if untrusted_head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return Container.TAR
    if begins_ext(untrusted_head) or _boots(untrusted_head):
        return Container.IMAGE
    return None


def note_unopened(untrusted_head: bytes) -> str | None:
    """What a container is called that is recognised but not opened, or None."""
    return next((name for start, name in UNOPENED.items() if untrusted_head.startswith(start)), None)


def read_head(descriptor: int) -> bytes:
    """The first bytes of a descriptor, without moving its position."""
    return os.pread(descriptor, SNIFF_BYTES, 0)


def begins_ext(head: bytes) -> bool:
    """Whether an ext2, ext3 or ext4 superblock lies at byte 1024; two magic bytes alone would be chance."""
    if not head[_EXT_MAGIC_AT:].startswith(_EXT_MAGIC):
        return False
    inodes, blocks = (int.from_bytes(head[at : at + 4], "little") for at in (1024, 1028))
    block_size, revision = (int.from_bytes(head[at : at + 4], "little") for at in (1048, 1100))
    return inodes > 0 and blocks > 0 and block_size <= _EXT_MOST_BLOCK_SIZE and revision <= 1


def _boots(head: bytes) -> bool:
    """A boot sector: NTFS, FAT, or a partition table (MBR, protective MBR of GPT)."""
    if not head[_BOOT_MARK_AT:].startswith(_BOOT_MARK):
        return False
    if head[3:11] in {b"NTFS    ", b"EXFAT   "} or head[54:57] == b"FAT" or head[82:85] == b"FAT":
        return True
    entries = [head[446 + 16 * i : 462 + 16 * i] for i in range(4)]
    return all(entry[0] in {0x00, 0x80} for entry in entries) and any(entry[4] for entry in entries)
