"""Which parts of a disk image hold file systems: MBR, GPT and their kin, or one file system without a table."""

from __future__ import annotations

from dataclasses import dataclass

import pytsk3

from fairlead.evidence.readers.image import BlockImage

_SECTOR_BYTES = 512
MOST_PARTITIONS = 256
WHOLE_IMAGE = "whole image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Number as The Sleuth Kit counts, gaps and the table included; start and size in bytes."""

    number: int
    start: int
    size: int
    description: str

    def end_in(self, image: BlockImage) -> int:
        """The first byte behind it, in an image that may be cut."""
        return min(self.start + self.size, image.get_size())


def find_partitions(image: BlockImage) -> list[Partition]:
    """Allocated partitions; none where there is no table, or one that names none."""
    try:
        volume = pytsk3.Volume_Info(image)
    except OSError:
        return []
    sector = int(volume.info.block_size) or _SECTOR_BYTES
    found = []
    for part in volume:
        if part.flags == pytsk3.TSK_VS_PART_FLAG_ALLOC and part.len:
            found.append(
                Partition(
                    number=part.addr,
                    start=part.start * sector,
                    size=part.len * sector,
                    description=part.desc.decode("utf-8", "replace")[:80],
                )
            )
            if len(found) >= MOST_PARTITIONS:
                break
    return found
