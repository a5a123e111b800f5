"""Tells containers by their first bytes: plain comparison, nothing is parsed."""

from __future__ import annotations

import os
import re
from enum import StrEnum

from fairlead.evidence.volume_forms import Read, find_form

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
    ZSTD = "zstd"
    SEVEN_ZIP = "7z"
    IMAGE = "image"  # a raw disk image or file system
    EWF = "ewf"  # an Expert Witness image (E01)
    QCOW = "qcow"  # a disk of QEMU, version 2 or 3
    VMDK = "vmdk"  # a disk of VMware in one file
    VMDK_PARTS = "vmdk_parts"  # a disk of VMware whose first file is a text that names the others
    VHD = "vhd"  # a dynamic disk of Virtual PC or Hyper-V (VHD, VHDX)
    VDI = "vdi"  # a disk of VirtualBox
    DMG = "dmg"  # a disk image of macOS
    PDF = "pdf"
    OLE = "ole"  # an old Office document, an Outlook message
    MAIL = "mail"  # one message
    MBOX = "mbox"  # many messages in one file
    PICTURES = "pictures"  # bytes in which pictures lie one behind the other; only ever named by a reader


DOCUMENTS = frozenset({Container.PDF, Container.OLE, Container.MAIL, Container.MBOX, Container.PICTURES})
"""Containers that are a document themselves: the exhibit is then a file that also has members."""

DISKS = frozenset(
    {Container.IMAGE, Container.EWF, Container.QCOW, Container.VMDK, Container.VMDK_PARTS, Container.VHD,
     Container.VDI, Container.DMG}
)  # fmt: skip
"""Containers with partitions and file systems."""


UNOPENED = {
    b"Rar!\x1a\x07": "RAR archive",
    b"AFF10\r\n\x00": "AFF disk image",
}
"""Containers that are recognised and kept whole, with a note: their members are not listed."""

_STARTS: tuple[tuple[bytes, Container], ...] = (
    (b"PK\x03\x04", Container.ZIP),
    (b"PK\x05\x06", Container.ZIP),
    (b"PK\x07\x08PK\x03\x04", Container.ZIP),
    (b"\x1f\x8b\x08", Container.GZIP),
    (b"BZh", Container.BZIP2),
    (b"\xfd7zXZ\x00", Container.XZ),
    (b"\x28\xb5\x2f\xfd", Container.ZSTD),
    (b"7z\xbc\xaf\x27\x1c", Container.SEVEN_ZIP),
    (b"QFI\xfb", Container.QCOW),
    (b"KDMV", Container.VMDK),
    (b"# Disk DescriptorFile", Container.VMDK_PARTS),
    (b"vhdxfile", Container.VHD),
    (b"conectix", Container.VHD),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Container.OLE),
    (b"EVF\x09\x0d\x0a\xff\x00", Container.EWF),
)
_VDI_AT, _VDI_MARK = 64, b"\x7f\x10\xda\xbe"
_DMG_MARK, _DMG_BYTES = b"koly\0\0\0\4", 512
_LABEL_AT, _LABEL = 512, b"LABELONE"
_BLANK_BYTES = 512
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
_PDF_WITHIN = 1024
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,60}):[ \t]?[^\r\n]*(\r?\n[ \t][^\r\n]*)*(\r?\n|\Z)")
_MAIL_HEADERS = frozenset(
    {b"from", b"to", b"date", b"subject", b"message-id", b"received", b"return-path", b"mime-version",
     b"delivered-to", b"x-gmail-labels", b"content-type", b"reply-to"}
)  # fmt: skip
_LEAST_MAIL_HEADERS = 3


def sniff(untrusted_head: bytes) -> Container | None:
    """The container that begins with these bytes (2 KiB suffice), or None."""
    for start, container in _STARTS:
        if untrusted_head.startswith(start):
            return container
    if untrusted_head[_VDI_AT:].startswith(_VDI_MARK):
        return Container.VDI
    if untrusted_head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return Container.TAR
    document = _document(untrusted_head)
    if document is not None:
        return document
    if begins_ext(untrusted_head) or begins_apple(untrusted_head) or _boots(untrusted_head):
        return Container.IMAGE
    return Container.IMAGE if _begins_volume(untrusted_head) else None


def sniff_whole(read: Read, size: int) -> Container | None:
    """The same for bytes that can be read anywhere: disks that begin with zeros, and marks at the end, too.

    ``read`` is asked for more than the first 2 KiB only where these say nothing and are blank, or packed as disk
    images of macOS are.
    """
    head = read(0, min(SNIFF_BYTES, size))
    found = sniff(head)
    may_be = found in _MAY_BE_DMG or (found is None and (head[:1] == b"x" or not any(head[:_BLANK_BYTES])))
    if may_be and size > _DMG_BYTES and read(size - _DMG_BYTES, len(_DMG_MARK)) == _DMG_MARK:
        return Container.DMG
    if found is not None or size < _LEAST_VOLUME or any(head[:_BLANK_BYTES]):
        return found
    return Container.IMAGE if find_form(read, size) is not None or _begins_array(read) else None


def _begins_volume(head: bytes) -> bool:
    """LUKS, LVM2, an array of Linux, or a file system that begins at the first byte."""
    if head[:8] in (b"LUKS\xba\xbe\0\1", b"LUKS\xba\xbe\0\2") or head[:8] == b"\xfc\x4e\x2b\xa9\1\0\0\0":
        return True
    if head[_LABEL_AT:].startswith(_LABEL) or head[:4] in (b"XFSB", b"hsqs"):
        return True
    return head[3:11] in (b"-FVE-FS-", b"ReFS\0\0\0\0")


def _begins_array(read: Read) -> bool:
    """The superblock of a member of an array in version 1.2."""
    return read(4096, 8) == b"\xfc\x4e\x2b\xa9\1\0\0\0"


def _document(head: bytes) -> Container | None:
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return Container.PDF
    if head.startswith(b"From ") and _begins_mail(head.partition(b"\n")[2]):
        return Container.MBOX
    return Container.MAIL if _begins_mail(head) else None


def _begins_mail(head: bytes) -> bool:
    """Whether lines of the form of RFC 5322 header fields begin here, three of them fields that mails have."""
    at, known = 0, set()
    while match := _HEADER_LINE.match(head, at):
        known.add(match[1].lower())
        at = match.end()
    return len(known & _MAIL_HEADERS) >= _LEAST_MAIL_HEADERS


_MAY_BE_DMG = (
    Container.BZIP2,
    Container.XZ,
    Container.IMAGE,
)  # the packed data come first, and the mark last
_LEAST_VOLUME = 64 << 10


def note_unopened(untrusted_head: bytes) -> str | None:
    """What a container is called that is recognised but not opened, or None."""
    return next((name for start, name in UNOPENED.items() if untrusted_head.startswith(start)), None)


def read_head(descriptor: int) -> bytes:
    """The first bytes of a descriptor, without moving its position."""
    return os.pread(descriptor, SNIFF_BYTES, 0)


def sniff_descriptor(descriptor: int) -> Container | None:
    """The container behind a descriptor, whose position stays."""
    size = (
        os.lseek(descriptor, 0, os.SEEK_END)
        if os.fstat(descriptor).st_size == 0
        else os.fstat(descriptor).st_size
    )
    return sniff_whole(lambda offset, length: os.pread(descriptor, length, offset), size)


def begins_ext(head: bytes) -> bool:
    """Whether an ext2, ext3 or ext4 superblock lies at byte 1024; two magic bytes alone would be chance."""
    if not head[_EXT_MAGIC_AT:].startswith(_EXT_MAGIC):
        return False
    inodes, blocks = (int.from_bytes(head[at : at + 4], "little") for at in (1024, 1028))
    block_size, revision = (int.from_bytes(head[at : at + 4], "little") for at in (1048, 1100))
    return inodes > 0 and blocks > 0 and block_size <= _EXT_MOST_BLOCK_SIZE and revision <= 1


def begins_apple(head: bytes) -> bool:
    """Whether HFS+, HFSX or an APFS container begins here, by the signature and version or block size behind it."""
    hfs = head[1024:1028] in {b"H+\0\x04", b"HX\0\x05"}
    return hfs or (head[32:36] == b"NXSB" and head[36:40] in {b"\0\x10\0\0", b"\0\0\x01\0"})


def _boots(head: bytes) -> bool:
    """A boot sector: NTFS, FAT, or a partition table (MBR, protective MBR of GPT)."""
    if not head[_BOOT_MARK_AT:].startswith(_BOOT_MARK):
        return False
    if head[3:11] in {b"NTFS    ", b"EXFAT   "} or head[54:57] == b"FAT" or head[82:85] == b"FAT":
        return True
    entries = [head[446 + 16 * i : 462 + 16 * i] for i in range(4)]
    return all(entry[0] in {0x00, 0x80} for entry in entries) and any(entry[4] for entry in entries)
