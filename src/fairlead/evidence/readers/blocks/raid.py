"""Where a byte of an array lies on its members, and what it was when a member is missing.

Levels and layouts as the Linux kernel places them (drivers/md: raid0.c, raid5.c, raid10.c), for arrays of md and
for the RAID segments of LVM2, which are placed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fairlead.evidence.readers.blocks.block import Block, Chain, exactly, unsupported

Member = Block | None
_Bytes = npt.NDArray[np.uint8]
_MOST_MEMBERS = 512
_RAID5_LAYOUTS, _RAID6_LAYOUTS = range(6), (*range(6), *range(8, 11), *range(16, 21))
_Q_BEFORE_P, _COUNTED_FROM_ZERO = 10, (8, 9, 10)  # layouts of the DDF specification
_FAR_OFFSET = 1 << 16
_MULTIZONE_ALTERNATE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Level (-1 is linear), layout by the kernel's number, bytes of a chunk, and bytes used of each member."""

    level: int
    layout: int
    chunk: int
    used: int


def open_raid(geometry: Geometry, members: Sequence[Member]) -> Block:
    """The array on these members in their order, None for each that is missing.

    Raises OSError when more are missing than the level bears, Stop for a layout that is not read.
    """
    if not 0 < len(members) <= _MOST_MEMBERS:
        raise OSError("no such number of members")
    level, chunk = geometry.level, geometry.chunk
    if level == -1:
        return Chain(_whole(members))
    if level == 0:
        return Striped(_whole(members), chunk, alternate=geometry.layout == _MULTIZONE_ALTERNATE)
    if level == 1:
        return Mirror(members, geometry.used)
    if level in (4, 5, 6):
        return Parity(members, geometry, parities=2 if level == 6 else 1)
    if level == 10:
        return Raid10(members, geometry)
    raise unsupported(f"an array of level {level}")


def _whole(members: Sequence[Member]) -> list[Block]:
    there = [member for member in members if member is not None]
    if len(there) != len(members):
        raise OSError(f"{len(members) - len(there)} of {len(members)} members are missing")
    return there


def _checked_chunk(chunk: int) -> int:
    if not 512 <= chunk <= 1 << 30:
        raise OSError("no such size of a chunk")
    return chunk


class Striped:
    """Level 0. Members of different sizes make zones, each over the members that reach into it."""

    def __init__(self, members: Sequence[Block], chunk: int, *, alternate: bool = False) -> None:
        self._chunk, self._alternate = _checked_chunk(chunk), alternate
        sizes = [member.size // chunk * chunk for member in members]
        self._zones: list[tuple[int, int, int, list[Block]]] = []
        start = 0
        for low, high in pairwise([0, *sorted(set(sizes))]):
            within = [member for member, size in zip(members, sizes, strict=True) if size >= high]
            end = start + (high - low) * len(within)
            self._zones.append((start, end, low, within))
            start = end
        self.size = start

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the array."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            first, last, low, members = next(zone for zone in self._zones if offset < zone[1])
            number, within = divmod(offset - first, self._chunk)
            take = min(self._chunk - within, end - offset, last - offset)
            member = members[(number if self._alternate else offset // self._chunk) % len(members)]
            pieces.append(exactly(member, low + number // len(members) * self._chunk + within, take))
            offset += take
        return b"".join(pieces)


class Mirror:
    """Level 1: the first member that gives the bytes."""

    def __init__(self, members: Sequence[Member], size: int) -> None:
        self._members = [member for member in members if member is not None]
        if not self._members:
            raise OSError("all members are missing")
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the array."""
        length = min(length, self.size - offset)
        return _first_of([(member, offset) for member in self._members], length) if length > 0 else b""


def _first_of(places: Sequence[tuple[Member, int]], length: int) -> bytes:
    problem = OSError("the members that hold these bytes are missing")
    for member, offset in places:
        if member is None:
            continue
        try:
            return exactly(member, offset, length)
        except OSError as met:
            problem = met
    raise problem


class Parity:
    """Levels 4, 5 and 6: one or two members of every stripe hold what repairs it."""

    def __init__(self, members: Sequence[Member], geometry: Geometry, *, parities: int) -> None:
        self._members, self._parities = list(members), parities
        self._layout = 5 if geometry.level == 4 else geometry.layout
        if self._layout not in (_RAID6_LAYOUTS if parities == 2 else _RAID5_LAYOUTS):
            raise unsupported(f"RAID {geometry.level} with layout {geometry.layout}")
        missing = sum(member is None for member in members)
        if missing > parities:
            raise OSError(
                f"{missing} of {len(members)} members are missing; RAID {geometry.level} bears {parities}"
            )
        if len(members) <= parities:
            raise OSError("no such number of members")
        self._chunk = _checked_chunk(geometry.chunk)
        self._data = len(members) - parities
        self.size = geometry.used // self._chunk * self._chunk * self._data

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the array."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._chunk)
            take = min(self._chunk - within, end - offset)
            stripe, index = divmod(number, self._data)
            pieces.append(self._of(stripe, index, within, take))
            offset += take
        return b"".join(pieces)

    def _of(self, stripe: int, index: int, within: int, take: int) -> bytes:
        first, second = self._parity_at(stripe)
        place = self._data_at(index, first, second)
        at = stripe * self._chunk + within
        member = self._members[place]
        if member is not None:
            try:
                return exactly(member, at, take)
            except OSError:
                if self._parities == 1 and None in self._members:
                    raise
        return self._repaired(place, first, second, at, take)

    def _parity_at(self, stripe: int) -> tuple[int, int | None]:
        """Which members hold P and Q of a stripe."""
        count, layout = len(self._members), self._layout
        if self._parities == 1:
            return {4: 0, 5: count - 1}.get(layout, _rotated(layout, stripe, count)), None
        if layout == 4:
            return 0, 1
        if layout == 5:
            return count - 2, count - 1
        if layout >= 16:  # Q stays on the last member: RAID 5 that became RAID 6
            return (0 if layout == 20 else _rotated(layout - 16, stripe, count - 1)), count - 1
        if layout == _Q_BEFORE_P:
            first = _rotated(0, stripe, count)
            return first, (first - 1) % count
        first = _rotated(0, stripe + 1, count) if layout == 9 else _rotated(layout, stripe, count)
        return first, (first + 1) % count

    def _data_at(self, index: int, first: int, second: int | None) -> int:
        count, layout = len(self._members), self._layout
        symmetric = layout in (2, 3, 18, 19)
        if second is None:
            return (first + 1 + index) % count if symmetric else index + (index >= first)
        if layout >= 16:
            return (first + 1 + index) % (count - 1) if symmetric else index + (index >= first)
        if layout == _Q_BEFORE_P:
            return (first + 1 + index) % count
        if symmetric:
            return (first + 2 + index) % count
        if first == count - 1 and layout in (0, 1, 8, 9):
            return index + 1
        return index + 2 * (index >= first)

    def _repaired(self, place: int, first: int, second: int | None, at: int, take: int) -> bytes:
        """Bytes of a member that is missing, from those that are there."""
        lost = {place}
        held: dict[int, _Bytes] = {}
        for number, member in enumerate(self._members):
            if number == place:
                continue
            try:
                if member is None:
                    raise OSError("missing")
                held[number] = np.frombuffer(exactly(member, at, take), dtype=np.uint8)
            except OSError:
                lost.add(number)
        if len(lost) > self._parities:
            raise OSError("more members are missing than can be made up for")
        if second is None or (first not in lost and len(lost - {second}) == 1):
            return _xor(held, leave=second, take=take).tobytes()
        return self._by_second(place, first, second, lost, held, take)

    def _by_second(
        self, place: int, first: int, second: int, lost: set[int], held: dict[int, _Bytes], take: int
    ) -> bytes:
        """With Q: its coefficients count members behind Q, round the end (raid6_d0 of the kernel)."""
        count = len(self._members)
        begin = 0 if self._layout in _COUNTED_FROM_ZERO else second + 1
        order = [number for step in range(count) if (number := (begin + step) % count) not in (first, second)]
        powers = {number: _power(slot) for slot, number in enumerate(order)}
        remainder = held[second].copy()
        for number in order:
            if number in held:
                remainder ^= _times(powers[number])[held[number]]
        others = lost - {place, first}
        if not others:
            return _times(_inverse(powers[place]))[remainder].tobytes()
        other = others.pop()
        plain = _xor(held, leave=second, take=take)
        # P' = D_place + D_other and Q' = g_place D_place + g_other D_other
        divisor = _inverse(powers[place] ^ powers[other])
        return bytes(_times(divisor)[remainder ^ _times(powers[other])[plain]].tobytes())


def _rotated(layout: int, stripe: int, count: int) -> int:
    return count - 1 - stripe % count if layout in (0, 2) else stripe % count


def _xor(held: dict[int, _Bytes], *, leave: int | None, take: int) -> _Bytes:
    result = np.zeros(take, dtype=np.uint8)
    for number, data in held.items():
        if number != leave:
            result ^= data
    return result


def _product(left: int, right: int) -> int:
    """In the field of 256 elements with x^8 + x^4 + x^3 + x^2 + 1."""
    result = 0
    while right:
        if right & 1:
            result ^= left
        left = left << 1 ^ (0x11D if left & 0x80 else 0)
        right >>= 1
    return result


def _power(exponent: int) -> int:
    result = 1
    for _ in range(exponent % 255):
        result = _product(result, 2)
    return result


@lru_cache(maxsize=256)
def _inverse(value: int) -> int:
    return next((other for other in range(1, 256) if _product(value, other) == 1), 0)


@lru_cache(maxsize=256)
def _times(value: int) -> _Bytes:
    return np.array([_product(value, other) for other in range(256)], dtype=np.uint8)


class Raid10:
    """Level 10 with near, far or offset copies."""

    def __init__(self, members: Sequence[Member], geometry: Geometry) -> None:
        count = len(members)
        self._members, self._chunk = list(members), _checked_chunk(geometry.chunk)
        self._near, self._far = geometry.layout & 255, geometry.layout >> 8 & 255
        self._offset = bool(geometry.layout & _FAR_OFFSET)
        sets = geometry.layout >> 17
        if not 0 < self._near * self._far <= count or sets > 2:
            raise unsupported(f"RAID 10 with layout {geometry.layout:#x}")
        self._set = (count, count // self._far, self._far * self._near)[sets]
        chunks = geometry.used // self._chunk // self._far * count // self._near
        self.size = chunks * self._chunk
        each = -(-chunks * self._near * self._far // count)
        self._stride = (1 if self._offset else each // self._far) * self._chunk
        if count - sum(member is not None for member in members) >= count:
            raise OSError("all members are missing")
        self._check_missing()

    def _check_missing(self) -> None:
        """Refuse an array of which no read could succeed everywhere."""
        missing = [member is None for member in self._members]
        for number in range(min(len(missing) * self._near, self.size // self._chunk)):
            if all(missing[device] for device, _ in self._places(number, 0)):
                raise OSError(
                    f"{sum(missing)} of {len(missing)} members are missing, and with them all copies"
                )

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the array."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._chunk)
            take = min(self._chunk - within, end - offset)
            places = [(self._members[device], at) for device, at in self._places(number, within)]
            pieces.append(_first_of(places, take))
            offset += take
        return b"".join(pieces)

    def _places(self, number: int, within: int) -> list[tuple[int, int]]:
        """Every copy of a chunk: member and offset on it."""
        count = len(self._members)
        stripe, device = divmod(number * self._near, count)
        at = stripe * (self._far if self._offset else 1) * self._chunk + within
        places = []
        for _ in range(self._near):
            copy, place = device, at
            places.append((copy, place))
            for _ in range(1, self._far):
                copy = self._next_copy(copy)
                place += self._stride
                places.append((copy, place))
            device += 1
            if device >= count:
                device, at = 0, at + self._chunk
        return places

    def _next_copy(self, device: int) -> int:
        count, each = len(self._members), self._set
        last = (count // each - 1) * each
        home = device // each
        device += self._near
        if count % each and device > last:
            return (device - last) % (each + count % each) + last
        return device % each + each * home
