"""Forms of file systems and volumes, told by marks at fixed places: plain comparison, nothing is parsed.

Every form has a name here, whether it is read or not, so that what is not read can be named.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import StrEnum

Read = Callable[[int, int], bytes]
"""``read(offset, length)``: bytes of a volume, fewer at its end."""


class VolumeForm(StrEnum):
    """What a volume holds, in the words in which it is shown."""

    EXT = "ext2, ext3 or ext4"
    NTFS = "NTFS"
    FAT = "FAT"
    EXFAT = "exFAT"
    HFS = "HFS+"
    APFS = "APFS"
    XFS = "XFS"
    BTRFS = "Btrfs"
    ISO = "ISO 9660"
    UDF = "UDF"
    SQUASHFS = "squashfs"
    UFS1 = "UFS1"
    UFS2 = "UFS2"
    F2FS = "F2FS"
    ZFS = "ZFS"
    BITLOCKER = "BitLocker"
    REFS = "ReFS"
    SWAP = "swap space"
    BCACHE = "bcache or bcachefs"
    REISER = "ReiserFS"
    JFS = "JFS"
    NILFS = "NILFS2"
    EROFS = "EROFS"
    CRAMFS = "cramfs"
    ROMFS = "romfs"
    CEPH = "Ceph BlueStore"
    OCFS = "OCFS2"
    GFS = "GFS2"
    VMFS = "VMFS"
    STRATIS = "Stratis"
    VDO = "VDO"
    INTEGRITY = "dm-integrity"
    LVM1 = "LVM1"
    FAKERAID = "RAID of a mainboard (IMSM or DDF)"
    LDM = "dynamic disk of Windows"


UNREAD = frozenset(VolumeForm) - {
    VolumeForm.EXT, VolumeForm.NTFS, VolumeForm.FAT, VolumeForm.EXFAT, VolumeForm.HFS, VolumeForm.APFS,
    VolumeForm.XFS, VolumeForm.BTRFS, VolumeForm.ISO, VolumeForm.UDF, VolumeForm.SQUASHFS, VolumeForm.UFS1,
}  # fmt: skip
"""Forms that are known by name only."""

_BCACHE = bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81")
_BCACHEFS = bytes.fromhex("c68573f66619980e")  # the first half of its number
_MARKS: tuple[tuple[int, bytes, VolumeForm], ...] = (
    (0, b"XFSB", VolumeForm.XFS),
    (0, b"hsqs", VolumeForm.SQUASHFS),
    (3, b"NTFS    ", VolumeForm.NTFS),
    (3, b"EXFAT   ", VolumeForm.EXFAT),
    (3, b"-FVE-FS-", VolumeForm.BITLOCKER),
    (3, b"ReFS\0", VolumeForm.REFS),
    (32, b"NXSB", VolumeForm.APFS),
    (0, b"bluestore block device\n", VolumeForm.CEPH),
    (0, b"dmvdo001", VolumeForm.VDO),
    (0, b"integrt\0", VolumeForm.INTEGRITY),
    (0, b"HM\1\0", VolumeForm.LVM1),
    (0, b"HM\2\0", VolumeForm.LVM1),
    (0, b"\x45\x3d\xcd\x28", VolumeForm.CRAMFS),
    (0, b"-rom1fs-", VolumeForm.ROMFS),
    (516, b"!Stra0tis\x86\xff\x02^\x41rh", VolumeForm.STRATIS),
    (1024, b"H+\0\4", VolumeForm.HFS),
    (1024, b"HX\0\5", VolumeForm.HFS),
    (1024, b"\x10\x20\xf5\xf2", VolumeForm.F2FS),
    (1024, b"\xe2\xe1\xf5\xe0", VolumeForm.EROFS),
    (1024, b"\2\0\0\0\0\0\x34\x34", VolumeForm.NILFS),
    (3072, b"PRIVHEAD", VolumeForm.LDM),
    (4086, b"SWAPSPACE2", VolumeForm.SWAP),
    (4086, b"SWAP-SPACE", VolumeForm.SWAP),
    (4120, _BCACHE, VolumeForm.BCACHE),
    (4120, _BCACHEFS, VolumeForm.BCACHE),
    (8192, b"OCFSV2", VolumeForm.OCFS),
    (9564, b"\x54\x19\x01\0", VolumeForm.UFS1),
    (9564, b"\0\x01\x19\x54", VolumeForm.UFS1),
    (32768, b"JFS1", VolumeForm.JFS),
    (65536, b"\x01\x16\x19\x70", VolumeForm.GFS),
    (65600, b"_BHRfS_M", VolumeForm.BTRFS),
    (65588, b"ReIsEr", VolumeForm.REISER),
    (66908, b"\x19\x01\x54\x19", VolumeForm.UFS2),
    (66908, b"\x19\x54\x01\x19", VolumeForm.UFS2),
    (1 << 20, b"\x0d\xd0\x01\xc0", VolumeForm.VMFS),
)
_HEAD_BYTES = 4608
_EXT_MAGIC_AT = 1080
_ISO_AT, _ISO_SECTOR, _MOST_DESCRIPTORS = 32769, 2048, 16
_ZFS_AT, _ZFS_UBERBLOCKS, _ZFS_STEP = 0x20000, 128, 1024
_ZFS_MARKS = (b"\x0c\xb1\xba\0\0\0\0\0", b"\0\0\0\0\0\xba\xb1\x0c")


def find_form(read: Read, size: int) -> VolumeForm | None:
    """What lies in a volume of so many bytes, or None."""
    head = read(0, min(_HEAD_BYTES, size))
    form = _by_marks(head, read, size)
    if form is not None:
        return form
    if head[1080:1082] == b"\x53\xef" and _plausible_ext(head):
        return VolumeForm.EXT
    if head[510:512] == b"\x55\xaa" and b"FAT" in (head[54:57], head[82:85]):
        return VolumeForm.FAT
    return _optical(read, size) or _zfs(read, size) or _fakeraid(read, size)


def _by_marks(head: bytes, read: Read, size: int) -> VolumeForm | None:
    for at, mark, form in _MARKS:
        if at + len(mark) <= len(head):
            found = head[at : at + len(mark)]
        else:
            found = read(at, len(mark)) if at + len(mark) <= size else b""
        if found == mark:
            return form
    return None


def _plausible_ext(head: bytes) -> bool:
    inodes, blocks = (int.from_bytes(head[at : at + 4], "little") for at in (1024, 1028))
    block_size, revision = (int.from_bytes(head[at : at + 4], "little") for at in (1048, 1100))
    return inodes > 0 and blocks > 0 and block_size <= 6 and revision <= 1


def _optical(read: Read, size: int) -> VolumeForm | None:
    """ISO 9660, or UDF alone; a disc that has both is read as ISO 9660."""
    udf = False
    for number in range(_MOST_DESCRIPTORS):
        at = _ISO_AT + number * _ISO_SECTOR
        mark = read(at, 5) if at + 5 <= size else b""
        if mark == b"CD001":
            return VolumeForm.ISO
        if mark in (b"NSR02", b"NSR03"):
            udf = True
        elif mark not in (b"BEA01", b"TEA01", b"BOOT2", b"CDW02"):
            break
    return VolumeForm.UDF if udf else None


def _zfs(read: Read, size: int) -> VolumeForm | None:
    if size < 64 << 20:
        return None
    ring = read(_ZFS_AT, _ZFS_UBERBLOCKS * _ZFS_STEP)
    marks = [ring[at : at + 8] for at in range(0, len(ring), _ZFS_STEP)]
    return VolumeForm.ZFS if any(mark in _ZFS_MARKS for mark in marks) else None


def _fakeraid(read: Read, size: int) -> VolumeForm | None:
    if size < 4096:
        return None
    end = size // 512 * 512
    if read(end - 1024, 22) == b"Intel Raid ISM Cfg Sig" or read(end - 512, 4) == b"\xde\x11\xde\x11":
        return VolumeForm.FAKERAID
    return None


_COUNTED: dict[VolumeForm, tuple[tuple[int, int, bool], tuple[int, int, bool]]] = {
    VolumeForm.XFS: ((8, 8, True), (4, 4, True)),
    VolumeForm.NTFS: ((40, 8, False), (11, 2, False)),
    VolumeForm.HFS: ((1068, 4, True), (1064, 4, True)),
    VolumeForm.APFS: ((40, 8, False), (36, 4, False)),
    VolumeForm.ISO: ((32848, 4, False), (32896, 2, False)),
}
"""Where a form states its number of blocks, and the bytes of one: place, width, whether the first byte is the highest."""


def declared_size(form: VolumeForm, read: Read) -> int | None:
    """How many bytes a file system says that it takes, None where it does not say so at a fixed place."""

    def number(at: int, width: int, big: bool = False) -> int:
        return int.from_bytes(read(at, width), "big" if big else "little")

    if form in _COUNTED:
        blocks, size = _COUNTED[form]
        return number(*blocks) * number(*size)
    stated = None
    match form:
        case VolumeForm.EXT:
            wide = number(1120, 4) & 0x80
            count = number(1028, 4) | (number(1360, 4) << 32 if wide else 0)
            stated = count * (1024 << min(number(1048, 4), 6))
        case VolumeForm.EXFAT:
            stated = number(72, 8) << min(number(108, 1), 12)
        case VolumeForm.FAT:
            stated = (number(19, 2) or number(32, 4)) * number(11, 2)
        case VolumeForm.SQUASHFS:
            stated = number(40, 8)
        case VolumeForm.BTRFS:
            stated = number(65536 + 0xC9 + 8, 8)
    return stated


_EXT_UNREAD = {
    96: {0x1: "compression", 0x8: "journal only", 0x1000: "data in directory entries", 0x8000: "inline data",
         0x10000: "encryption"},
    100: {0x200: "bigalloc"},
}  # fmt: skip


def unread_features(form: VolumeForm, read: Read) -> list[str]:
    """Names of the features of an ext file system that would be read wrongly here."""
    if form is not VolumeForm.EXT:
        return []
    superblock = read(1024, 1024)
    if len(superblock) < 1024:
        return []
    return [
        name
        for at, names in _EXT_UNREAD.items()
        for bit, name in names.items()
        if struct.unpack_from("<I", superblock, at)[0] & bit
    ]


def journal_waits(read: Read) -> bool:
    """Whether an ext file system was not closed, and its journal holds what is still to be written."""
    return bool(int.from_bytes(read(1120, 4), "little") & 0x4)
