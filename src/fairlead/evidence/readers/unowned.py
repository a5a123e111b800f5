"""What belongs to no file: a row that says how much was not examined, before it what a search found there."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.evidence.readers.carve import carve
from fairlead.evidence.readers.entry import Entry, Given
from fairlead.evidence.readers.free_space import Range
from fairlead.evidence.readers.image import BlockImage
from fairlead.evidence.readers.partitions import Partition
from fairlead.evidence.sniff import SNIFF_BYTES, sniff


def unowned(
    image: BlockImage,
    given: Given,
    ranges: list[Range],
    *,
    name: str,
    where: str,
    slack: bool = False,
    extent: int | None = None,
) -> Iterator[Entry | None]:
    """Items found by structure, if asked for, then the row for the ranges; None as a sign of life.

    ``slack`` says that files lie between the ranges, whose ends nobody looks at. ``extent`` is the number of the
    volume whose bytes they are, None for those of the image itself.
    """
    size = sum(end - start for start, end in ranges)
    if not size and not slack:
        return
    found, kind = 0, "range" if extent is None else "extent"
    for start, end in ranges if given.carve else ():
        for item in carve(image.read, start, end, most=given.carved_bytes):
            if item is None:
                yield None
                continue
            found += 1
            yield Entry(
                path=f"{name}/{item.start:015d}.{item.extension}".encode(),
                kind=kind,
                partition=extent,
                start=item.start,
                end=item.end,
                size=item.end - item.start,
                allocation="carved",
                detail=item.detail,
                container=sniff(image.read(item.start, SNIFF_BYTES)),
            )
    searched = (
        f"searched for JPEG, PNG and MP4 in one piece only, {found} found" if given.carve else "not examined"
    )
    first, last = (ranges[0][0], ranges[-1][1]) if ranges else (0, 0)
    yield Entry(
        path=name.encode(),
        kind=kind,
        partition=extent,
        start=first,
        end=last,
        size=size,
        allocation="free",
        verdict="not_examined",
        detail=f"{where}, {size} bytes: {searched}" + ("; slack behind files: not examined" if slack else ""),
    )


def unknown_free_space(
    partition: Partition, image: BlockImage, *, extent: int | None = None, deleted: bool = True
) -> Entry:
    """The row for a file system whose map of free space cannot be read; ``deleted`` says whether its files were."""
    return Entry(
        path=b"$FreeSpace",
        kind="range" if extent is None else "extent",
        partition=extent,
        start=partition.start,
        end=partition.end_in(image),
        allocation="free",
        verdict="not_examined",
        detail=f"free space of partition {partition.number} and slack behind its files: not examined; "
        "which bytes are free is not known here" + ("" if deleted else "; deleted files are not looked for"),
    )
