"""Reads mail: one message, or an mbox of many. Every leaf part is a member, attachments of attached messages too.

A part is counted depth first within its message, as ``email`` walks it; its bytes are those the transfer
encoding stood for.
"""

from __future__ import annotations

import email.parser
import email.policy
import email.utils
import os
from collections.abc import Iterator
from email.message import Message

from fairlead.evidence.readers.descriptor import open_descriptor
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_SEPARATOR = b"\nFrom "
_CHUNK_BYTES = 1 << 20
_MOST_PARTS = 10_000
_MOST_NAME = 255
_CLOCK = "Date field of the message, 1 s"
_EXTENSIONS = {"text/plain": "txt", "text/html": "html"}
_REFUSALS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)

Range = tuple[int, int]


class MailReader:
    """The messages of a file; ``many`` says that it is an mbox."""

    def __init__(self, descriptor: int, given: Given, *, many: bool) -> None:
        self._descriptor = descriptor
        self._given = given
        self._many = many
        self._places: dict[int, Range] = {}
        self._held: tuple[int, list[Message]] | None = None

    def entries(self) -> Iterator[Entry | None]:
        """The leaf parts of every message, message by message; one row for a message that cannot be read."""
        for number, place in enumerate(self._messages()):
            self._places[number] = place
            try:
                parts = self._parts(number, place)
                listed = [self._entry(number, index, part) for index, part in enumerate(parts)]
            except Stop as stop:
                yield Entry(
                    path=b"message", kind="part", message=number, index=0, size=place[1] - place[0],
                    verdict=stop.verdict, detail=stop.detail,
                )  # fmt: skip
                continue
            yield from listed

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one part's bytes."""
        number = place["message"]
        if number not in self._places:
            for found, where in enumerate(self._messages()):
                self._places[found] = where
        if number not in self._places:
            raise Stop("damaged", "the message is not there any more")
        parts = self._parts(number, self._places[number])
        if not 0 <= place["index"] < len(parts):
            raise Stop("damaged", "the part is not there any more")
        write(_payload(parts[place["index"]]))

    def _messages(self) -> Iterator[Range]:
        """Where messages begin and end; in an mbox each begins with a line that starts with ``From``."""
        end = os.fstat(self._descriptor).st_size
        if not self._many:
            yield 0, end
            return
        file = open_descriptor(self._descriptor)
        start, base, held = 0, 0, b""
        while chunk := file.read(_CHUNK_BYTES):
            held += chunk
            at = 0
            while (at := held.find(_SEPARATOR, at)) >= 0:
                yield start, base + at + 1
                start = base + at + 1
                at += 1
            keep = min(len(held), len(_SEPARATOR) - 1)
            base += len(held) - keep
            held = held[len(held) - keep :]
        yield start, end

    def _parts(self, number: int, place: Range) -> list[Message]:
        if self._held is not None and self._held[0] == number:
            return self._held[1]
        start, end = place
        if end - start > self._given.message_bytes:
            raise Stop("limit", f"the message has more than {self._given.message_bytes} bytes; not read")
        data = b""
        while len(data) < end - start and (
            chunk := os.pread(self._descriptor, end - start - len(data), start + len(data))
        ):
            data += chunk
        if self._many:
            data = data.partition(b"\n")[2]
        try:
            message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
            parts = [part for part in message.walk() if not part.is_multipart()]
        except _REFUSALS as problem:
            raise Stop("damaged", f"mail: {type(problem).__name__}") from problem
        if len(parts) > _MOST_PARTS:
            raise Stop("limit", f"the message has more than {_MOST_PARTS} parts")
        self._held = (number, parts)
        self._date = _date(message)
        return parts

    def _entry(self, number: int, index: int, part: Message) -> Entry:
        data = _payload(part)
        return Entry(
            path=_name(part, index),
            kind="part",
            message=number,
            index=index,
            size=len(data),
            modified=self._date,
            clock=_CLOCK if self._date is not None else "",
            detail="the transfer encoding has defects" if part.defects else "",
            container=sniff(data[:SNIFF_BYTES]),
        )


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except _REFUSALS as problem:
        raise Stop("damaged", f"mail part: {type(problem).__name__}") from problem
    return data if isinstance(data, bytes) else b""


def _name(part: Message, index: int) -> bytes:
    """The attachment's name as stated, else one made of its number and type."""
    try:
        stated = part.get_filename()
    except _REFUSALS:
        stated = None
    if stated:
        return stated.encode("utf-8", "surrogateescape")[:_MOST_NAME]
    return f"part-{index}.{_EXTENSIONS.get(part.get_content_type(), 'bin')}".encode()


def _date(message: Message) -> int | None:
    try:
        stated = message["Date"]
        return int(email.utils.parsedate_to_datetime(str(stated)).timestamp() * 1_000_000) if stated else None
    except (*_REFUSALS, OverflowError):
        return None
