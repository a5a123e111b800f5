"""A second, dumb count of what a record file holds, by other code than what reads it. Doctor compares the two."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, Protocol

import numba
import numpy as np

from fairlead.records.dialects import Dialect


class Counter(Protocol):
    """Takes a file's bytes as they are read, and says how many lines or rows there were."""

    def feed(self, data: bytes) -> None:
        """The next bytes."""

    @property
    def rows(self) -> int | None:
        """Lines or rows so far; None where this count does not hold for the file."""


class Counted(io.RawIOBase):
    """A stream that shows every byte read from it to a counter."""

    def __init__(self, stream: BinaryIO, counter: Counter) -> None:
        self._stream = stream
        self._counter = counter

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; the counter has seen them."""
        data = self._stream.read(size)
        self._counter.feed(data)
        return data


class LineCounter:
    """Lines, the last of which may lack its end."""

    def __init__(self) -> None:
        self._ends = 0
        self._open = False

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        if data:
            self._ends += data.count(b"\n")
            self._open = not data.endswith(b"\n")

    @property
    def rows(self) -> int | None:
        """Lines."""
        return self._ends + self._open


class CsvCounter:
    """Line ends outside quotation marks."""

    def __init__(self) -> None:
        self._inside = False
        self._ends = 0
        self._open = False
        self._size = 0

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        if not data:
            return
        seen = np.frombuffer(data, np.uint8)
        quotes = np.cumsum(seen == ord('"')) + self._inside
        self._ends += int(np.count_nonzero((seen == ord("\n")) & (quotes % 2 == 0)))
        self._inside = bool(quotes[-1] % 2)
        self._open = not data.endswith(b"\n")
        self._size += len(data)

    @property
    def rows(self) -> int | None:
        """Records; nothing where a quotation mark is never closed."""
        return None if self._inside else self._ends + self._open


# Places of the automaton's memory.
(_STATE, _DEPTH, _INSERT, _VALUES, _COPY, _STDIN, _WORD, _WORD_LENGTH, _WORDS, _PREVIOUS, _ESCAPED, _ESCAPES_HERE,
 _LINE_LENGTH, _LINE_FIRST, _LINE_SECOND, _COUNT, _CLOSER, _TAG_LENGTH, _TAG_AT, _ESCAPES, _BRACKETS, _ORACLE,
 _DOLLARS, _LINE_START) = range(24)  # fmt: skip
_CODE, _SINGLE, _DOUBLE, _BACK, _LINE, _BLOCK, _DATA, _ALTERNATIVE, _DOLLAR, _TAG, _BRACKET, _COPY_ENDS = (
    range(12)
)
_LONGEST_TAG = 64


def _packed(word: bytes) -> int:
    number = 0
    for letter in word:
        number = number * 256 + letter
    return number


_W_INSERT, _W_VALUES, _W_COPY, _W_STDIN, _W_ON, _W_REPLACE, _W_REM, _W_PROMPT = (
    _packed(word) for word in (b"INSERT", b"VALUES", b"COPY", b"STDIN", b"ON", b"REPLACE", b"REM", b"PROMPT")
)


class DumpCounter:
    """Brackets after VALUES, and lines after ``COPY … FROM stdin``, of a dump: one byte at a time, no grammar."""

    def __init__(self) -> None:
        self._memory = np.zeros(24, np.int64)
        self._tag = np.zeros(_LONGEST_TAG, np.uint8)
        self._held: list[bytes] | None = []
        self._wide: codecs.IncrementalDecoder | None = None
        self._holds = True
        self._memory[_LINE_START] = 1

    def begin(self, dialect: Dialect) -> None:
        """Say whose words they are; bytes that came before are counted now."""
        self._memory[_ESCAPES] = dialect is Dialect.MYSQL
        self._memory[_BRACKETS] = dialect in (Dialect.SQLSERVER, Dialect.SQLITE)
        self._memory[_ORACLE] = dialect is Dialect.ORACLE
        self._memory[_DOLLARS] = dialect is Dialect.POSTGRES
        held, self._held = self._held or [], None
        first = b"".join(held)
        if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self._wide = codecs.getincrementaldecoder("utf-16")("replace")
        self._count(first.removeprefix(b"\xef\xbb\xbf"))

    def give_up(self) -> None:
        """Say that this count does not hold: a character set in which a quotation mark may be part of a letter."""
        self._holds = False

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        if self._held is not None:
            self._held.append(data)
        else:
            self._count(data)

    def _count(self, data: bytes) -> None:
        if self._wide is not None:
            data = self._wide.decode(data).encode()
        if data:
            _walk(np.frombuffer(data, np.uint8), self._memory, self._tag)

    @property
    def rows(self) -> int | None:
        """Rows."""
        unended = self._memory[_STATE] == _DATA and self._memory[_LINE_LENGTH] > 0
        return int(self._memory[_COUNT]) + int(unended) if self._holds else None


@numba.njit(cache=True, nogil=True)
def _end_word(m):  # type: ignore[no-untyped-def]  # compiled: types come from the call
    word = m[_WORD]
    if m[_DEPTH] == 0:
        m[_WORDS] += 1
        if word == _W_INSERT or (word == _W_REPLACE and m[_WORDS] == 1):
            m[_INSERT], m[_VALUES] = 1, 0
        elif word == _W_VALUES and m[_INSERT] == 1:
            m[_VALUES] = 1
        elif word == _W_ON and m[_VALUES] == 1:
            m[_INSERT], m[_VALUES] = 0, 0
        elif word == _W_COPY and m[_WORDS] == 1:
            m[_COPY] = 1
        elif word == _W_STDIN and m[_COPY] == 1:
            m[_STDIN] = 1
        elif m[_ORACLE] == 1 and m[_WORDS] == 1 and word in (_W_REM, _W_PROMPT):
            m[_STATE] = _LINE
    m[_WORD], m[_WORD_LENGTH] = 0, 0


@numba.njit(cache=True, nogil=True)
def _code(c, m):  # type: ignore[no-untyped-def]  # noqa: C901, PLR0912 - one branch a byte
    """One byte outside everything quoted."""
    letter = (65 <= c <= 90) or (97 <= c <= 122) or c == 95 or (48 <= c <= 57) or c >= 128
    if letter:
        upper = c - 32 if 97 <= c <= 122 else c
        m[_WORD_LENGTH] += 1
        m[_WORD] = m[_WORD] * 256 + upper if m[_WORD_LENGTH] <= 7 else 1
        m[_LINE_START] = 0
        return
    one_letter = m[_WORD] if m[_WORD_LENGTH] == 1 else 0
    two_letters = m[_WORD] if m[_WORD_LENGTH] == 2 else 0
    if m[_WORD_LENGTH] > 0:
        _end_word(m)
        if m[_STATE] == _LINE:
            if c == 10:
                m[_STATE], m[_WORDS] = _CODE, 0
            return
    if c == 39:
        if m[_ORACLE] == 1 and (one_letter == 81 or two_letters == 78 * 256 + 81):
            m[_STATE], m[_CLOSER] = _ALTERNATIVE, 0
        else:
            m[_STATE], m[_ESCAPES_HERE] = _SINGLE, m[_ESCAPES]
            if one_letter == 69:
                m[_ESCAPES_HERE] = 1
    elif c == 34:
        m[_STATE], m[_ESCAPES_HERE] = _DOUBLE, m[_ESCAPES]
    elif c == 96:
        m[_STATE] = _BACK
    elif c == 91 and m[_BRACKETS] == 1:
        m[_STATE] = _BRACKET
    elif c == 40:
        if m[_DEPTH] == 0 and m[_VALUES] == 1:
            m[_COUNT] += 1
        m[_DEPTH] += 1
    elif c == 41:
        m[_DEPTH] = max(m[_DEPTH] - 1, 0)
    elif c == 59:
        m[_DEPTH], m[_INSERT], m[_VALUES], m[_WORDS] = 0, 0, 0, 0
        if m[_COPY] == 1 and m[_STDIN] == 1:
            m[_STATE] = _COPY_ENDS
        m[_COPY], m[_STDIN] = 0, 0
    elif (
        (c == 45 and m[_PREVIOUS] == 45)
        or (c == 35 and m[_DEPTH] == 0 and m[_ESCAPES] == 1)
        or (c == 92 and m[_LINE_START] == 1 and m[_DEPTH] == 0)
    ):
        m[_STATE] = _LINE
    elif c == 42 and m[_PREVIOUS] == 47:
        m[_STATE] = _BLOCK
        c = 0
    elif c == 36 and m[_DOLLARS] == 1 and one_letter == 0:
        m[_STATE], m[_TAG_LENGTH] = _TAG, 0
    if c not in (32, 9, 13):
        m[_LINE_START] = 1 if c == 10 else 0
    m[_PREVIOUS] = c


@numba.njit(cache=True, nogil=True)
def _quoted(c, closer, m):  # type: ignore[no-untyped-def]
    if m[_ESCAPED] == 1:
        m[_ESCAPED] = 0
    elif c == 92 and m[_ESCAPES_HERE] == 1:
        m[_ESCAPED] = 1
    elif c == closer:
        m[_STATE], m[_PREVIOUS] = _CODE, c


@numba.njit(cache=True, nogil=True)
def _alternative(c, m):  # type: ignore[no-untyped-def]
    """Oracle's ``q'[…]'``."""
    if m[_CLOSER] == 0:
        pairs = {91: 93, 123: 125, 60: 62, 40: 41}
        m[_CLOSER] = pairs.get(c, c)
        m[_PREVIOUS] = 0
    elif c == 39 and m[_PREVIOUS] == m[_CLOSER]:
        m[_STATE] = _CODE
        m[_PREVIOUS] = c
    else:
        m[_PREVIOUS] = c


@numba.njit(cache=True, nogil=True)
def _copied(c, m):  # type: ignore[no-untyped-def]
    """A line of COPY, up to the one that is a backslash and a point."""
    if c != 10:
        if c != 13 or m[_LINE_LENGTH] != 2:
            m[_LINE_LENGTH] += 1
        if m[_LINE_LENGTH] == 1:
            m[_LINE_FIRST] = c
        elif m[_LINE_LENGTH] == 2 and c != 13:
            m[_LINE_SECOND] = c
        return
    if m[_LINE_LENGTH] == 2 and m[_LINE_FIRST] == 92 and m[_LINE_SECOND] == 46:
        m[_STATE], m[_WORDS], m[_LINE_START] = _CODE, 0, 1
    else:
        m[_COUNT] += 1
    m[_LINE_LENGTH], m[_LINE_FIRST], m[_LINE_SECOND] = 0, 0, 0


@numba.njit(cache=True, nogil=True)
def _dollared(c, m, tag):  # type: ignore[no-untyped-def]
    """PostgreSQL's ``$tag$…$tag$``."""
    if m[_STATE] == _TAG:
        if c == 36:
            m[_STATE], m[_TAG_AT] = _DOLLAR, 0
        elif m[_TAG_LENGTH] < 64 and ((65 <= c <= 90) or (97 <= c <= 122) or c == 95 or (48 <= c <= 57)):
            tag[m[_TAG_LENGTH]] = c
            m[_TAG_LENGTH] += 1
        else:
            m[_STATE] = _CODE
        return
    at = m[_TAG_AT]
    if at == 0:
        m[_TAG_AT] = 1 if c == 36 else 0
    elif at - 1 == m[_TAG_LENGTH]:
        if c == 36:
            m[_STATE], m[_PREVIOUS] = _CODE, c
        m[_TAG_AT] = 0
    elif c == tag[at - 1]:
        m[_TAG_AT] += 1
    else:
        m[_TAG_AT] = 1 if c == 36 else 0


@numba.njit(cache=True, nogil=True)
def _walk(data, m, tag):  # type: ignore[no-untyped-def]  # noqa: C901, PLR0912 - one branch a state
    for c in data:
        state = m[_STATE]
        if state == _SINGLE:
            _quoted(c, 39, m)
        elif state == _CODE:
            _code(np.int64(c), m)
        elif state == _DOUBLE:
            _quoted(c, 34, m)
        elif state == _DATA:
            _copied(c, m)
        elif state == _BACK:
            if c == 96:
                m[_STATE] = _CODE
        elif state == _BRACKET:
            if c == 93:
                m[_STATE] = _CODE
        elif state == _LINE:
            if c == 10:
                m[_STATE], m[_LINE_START], m[_PREVIOUS] = _CODE, 1, c
        elif state == _BLOCK:
            ends = c == 47 and m[_PREVIOUS] == 42
            if ends:
                m[_STATE] = _CODE
            m[_PREVIOUS] = 0 if ends else c
        elif state == _COPY_ENDS:
            if c == 10:
                m[_STATE], m[_LINE_LENGTH] = _DATA, 0
        elif state == _ALTERNATIVE:
            _alternative(np.int64(c), m)
        else:
            _dollared(c, m, tag)
