"""The combined and common log formats at full speed: a compiled scan over a block of lines, columns at once.

Takes only what is plainly in the format: printable ASCII, no backslash, one-word user name, a request of three parts.
Every other line is left to the line-by-line reader, which decides between a row and quarantine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# Columns of the field table: first and last byte of each field, relative to the block.
_IP, _USER, _METHOD, _PATH, _AGENT = 0, 2, 4, 6, 8
_FIELDS = 10
_SECONDS, _ZONE, _STATUS, _SIZE = 0, 1, 2, 3
_NUMBERS = 4
_LONGEST_IP, _LONGEST_USER, _LONGEST_METHOD, _LONGEST_PATH, _LONGEST_AGENT = 45, 255, 32, 2048, 512
_ABSENT = -1
_LONGEST_NUMBER = 19  # digits of a 64-bit position


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedBlock:
    """Lines of a block that are plainly in the format, as columns; and the byte ranges of all other lines.

    ``start`` and ``end`` are bytes relative to the block, without the line's end.
    """

    start: Ints
    end: Ints
    ip: pa.Array
    user: pa.Array
    method: pa.Array
    path: pa.Array
    agent: pa.Array
    seconds: Ints
    zone_minutes: Ints
    status: Ints
    size_bytes: pa.Array
    others: list[tuple[int, int]]


def scan_block(block: bytes) -> ScannedBlock:
    """Scan whole lines, each ended by a line feed; a last line without one must not be in the block."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n")).astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else ends
    fields = np.empty((len(ends), _FIELDS), np.int64)
    numbers = np.empty((len(ends), _NUMBERS), np.int64)
    good = np.empty(len(ends), np.bool_)
    _scan(data, starts, ends, fields, numbers, good)
    chosen = np.flatnonzero(good)
    fields, numbers = fields[chosen], numbers[chosen]
    rest = np.flatnonzero(~good)
    return ScannedBlock(
        start=starts[chosen],
        end=ends[chosen],
        ip=_strings(data, fields, _IP),
        user=_strings(data, fields, _USER),
        method=_strings(data, fields, _METHOD),
        path=_strings(data, fields, _PATH),
        agent=_strings(data, fields, _AGENT),
        seconds=numbers[:, _SECONDS],
        zone_minutes=numbers[:, _ZONE],
        status=numbers[:, _STATUS],
        size_bytes=pa.array(numbers[:, _SIZE], mask=numbers[:, _SIZE] == _ABSENT),
        others=list(zip(starts[rest].tolist(), ends[rest].tolist(), strict=True)),
    )


def mapped(column: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """A text column with a function applied once to every distinct value; null stays null."""
    encoded = pc.dictionary_encode(column)
    values = pa.array([function(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return pc.take(values, encoded.indices)


def byte_ranges(prefix: str, start: Ints, end: Ints) -> pa.Array:
    """Texts ``prefix`` FROM ``-`` TO, one for each pair of positions, none of them negative."""
    front = np.frombuffer(prefix.encode(), np.uint8)
    offsets = np.zeros(len(start) + 1, np.int32)
    text = np.empty(len(start) * (len(front) + 2 * _LONGEST_NUMBER + 1), np.uint8)
    _write_ranges(front, start, end, offsets, text)
    return pa.StringArray.from_buffers(
        len(start), pa.py_buffer(offsets.tobytes()), pa.py_buffer(text[: offsets[-1]].tobytes())
    )


def _strings(data: NDArray[np.uint8], fields: Ints, column: int) -> pa.Array:
    """The texts between two columns of byte positions; null where the first is -1."""
    first, last = fields[:, column], fields[:, column + 1]
    present = first != _ABSENT
    lengths = np.where(present, last - first, 0)
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    text = np.empty(int(offsets[-1]), np.uint8)
    _copy(data, np.where(present, first, 0), offsets, text)
    packed = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    buffers = [packed, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes())]
    return pa.StringArray.from_buffers(len(lengths), buffers[1], buffers[2], buffers[0])


@numba.njit(cache=True, nogil=True)
def _copy(data, first, offsets, text):  # type: ignore[no-untyped-def]  # compiled: types come from the call
    for row in range(len(first)):
        start, at, length = first[row], offsets[row], offsets[row + 1] - offsets[row]
        text[at : at + length] = data[start : start + length]


@numba.njit(cache=True, nogil=True)
def _write_number(number, text, at):  # type: ignore[no-untyped-def]
    """Decimal digits at a place; returns the first byte after them."""
    length, rest = 1, number // 10
    while rest > 0:
        length += 1
        rest //= 10
    for place in range(length):
        text[at + length - 1 - place] = 48 + number % 10
        number //= 10
    return at + length


@numba.njit(cache=True, nogil=True)
def _write_ranges(front, start, end, offsets, text):  # type: ignore[no-untyped-def]
    at = 0
    for row in range(len(start)):
        text[at : at + len(front)] = front
        at = _write_number(start[row], text, at + len(front))
        text[at] = 45
        at = _write_number(end[row], text, at + 1)
        offsets[row + 1] = at


@numba.njit(cache=True, nogil=True)
def _digits(data, start, count):  # type: ignore[no-untyped-def]
    value = 0
    for place in range(start, start + count):
        digit = data[place] - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@numba.njit(cache=True, nogil=True)
def _month(data, at):  # type: ignore[no-untyped-def]
    a, b, c = data[at], data[at + 1], data[at + 2]
    names = b"JanFebMarAprMayJunJulAugSepOctNovDec"
    for month in range(12):
        if names[3 * month] == a and names[3 * month + 1] == b and names[3 * month + 2] == c:
            return month + 1
    return 0


@numba.njit(cache=True, nogil=True)
def _days_from_epoch(year, month, day):  # type: ignore[no-untyped-def]
    """Days since 1970-01-01 in the Gregorian calendar."""
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@numba.njit(cache=True, nogil=True)
def _days_in(year, month):  # type: ignore[no-untyped-def]
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@numba.njit(cache=True, nogil=True)
def _time(data, at, numbers, row):  # type: ignore[no-untyped-def]
    """``22/Nov/2026:12:17:17 +0000``, 26 bytes, into seconds since 1970 and minutes from UTC."""
    if (
        data[at + 2] != 47 or data[at + 6] != 47 or data[at + 11] != 58 or data[at + 14] != 58
        or data[at + 17] != 58 or data[at + 20] != 32
    ):  # fmt: skip
        return False
    day, month, year = _digits(data, at, 2), _month(data, at + 3), _digits(data, at + 7, 4)
    hour, minute, second = _digits(data, at + 12, 2), _digits(data, at + 15, 2), _digits(data, at + 18, 2)
    zone_hours, zone_minutes = _digits(data, at + 22, 2), _digits(data, at + 24, 2)
    sign = data[at + 21]
    if month == 0 or year < 1970 or day < 1 or day > _days_in(year, month) or hour < 0 or hour > 23:
        return False
    if minute < 0 or minute > 59 or second < 0 or second > 59 or zone_hours < 0 or zone_hours > 14:
        return False
    if zone_minutes < 0 or zone_minutes > 59 or sign not in (43, 45):
        return False
    zone = zone_hours * 60 + zone_minutes
    if sign == 45:
        zone = -zone
    numbers[row, 0] = (
        _days_from_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone * 60
    )
    numbers[row, 1] = zone
    return True


@numba.njit(cache=True, nogil=True)
def _until(data, start, end, wanted):  # type: ignore[no-untyped-def]
    for place in range(start, end):
        if data[place] == wanted:
            return place
    return -1


@numba.njit(cache=True, nogil=True)
def _is_plain(data, start, end):  # type: ignore[no-untyped-def]
    """Printable ASCII without a backslash."""
    for place in range(start, end):  # noqa: SIM110 - compiled, and a plain loop compiles best
        if data[place] < 32 or data[place] > 126 or data[place] == 92:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _head(data, start, end, fields, row):  # type: ignore[no-untyped-def]
    """Client address, identity, user; returns the first byte after them, or -1."""
    space = _until(data, start, end, 32)
    if space <= start or space - start > _LONGEST_IP:
        return -1
    fields[row, _IP], fields[row, _IP + 1] = start, space
    place = _until(data, space + 1, end, 32)
    if place <= space + 1:
        return -1
    space = _until(data, place + 1, end, 32)
    if space <= place + 1 or space - place - 1 > _LONGEST_USER:
        return -1
    fields[row, _USER], fields[row, _USER + 1] = place + 1, space
    if space == place + 2 and data[place + 1] == 45:
        fields[row, _USER] = -1
    return space + 1


@numba.njit(cache=True, nogil=True)
def _request(data, place, end, fields, row):  # type: ignore[no-untyped-def]
    """``"method path protocol"``; returns the first byte after the closing quote, or -1."""
    if data[place] != 34:
        return -1
    close = _until(data, place + 1, end, 34)
    space = _until(data, place + 1, close, 32) if close > 0 else -1
    last = close - 1
    while last > place and data[last] != 32:
        last -= 1
    if space <= place + 1 or last <= space:
        return -1
    if space - place - 1 > _LONGEST_METHOD or last - space - 1 > _LONGEST_PATH:
        return -1
    fields[row, _METHOD], fields[row, _METHOD + 1] = place + 1, space
    fields[row, _PATH], fields[row, _PATH + 1] = space + 1, last
    return close + 1


@numba.njit(cache=True, nogil=True)
def _status_and_size(data, place, end, numbers, row):  # type: ignore[no-untyped-def]
    """`` 200 1234``; returns the first byte after the size, or -1."""
    if place + 6 > end or data[place] != 32 or data[place + 4] != 32:
        return -1
    numbers[row, 2] = _digits(data, place + 1, 3)
    place += 5
    stop = _until(data, place, end, 32)
    if stop < 0:
        stop = end
    if numbers[row, 2] < 0 or stop == place or stop - place > 15:
        return -1
    if stop == place + 1 and data[place] == 45:
        numbers[row, 3] = -1
        return stop
    numbers[row, 3] = _digits(data, place, stop - place)
    return stop if numbers[row, 3] >= 0 else -1


@numba.njit(cache=True, nogil=True)
def _referrer_and_agent(data, place, end, fields, row):  # type: ignore[no-untyped-def]
    """`` "referrer" "agent"`` up to the line's end."""
    place += 1
    if place >= end or data[place] != 34 or data[end - 1] != 34:
        return False
    close = _until(data, place + 1, end, 34)
    if close < 0 or close + 3 > end or data[close + 1] != 32 or data[close + 2] != 34:
        return False
    agent = close + 3
    if _until(data, agent, end, 34) != end - 1 or end - 1 - agent > _LONGEST_AGENT:
        return False
    if end - 1 > agent and not (end - 1 == agent + 1 and data[agent] == 45):
        fields[row, _AGENT], fields[row, _AGENT + 1] = agent, end - 1
    return True


@numba.njit(cache=True, nogil=True)
def _line(data, start, end, fields, numbers, row):  # type: ignore[no-untyped-def]
    if end > start and data[end - 1] == 13:
        end -= 1
    if not _is_plain(data, start, end):
        return False
    place = _head(data, start, end, fields, row)
    if place < 0 or place + 30 > end or data[place] != 91 or data[place + 27] != 93 or data[place + 28] != 32:
        return False
    if not _time(data, place + 1, numbers, row):
        return False
    place = _request(data, place + 29, end, fields, row)
    if place < 0:
        return False
    place = _status_and_size(data, place, end, numbers, row)
    fields[row, _AGENT], fields[row, _AGENT + 1] = -1, -1
    if place < 0 or place == end:
        return place == end  # the common format ends here
    return _referrer_and_agent(data, place, end, fields, row)


@numba.njit(cache=True, nogil=True)
def _scan(data, starts, ends, fields, numbers, good):  # type: ignore[no-untyped-def]
    for row in range(len(starts)):
        good[row] = _line(data, starts[row], ends[row], fields, numbers, row)
