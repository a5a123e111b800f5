"""JSON from outside as every reader would read it: each key once, text that is text, and no depth without end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def read_json(data: bytes) -> Any:
    """The value in a JSON file; ValueError for anything else, a key that stands twice, and nesting without end."""
    try:
        value = json.loads(data, object_pairs_hook=_once)
        if not all(map(_is_text, strings_of(value))):
            raise ValueError("a text has characters that no text has")
    except RecursionError as problem:
        raise ValueError("nested without end") from problem
    return value


def is_written_as(
    data: bytes, value: object, *, indent: int | None, sort: bool = False, ascii_only: bool = False
) -> bool:
    """Whether a file holds a value in the one way it is written here: no other spelling of a number, blank or letter.

    With ``indent`` the file ends with a line feed; without, nothing stands between the parts.
    """
    between = None if indent is not None else (",", ":")
    text = json.dumps(value, indent=indent, sort_keys=sort, ensure_ascii=ascii_only, separators=between)
    return data == (f"{text}\n" if indent is not None else text).encode()


def same(left: object, right: object) -> bool:
    """Whether two JSON values are the same in kind too: 1, 1.0 and true are three."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def text_in(untrusted: object) -> str:
    """A text where a JSON value should be one; TypeError for anything else."""
    if not isinstance(untrusted, str):
        raise TypeError("a text is expected")
    return untrusted


def texts_in(untrusted: object) -> list[str]:
    """A list of texts; TypeError for anything else."""
    if not isinstance(untrusted, list):
        raise TypeError("a list is expected")
    return [text_in(one) for one in untrusted]


def objects_in(untrusted: object, *, most: int) -> list[Mapping[str, object]]:
    """The first ``most`` objects of a list of objects; TypeError for anything else."""
    if not isinstance(untrusted, list) or not all(isinstance(one, dict) for one in untrusted[:most]):
        raise TypeError("a list of objects is expected")
    return untrusted[:most]


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice, so that two readers may read two things")
    return dict(pairs)


def _is_text(text: str) -> bool:
    """Whether it is text at all: without zero characters and halves of surrogate pairs (RFC 8259, 8.2)."""
    return not any(c == "\0" or 0xD800 <= ord(c) < 0xE000 for c in text)


def strings_of(value: object) -> Iterator[str]:
    """Every text in a JSON value, and every number as it is written; not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings_of(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
