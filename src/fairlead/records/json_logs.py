"""Access logs of one JSON object a line: which member is which field, as the makers of the servers publish it."""

from __future__ import annotations

import json
import re

from fairlead.records.weblog import LineReader, Parsed

_ORIGIN_OF_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def json_reader(
    *,
    ip: tuple[str, ...],
    time: tuple[str, ...],
    path: tuple[str, ...],
    query: tuple[str, ...] = (),
    user: tuple[str, ...] = (),
    method: tuple[str, ...] = (),
    status: tuple[str, ...] = (),
    size: tuple[str, ...] = (),
    agent: tuple[str, ...] = (),
    port: tuple[str, ...] = (),
    cookie: tuple[str, ...] = (),
) -> LineReader:
    """A reader of lines whose members have these names; of several names, the first that is there counts.

    A slash goes into an object (``request/uri``), and takes the first of a list. A line that lacks address, time or path
    is none of this format.
    """

    def read(line: bytes) -> Parsed | None:
        entry = _json_object(line)
        if entry is None:
            return None
        address, at, where = _first(entry, ip), _first(entry, time), _first(entry, path)
        if address is None or at is None or where is None:
            return None
        asked = path_of(where.decode(errors="replace"))
        if (more := _first(entry, query)) and "?" not in asked:
            asked += "?" + more.decode(errors="replace").removeprefix("?")
        verb = (_first(entry, method) or b"-").decode(errors="replace")
        return Parsed(
            address, _first(entry, user), at, f"{verb} {asked} -".encode(errors="backslashreplace"),
            _first(entry, status) or b"0", _first(entry, size), _first(entry, agent), _first(entry, port),
            _first(entry, cookie),
        )  # fmt: skip

    return read


def path_of(url: str) -> str:
    """The path of an address with its query; the text itself where no host stands in it."""
    found = _ORIGIN_OF_URL.match(url)
    return url if found is None else url[found.end() :] or "/"


def wrapped_text(line: bytes, member: str) -> bytes | None:
    """The text in one member of a JSON object, such as a line that a container wrote; None where there is none."""
    entry = _json_object(line)
    text = None if entry is None else entry.get(member)
    if isinstance(text, list):  # journald writes octets that are no text as numbers
        try:
            return bytes(text)
        except (ValueError, TypeError):
            return None
    return text.encode(errors="backslashreplace") if isinstance(text, str) else None


def _first(entry: dict[str, object], names: tuple[str, ...]) -> bytes | None:
    for name in names:
        value: object = entry
        for part in name.split("/"):
            value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, list):
                value = value[0] if value else None
        if value not in (None, "", "-") and not isinstance(value, dict):
            return str(value).encode(errors="backslashreplace")
    return None


def _json_object(line: bytes) -> dict[str, object] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
