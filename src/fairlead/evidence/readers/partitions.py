"""Which parts of a disk image hold file systems: MBR, GPT and their kin, or one file system without a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytsk3

from fairlead.evidence.readers.image import RawImage
from fairlead.evidence.sniff import SNIFF_BYTES, begins_apple, begins_ext

_SECTOR_BYTES = 512
WHOLE_IMAGE = "whole image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Number as The Sleuth Kit counts, gaps and the table included; start and size in bytes."""

    number: int
    start: int
    size: int
    description: str

    def end_in(self, image: RawImage) -> int:
        """The first byte behind it, in an image that may be cut."""
        return min(self.start + self.size, image.get_size())


def find_partitions(image: RawImage) -> Iterator[Partition]:
    """Allocated partitions; a file system without a partition table is partition 0."""
    whole = Partition(number=0, start=0, size=image.get_size(), description=WHOLE_IMAGE)
    if sniff_file_system(image.read(0, SNIFF_BYTES)):
        yield whole
        return
    try:
        volume = pytsk3.Volume_Info(image)
    except OSError:
        yield whole
        return
    for part in volume:
        if part.flags == pytsk3.TSK_VS_PART_FLAG_ALLOC:
            yield Partition(
                number=part.addr,
                start=part.start * _SECTOR_BYTES,
                size=part.len * _SECTOR_BYTES,
                description=part.desc.decode("utf-8", "replace")[:80],
            )


def sniff_file_system(head: bytes) -> bool:
    """Whether a file system, not a partition table, begins here."""
    return (
        begins_ext(head) or begins_apple(head) or head[3:7] == b"NTFS" or b"FAT" in (head[54:57], head[82:85])
    )
