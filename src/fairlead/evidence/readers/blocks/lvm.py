"""Volume groups of LVM2: physical volumes by label, the newest metadata, and logical volumes over them.

After lib/format_text and lib/metadata of lvm2. Read are linear, striped, mirror and raid segments, snapshots, and
thin volumes; caches, VDO and what else there is are named.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.evidence.readers.blocks.block import Block, Slice, Zeros, checked_size, exactly, unsupported
from fairlead.evidence.readers.blocks.lvm_text import Section, parse_text
from fairlead.evidence.readers.blocks.raid import Geometry, Mirror, open_raid
from fairlead.evidence.readers.blocks.snapshot import SnapshotVolume
from fairlead.evidence.readers.blocks.thin import ThinPool
from fairlead.evidence.readers.entry import Stop

_SECTOR, _LABEL_SECTORS = 512, 4
_AREA_MAGIC = b" LVM2 x[5A%r0N*>"
_AREA_HEADER = 512
_MOST_TEXT = 16 << 20
_MOST_SEGMENTS, _MOST_DEPTH = 100_000, 12
_RAID_LEVELS = {
    "raid0": (0, 0), "raid0_meta": (0, 0), "raid1": (1, 0), "raid4": (5, 4), "raid5": (5, 2), "raid5_ls": (5, 2),
    "raid5_la": (5, 0), "raid5_rs": (5, 3), "raid5_ra": (5, 1), "raid5_n": (5, 5), "raid6": (6, 8),
    "raid6_zr": (6, 8), "raid6_nr": (6, 9), "raid6_nc": (6, 10), "raid6_ls_6": (6, 18), "raid6_la_6": (6, 16),
    "raid6_rs_6": (6, 19), "raid6_ra_6": (6, 17), "raid6_n_6": (6, 5), "raid10": (10, 0x102), "raid10_near": (10, 0x102),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalVolume:
    """A physical volume's number and the newest metadata that it holds, which may be none."""

    number: str
    text: str
    sequence: int


def find_physical_volume(block: Block) -> PhysicalVolume | None:
    """The label in one of the first four sectors, and the metadata it leads to."""
    head = block.read(0, _LABEL_SECTORS * _SECTOR)
    for at in range(0, len(head), _SECTOR):
        label = head[at : at + _SECTOR]
        if label[:8] == b"LABELONE" and label[24:32] == b"LVM2 001" and len(label) == _SECTOR:
            return _read_label(block, label)
    return None


def _read_label(block: Block, label: bytes) -> PhysicalVolume | None:
    start: int = struct.unpack_from("<I", label, 20)[0]
    if not 32 <= start <= _SECTOR - 40:
        return None
    number = label[start : start + 32].decode("ascii", "replace")
    _, at = _areas(label, start + 40)
    areas, _ = _areas(label, at)
    newest, text = -1, ""
    for offset, size in areas:
        try:
            found = _read_area(block, offset, size)
            sequence = _group_of(parse_text(found))[1].number("seqno")
        except (OSError, ValueError):
            continue
        if sequence > newest:
            newest, text = sequence, found
    return PhysicalVolume(number=number, text=text, sequence=newest)


def _areas(label: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    found = []
    while at + 16 <= len(label):
        offset, size = struct.unpack_from("<QQ", label, at)
        at += 16
        if not offset:
            break
        found.append((offset, size))
    return found, at


def _read_area(block: Block, offset: int, size: int) -> str:
    """The current text of a metadata area, which is a ring behind its header."""
    head = exactly(block, offset, _AREA_HEADER)
    if head[4:20] != _AREA_MAGIC:
        raise OSError("no metadata area")
    start, length = struct.unpack_from("<QQ", head, 40)
    if not 0 < length <= min(size, _MOST_TEXT) or not _AREA_HEADER <= start < size:
        raise OSError("no text in the metadata area")
    first = min(length, size - start)
    text = exactly(block, offset + start, first)
    if first < length:
        text += exactly(block, offset + _AREA_HEADER, length - first)
    return text.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _group_of(text: Section) -> tuple[str, Section]:
    for name, section in text.sections.items():
        if "extent_size" in section.values:
            return name, section
    raise ValueError("no volume group")


class VolumeGroup:
    """One volume group over the physical volumes that are there. Raises ValueError where the text is none."""

    def __init__(self, text: str, blocks: Mapping[str, Block]) -> None:
        self.name, self._group = _group_of(parse_text(text))
        self._extent = self._group.number("extent_size") * _SECTOR
        if not 0 < self._extent <= 1 << 44:
            raise ValueError("no such size of an extent")
        self._physical: dict[str, tuple[Block | None, int]] = {}
        for name, section in _below(self._group, "physical_volumes").items():
            number = section.text("id").replace("-", "")
            self._physical[name] = (blocks.get(number), section.number("pe_start") * _SECTOR)
        self._logical = _below(self._group, "logical_volumes")
        self._opened: dict[str, Block] = {}
        self._pools: dict[str, ThinPool] = {}
        self._snapshots = self._find_snapshots()

    @property
    def missing(self) -> int:
        """Physical volumes that the group names and that are not here."""
        return sum(block is None for block, _ in self._physical.values())

    @property
    def numbers(self) -> list[str]:
        """Numbers of all physical volumes that the group names."""
        return [
            section.text("id").replace("-", "")
            for section in _below(self._group, "physical_volumes").values()
        ]

    def names(self) -> list[str]:
        """Logical volumes in the order of the metadata, parts of others included."""
        return list(self._logical)

    def visible(self, name: str) -> bool:
        """Whether a logical volume is one for use, and no part of another."""
        if name in {store for _, store, _ in self._snapshots.values()}:
            return True
        try:
            status = self._logical[name].listed("status")
        except ValueError:
            return True
        return "VISIBLE" in status and self._kind(name) != "thin-pool" and not name.startswith("snapshot")

    def _kind(self, name: str) -> str:
        first = self._logical[name].sections.get("segment1")
        return first.text("type") if first is not None and "type" in first.values else ""

    def _find_snapshots(self) -> dict[str, tuple[str, str, int]]:
        """Snapshots by the volume that stores their differences: origin, store, bytes of a chunk."""
        found = {}
        for name, section in self._logical.items():
            if self._kind(name) != "snapshot":
                continue
            segment = section.sections["segment1"]
            store = segment.text("cow_store")
            found[store] = (segment.text("origin"), store, segment.number("chunk_size") * _SECTOR)
        return found

    def open(self, name: str) -> Block:
        """A logical volume as one sees it when it is active.

        Raises OSError where physical volumes are missing, Stop for what is not read, ValueError for damaged text.
        """
        if name in self._snapshots:
            origin, store, chunk = self._snapshots[name]
            return SnapshotVolume(self._open(origin, 0), self._open(store, 0), chunk)
        return self._open(name, 0)

    def _open(self, name: str, depth: int) -> Block:
        if depth > _MOST_DEPTH:
            raise ValueError("logical volumes lie in each other without end")
        if name not in self._opened:
            section = self._logical.get(name)
            if section is None:
                raise ValueError("a logical volume is missing")
            count = section.number("segment_count")
            if not 0 < count <= _MOST_SEGMENTS:
                raise ValueError("no such number of segments")
            segments = []
            for number in range(1, count + 1):
                segment = section.sections.get(f"segment{number}")
                if segment is None:
                    raise ValueError("a segment is missing")
                start = segment.number("start_extent") * self._extent
                size = checked_size(segment.number("extent_count") * self._extent)
                segments.append((start, self._segment(segment, size, depth)))
            self._opened[name] = Segments(segments)
        return self._opened[name]

    def _segment(self, segment: Section, size: int, depth: int) -> Block:
        kind = segment.text("type").split("+")[0]
        if kind in {"striped", "linear"}:
            return self._striped(segment, size, depth)
        if kind == "mirror":
            legs = [
                self._leg(name, extent, size, depth) for name, extent in _pairs(segment.listed("mirrors"))
            ]
            return Mirror([leg for leg in legs if leg.whole], size)
        if kind in _RAID_LEVELS:
            return self._raid(segment, kind, size, depth)
        if kind == "thin":
            return self._thin(segment, size, depth)
        if kind in {"zero", "error"}:
            return Zeros(size) if kind == "zero" else Missing(size)
        raise unsupported(f"a logical volume of type {kind[:40]}")

    def _striped(self, segment: Section, size: int, depth: int) -> Block:
        pairs = _pairs(segment.listed("stripes"))
        if len(pairs) != segment.number("stripe_count") or size % (len(pairs) * _SECTOR):
            raise ValueError("stripes that are none")
        each = size // len(pairs)
        legs = [self._leg(name, extent, each, depth) for name, extent in pairs]
        if len(legs) == 1:
            return legs[0]
        return Stripes(legs, segment.number("stripe_size") * _SECTOR)

    def _leg(self, name: str, extent: int, size: int, depth: int) -> Leg:
        """A part of a segment: on a physical volume, or on another logical volume."""
        if name in self._physical:
            block, start = self._physical[name]
            return Leg(block, start + extent * self._extent, size)
        return Leg(self._open(name, depth + 1), extent * self._extent, size)

    def _raid(self, segment: Section, kind: str, size: int, depth: int) -> Block:
        level, layout = _RAID_LEVELS[kind]
        named = segment.listed("raids") if "raids" in segment.values else segment.listed("raid0_lvs")
        parts = [name for name in named if isinstance(name, str) and "_rmeta_" not in name]
        members: list[Block | None] = []
        for name in parts:
            part = self._open(name, depth + 1)
            members.append(part if whole(part) else None)
        if not members or all(member is None for member in members):
            raise OSError("the physical volumes of this logical volume are missing")
        chunk = segment.number("stripe_size", 0) * _SECTOR
        used = max(member.size for member in members if member is not None)
        block = open_raid(Geometry(level=level, layout=layout, chunk=chunk, used=used), members)
        return Slice(block, 0, min(size, block.size))

    def _thin(self, segment: Section, size: int, depth: int) -> Block:
        name = segment.text("thin_pool")
        if "external_origin" in segment.values:
            raise unsupported("a thin volume whose origin lies outside of its pool")
        if name not in self._pools:
            pool = self._logical[name].sections["segment1"] if name in self._logical else Section()
            self._pools[name] = ThinPool(
                self._open(pool.text("metadata"), depth + 1),
                self._open(pool.text("pool"), depth + 1),
                pool.number("chunk_size") * _SECTOR,
            )
        return self._pools[name].open(segment.number("device_id"), size)


def whole(block: Block) -> bool:
    """Whether nothing that a logical volume lies on is missing."""
    return bool(getattr(block, "whole", True))


def _below(section: Section, name: str) -> dict[str, Section]:
    found = section.sections.get(name)
    return found.sections if found is not None else {}


def _pairs(listed: Sequence[object]) -> list[tuple[str, int]]:
    pairs = []
    for name, extent in zip(listed[::2], listed[1::2], strict=True):
        if not isinstance(name, str) or not isinstance(extent, int) or extent < 0:
            raise ValueError("a list of stripes that is none")
        pairs.append((name, extent))
    if not 0 < len(pairs) <= 256:
        raise ValueError("no such number of stripes")
    return pairs


class Missing:
    """A range of which nothing can be read."""

    whole = False

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, length: int) -> bytes:  # noqa: ARG002 - no byte of it is here
        """Never anything. Raises OSError."""
        raise OSError("the physical volume of these bytes is missing")


class Leg:
    """A range of a physical volume or of another logical volume; ``whole`` unless that is missing."""

    def __init__(self, below: Block | None, start: int, size: int) -> None:
        self.whole = below is not None and whole(below)
        self.size = size
        self._block: Block = Slice(below, start, size) if below is not None else Missing(size)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the range."""
        return self._block.read(offset, length)


class Stripes:
    """Equal legs, chunk by chunk in turn."""

    def __init__(self, legs: Sequence[Leg], chunk: int) -> None:
        if not _SECTOR <= chunk <= 1 << 30:
            raise ValueError("no such size of a stripe")
        self._legs, self._chunk = tuple(legs), chunk
        self.whole = all(leg.whole for leg in legs)
        self.size = sum(leg.size for leg in legs)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the segment."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._chunk)
            take = min(self._chunk - within, end - offset)
            leg = self._legs[number % len(self._legs)]
            pieces.append(exactly(leg, number // len(self._legs) * self._chunk + within, take))
            offset += take
        return b"".join(pieces)


class Segments:
    """The segments of a logical volume in their order; a gap between them is no such volume."""

    def __init__(self, segments: Sequence[tuple[int, Block]]) -> None:
        ordered = sorted(segments, key=lambda one: one[0])
        self._blocks = [block for _, block in ordered]
        self._starts = [start for start, _ in ordered]
        reached = 0
        for start, block in ordered:
            if start != reached:
                raise ValueError("segments that do not lie one behind the other")
            reached += block.size
        self.size = reached
        self.whole = all(whole(block) for block in self._blocks)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the volume."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            place = bisect_right(self._starts, offset) - 1
            block = self._blocks[place]
            within = offset - self._starts[place]
            take = min(end - offset, block.size - within)
            pieces.append(exactly(block, within, take))
            offset += take
        return b"".join(pieces)


def refusal(problem: Exception) -> Stop:
    """Why a logical volume was not opened, as a verdict."""
    if isinstance(problem, Stop):
        return problem
    if isinstance(problem, OSError):
        return Stop("unreadable", str(problem))
    return Stop("damaged", f"metadata of LVM2: {str(problem)[:80]}")
