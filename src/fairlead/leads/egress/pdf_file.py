"""Takes a PDF apart by its bytes: objects one after the other, their table, and not a byte beside them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

LARGEST_BYTES = 32 << 20
_DEEPEST = 12
_HEAD = re.compile(rb"%PDF-1\.7\n%(?:\x80{4}|\xbf\xf7\xa2\xfe)\n\n?")
_BEGIN = re.compile(rb"([1-9]\d{0,6}) 0 obj\n")
_DATA = re.compile(rb"\s?stream\n")
_DATA_END = re.compile(rb"\n?endstream")
_END = re.compile(rb"\nendobj\n{1,2}")
_TABLE = re.compile(rb"xref\n0 (\d{1,7})\n((?:\d{10} \d{5} [nf](?: |\r)\n)+)trailer\s?")
_TAIL = re.compile(rb"\s?startxref\n(\d{1,10})\n%%EOF\n?")
_TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|/(?P<name>[A-Za-z0-9+.:_-]{0,80})(?=[\s/<>\[\]()]|$)"
    rb"|(?P<ref>[1-9]\d{0,6}) 0 R\b|(?P<number>-?(?:0|[1-9]\d{0,8})(?:\.\d{1,12})?)(?![\w.])"
    rb"|(?P<word>true|false|null)\b|<(?P<hex>[0-9A-Fa-f]*)>|(?P<text>\()"
)
_ESCAPED_NAME = re.compile(rb"/[A-Za-z]*#")
_BLANK = re.compile(rb"[ \n\r]{0,2}")
_IN_TEXT = re.compile(rb"[^()\\]+|\\(?:[nrtbf()\\]|[0-7]{1,3})")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Name(str):
    """A name of PDF, without its stroke."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """That another object stands here, by its number."""

    number: int


Value = Name | Ref | bytes | int | Decimal | bool | None | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One object: its value, and the unpacked bytes of its stream if it has one."""

    value: Value
    stream: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The objects of a file by number, and its trailer."""

    objects: Mapping[int, Held]
    trailer: Mapping[str, Value]


class NotPlainError(ValueError):
    """What in a file is written in another way than a printed lead is; says what and where, repeats nothing."""


def take_apart(data: bytes) -> Parts:
    """The objects and trailer of a file that holds nothing else; NotPlainError for any other byte in it.

    Each object stands once, in the order of the file, and the table says where. Streams are packed once by Flate, or
    not at all, and unpack to 32 MiB together at most. There are no remarks, no strings with odd escapes and no keys twice.
    """
    head = _HEAD.match(data)
    if head is None:
        raise NotPlainError("bytes before its beginning")
    at, left = head.end(), LARGEST_BYTES
    objects: dict[int, Held] = {}
    places: dict[int, int] = {}
    while begin := _BEGIN.match(data, at):
        number = int(begin.group(1))
        held, at = _read_object(data, begin.end(), left)
        if number in objects:
            raise NotPlainError(f"more than one state of object {number}")
        places[number] = begin.start()
        left -= len(held.stream or b"")
        objects[number] = held
        at = _expect(_END, data, at, "an object that does not end").end()
    table = _expect(_TABLE, data, at, "bytes between its objects")
    trailer, after = read_value(data, table.end())
    tail = _expect(_TAIL, data, after, "bytes behind its trailer")
    if tail.end() != len(data):
        raise NotPlainError(f"bytes after its end, at byte {tail.end()}")
    if int(tail.group(1)) != table.start() or not _is_table(table, places):
        raise NotPlainError("a table that is not of its objects")
    if not isinstance(trailer, Mapping):
        raise NotPlainError("a trailer of another kind")
    return Parts(objects=objects, trailer=trailer)


def _expect(pattern: re.Pattern[bytes], data: bytes, at: int, otherwise: str) -> re.Match[bytes]:
    found = pattern.match(data, at)
    if found is None:
        raise NotPlainError(f"{otherwise}, at byte {at}")
    return found


def _is_table(table: re.Match[bytes], places: Mapping[int, int]) -> bool:
    lines = [line.split() for line in table.group(2).splitlines()]
    wanted = [[b"0000000000", b"65535", b"f"]]
    wanted += [[b"%010d" % places.get(number, -1), b"00000", b"n"] for number in range(1, len(places) + 1)]
    return lines == wanted and int(table.group(1)) == len(lines)


def _read_object(data: bytes, at: int, left: int) -> tuple[Held, int]:
    value, at = read_value(data, at)
    begin = _DATA.match(data, at)
    if begin is None:
        return Held(value=value), at
    size = value.get("Length") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or type(size) is not int or not 0 <= size <= len(data):
        raise NotPlainError(f"a stream of no length, at byte {at}")
    packed = data[begin.end() : begin.end() + size]
    end = _expect(_DATA_END, data, begin.end() + size, "a stream that does not end").end()
    match value.get("Filter"):
        case None:
            return Held(value=value, stream=packed), end
        case Name("FlateDecode"):
            return Held(value=value, stream=_unpack(packed, left)), end
    raise NotPlainError("a stream that is packed in a way no printed lead is")


def _unpack(packed: bytes, left: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        stream = unpacker.decompress(packed, left + 1)
    except zlib.error as problem:
        raise NotPlainError("a stream that cannot be unpacked") from problem
    if len(stream) > left:
        raise NotPlainError("streams that unpack to more than a printed lead needs")
    if not unpacker.eof or unpacker.unused_data:
        raise NotPlainError("bytes behind the end of a packed stream")
    return stream


def read_value(data: bytes, at: int, depth: int = 0) -> tuple[Value, int]:
    """One value of PDF (ISO 32000-1, 7.3) from ``at`` on, and where it ends; NotPlainError for one in another spelling."""
    at = _expect(_BLANK, data, at, "").end()
    if _ESCAPED_NAME.match(data, at):
        raise NotPlainError("a name, or a stream that is packed, in a way no printed lead has")
    token = _expect(_TOKEN, data, at, "a value in a spelling that no printed lead has")
    at = token.end()
    value: Value
    match token.lastgroup:
        case "open" if depth < _DEEPEST:
            return _read_many(data, at, b">>" if token.group() == b"<<" else b"]", depth)
        case "name":
            value = Name(token.group("name").decode())
        case "ref":
            value = Ref(int(token.group("ref")))
        case "number":
            text = token.group("number").decode()
            value = Decimal(text) if "." in text else int(text)
        case "word":
            value = {b"true": True, b"false": False, b"null": None}[token.group()]
        case "hex" if len(token.group("hex")) % 2 == 0:
            value = bytes.fromhex(token.group("hex").decode())
        case "text":
            value, at = _read_text(data, at)
        case _:
            raise NotPlainError(f"a value in a spelling that no printed lead has, at byte {at}")
    return value, at


def _read_many(data: bytes, at: int, close: bytes, depth: int) -> tuple[Value, int]:
    parts: list[Value] = []
    while True:
        at = _expect(_BLANK, data, at, "").end()
        if data.startswith(close, at):
            break
        part, at = read_value(data, at, depth + 1)
        parts.append(part)
    at += len(close)
    if close == b"]":
        return tuple(parts), at
    keys, values = parts[::2], parts[1::2]
    if (
        len(keys) != len(values)
        or not all(isinstance(key, Name) for key in keys)
        or len({*keys}) != len(keys)
    ):
        raise NotPlainError(f"a dictionary with a key twice, or of another form, at byte {at}")
    return dict(zip(map(str, keys), values, strict=True)), at


def _read_text(data: bytes, at: int) -> tuple[bytes, int]:
    said: list[bytes] = []
    open_ = 1
    while True:
        if part := _IN_TEXT.match(data, at):
            text, at = part.group(), part.end()
            if text.startswith(b"\\"):
                rest = text[1:]
                text = _ESCAPED.get(rest, rest) if not rest.isdigit() else bytes([int(rest, 8) & 255])
        elif data[at : at + 1] in (b"(", b")"):
            text, at = data[at : at + 1], at + 1
            open_ += 1 if text == b"(" else -1
            if not open_:
                return b"".join(said), at
        else:
            raise NotPlainError(f"a text that does not end, at byte {at}")
        said.append(text)
