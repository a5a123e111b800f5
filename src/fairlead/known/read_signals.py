"""Reads lists of signals: PDQ text, ThreatExchange signal files, vPDQ in its three written forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from fairlead.known.entry import KnownFrame, ListItem, RejectedEntry, check_value
from fairlead.known.json_stream import JsonStream, NotJsonError
from fairlead.known.refusal import unreadable
from fairlead.known.text_lines import lines_of
from fairlead.terms.matching import Algorithm

# Names of signal types as python-threatexchange and StopNCII write them.
_SIGNALS = {
    "pdq": Algorithm.PDQ,
    "imagepdq": Algorithm.PDQ,
    "video_md5": Algorithm.MD5,
    "videomd5": Algorithm.MD5,
    "md5": Algorithm.MD5,
    "sha1": Algorithm.SHA1,
    "sha256": Algorithm.SHA256,
}
_VIDEO_SIGNALS = frozenset({"vpdq", "video_vpdq", "videovpdq"})
_BY_LENGTH = {64: Algorithm.PDQ, 32: Algorithm.MD5}
_COUNTED = frozenset({"active", "received"})
_MOST_VPDQ = 256 << 20


def read_pdq(file: BinaryIO) -> Iterator[ListItem]:
    """Lines of a PDQ list: 64 hex digits or ``hash=…``, after a comma anything; ``hash,quality,name`` as the tool prints."""
    headed = False
    for row, line in lines_of(file):
        if row == 1 and re.fullmatch(r"(?:pdq|hash)\s*,\s*quality", line, re.IGNORECASE):
            headed = True
            continue
        value, _, rest = line.removeprefix("hash=").partition(",")
        quality = rest.partition(",")[0].strip()
        # Only a header, or the tool's three columns, say that the second one is a quality.
        said = headed or rest.count(",") == 1
        told = int(quality) if said and quality.isdigit() and len(quality) < 4 else None
        yield check_value(Algorithm.PDQ, value, None, row, quality=told)


def read_threatexchange(file: BinaryIO) -> Iterator[ListItem]:
    """Lines ``signal_type value``, or a value alone: 64 hex digits are PDQ, 32 are the MD5 of a video."""
    for row, line in lines_of(file):
        kind, gap, value = line.partition(" ")
        if not gap:
            algorithm = _BY_LENGTH.get(len(line))
            if algorithm is None:
                yield RejectedEntry(row=row, reason="no signal type, and not the length of one that is known")
            else:
                yield check_value(algorithm, line, None, row)
        elif kind.lower() in _VIDEO_SIGNALS:
            yield from _frames(value.strip(), f"row-{row}", row)
        elif kind.lower() in _SIGNALS:
            yield check_value(_SIGNALS[kind.lower()], value, None, row)
        else:
            yield RejectedEntry(row=row, reason="a signal type that is not matched here")


def read_stopncii(file: BinaryIO) -> Iterator[ListItem]:
    """Hash records as StopNCII hands them out: a JSON array of records, or an object that holds one.

    A record whose ``hashStatus`` is neither Active nor Received, which its provider has withdrawn, is refused with that
    reason.
    """
    stream = JsonStream(file)
    row = 0
    try:
        if stream.peek() == "[":
            for _ in stream.array_items():
                row += 1
                yield _record(stream.value(), row)
            return
        for _ in stream.object_keys():
            if stream.peek() != "[":
                stream.value()
                continue
            for _ in stream.array_items():
                row += 1
                yield _record(stream.value(), row)
    except NotJsonError as problem:
        raise unreadable(str(problem)) from problem
    if not row:
        raise unreadable("the file holds no array of hash records")


def _record(record: Any, row: int) -> ListItem:
    if not isinstance(record, dict):
        return RejectedEntry(row=row, reason="not a hash record")
    kind, value = str(record.get("signalType", "")).lower(), record.get("hashValue")
    status = record.get("hashStatus")
    if status is not None and str(status).lower() not in _COUNTED:
        return RejectedEntry(row=row, reason="the provider calls the hash neither active nor received")
    if kind not in _SIGNALS or not isinstance(value, str):
        return RejectedEntry(row=row, reason="a signal type that is not matched here")
    return check_value(_SIGNALS[kind], value, None, row)


def read_vpdq(file: BinaryIO, video: str) -> Iterator[ListItem]:
    """Frames of one known video: text of four columns, a JSON array of texts, or a JSON object by frame."""
    data = file.read(_MOST_VPDQ + 1)
    if len(data) > _MOST_VPDQ:
        raise unreadable("the vPDQ file is larger than 256 MiB: it is not one video")
    text = data.decode("utf-8-sig", errors="replace").strip()
    if text[:1] in {"[", "{"}:
        yield from _frames(text, video, None)
        return
    for row, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            # frame,quality,hash,time: the tool prints four columns, whatever its README says.
            cells = line.split(",")
            yield (
                _frame(video, cells[0], cells[2], cells[1], cells[3], row)
                if len(cells) == 4
                else RejectedEntry(row=row, reason="not frame,quality,hash,time")
            )


def _frames(text: str, video: str, row: int | None) -> Iterator[ListItem]:
    """Frames of a JSON form; ``row`` is the line it stands on, or None when it is the whole file."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as problem:
        if row is None:
            raise unreadable("the vPDQ file is neither text of four columns nor JSON") from problem
        yield RejectedEntry(row=row, reason="the vPDQ signal is not JSON")
        return
    if isinstance(read, dict):
        members: list[tuple[Any, Any]] = list(read.items())
    elif isinstance(read, list):
        members = list(enumerate(read))
    else:
        members = []
    for number, (name, member) in enumerate(members, start=1):
        at = number if row is None else row
        if isinstance(member, str) and member.count(",") == 2:
            value, quality, time = member.split(",")
            yield _frame(video, name, value, quality, time, at)
        elif isinstance(member, dict):
            yield _frame(video, name, member.get("hash"), member.get("quality"), member.get("timestamp"), at)
        else:
            yield RejectedEntry(row=at, reason="not a frame of a vPDQ signal")


def _frame(video: str, number: Any, value: Any, quality: Any, time: Any, row: int) -> ListItem:
    try:
        frame = KnownFrame(video=video, number=int(number), time_s=float(time))
        return check_value(Algorithm.VPDQ, str(value), None, row, quality=int(quality), frame=frame)
    except (TypeError, ValueError, OverflowError):
        return RejectedEntry(row=row, reason="frame, quality or time is not a number")
