"""Access logs, line by line: a fast path for the combined format, patterns for others, JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, ClassVar, NamedTuple

from fairlead.engine.doors import Door

LONGEST_LINE_BYTES = 1 << 20
_LONGEST_FOR_PATTERN = 1 << 16  # a pattern's cost may grow with the square of the line
_CHUNK_BYTES = 4 << 20
_COMMON_PARTS, _COMBINED_PARTS = 3, 7  # pieces of a line between its quotes
_WHO_FIELDS, _STATUS_DIGITS, _TAIL_FIELDS = 3, 3, 2


class Parsed(NamedTuple):
    """The fields of one line as they stand; None when absent. ``request`` is method, path and protocol.

    ``cookie`` holds the cookies that the log names, as in a header: ``name=value; name=value``.
    """

    ip: bytes
    user: bytes | None
    time: bytes
    request: bytes
    status: bytes
    size: bytes | None
    agent: bytes | None
    port: bytes | None
    cookie: bytes | None = None


LineReader = Callable[[bytes], Parsed | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, and its byte range in the log."""

    text: bytes
    start: int
    end: int
    whole: bool


def lines_of(stream: BinaryIO) -> Iterator[list[Line]]:
    """Lines in batches; a line longer than 1 MiB comes in one piece that is not whole."""
    base = 0
    rest = b""
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        data = rest + chunk
        if not chunk:
            if data:
                yield [
                    Line(data[:LONGEST_LINE_BYTES], base, base + len(data), len(data) <= LONGEST_LINE_BYTES)
                ]
            return
        pieces = data.split(b"\n")
        rest = pieces.pop()
        batch: list[Line] = []
        for piece in pieces:
            end = base + len(piece)
            batch.append(Line(piece[:LONGEST_LINE_BYTES], base, end, len(piece) <= LONGEST_LINE_BYTES))
            base = end + 1
        yield batch


def blocks_of(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Whole lines in blocks of about 4 MiB, and where each block begins; a last line gets its line feed."""
    base = 0
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            continue
        block = rest + chunk[:cut]
        yield block, base
        base += len(block)
        rest = chunk[cut:]
    if rest:
        yield rest + b"\n", base


def line_at(block: bytes, base: int, start: int, end: int) -> Line:
    """One line of a block, without its end."""
    text = block[start : min(end, start + LONGEST_LINE_BYTES)]
    return Line(text, base + start, base + end, end - start <= LONGEST_LINE_BYTES)


def read_combined(line: bytes) -> Parsed | None:
    r"""The combined and common formats, split on quotes; None when the line is not one.

    A quote inside a field is written ``\"`` by Apache and ``\x22`` by nginx; such lines take the slow path.
    """
    parts = line.split(b'"')
    count = len(parts)
    if count not in (_COMMON_PARTS, _COMBINED_PARTS) or b'\\"' in line:
        return _slow_combined(line)
    head = parts[0]
    open_at = head.rfind(b" [")
    if open_at < 0 or head[-2:] != b"] ":
        return None
    who = _split_who(head[:open_at])
    tail = parts[2].split()
    if (
        len(who) != _WHO_FIELDS
        or len(tail) < _TAIL_FIELDS
        or len(tail[0]) != _STATUS_DIGITS
        or not tail[0].isdigit()
    ):
        return None
    if not tail[1].isdigit() and tail[1] != b"-":
        return None
    if count == _COMBINED_PARTS and parts[4] != b" ":
        return None
    return Parsed(
        who[0],
        who[2],
        head[open_at + 2 : -2],
        parts[1],
        tail[0],
        tail[1],
        parts[5] if count == _COMBINED_PARTS else None,
        None,
    )


_LIST = re.compile(rb"((?:[^\s,]++, ?)++[^\s,]++) (.*)", re.DOTALL)


def _split_who(head: bytes) -> list[bytes]:
    """Client, identity and user; the client may be a list of hops, ``a, b``."""
    found = _LIST.fullmatch(head) if b"," in head else None
    if found is None:
        return head.split(b" ", 2)
    return [found.group(1), *found.group(2).split(b" ", 1)]


def read_vhost_combined(line: bytes) -> Parsed | None:
    """Apache's ``vhost_combined``: the host and port that were asked stand before the combined format."""
    return read_combined(line.partition(b" ")[2])


_QUOTED = rb'"((?:[^"\\]|\\.)*+)"'
_COMBINED = re.compile(
    rb"((?:[^\s,]++, ?)*+\S+) \S+ (.+?) \[([^\]]+)\] "
    + _QUOTED
    + rb" (\d{3}) (\d+|-)(?: "
    + _QUOTED
    + rb" "
    + _QUOTED
    + rb")?(?: .*)?",
    re.DOTALL,
)


def _slow_combined(line: bytes) -> Parsed | None:
    found = _COMBINED.fullmatch(line) if len(line) <= _LONGEST_FOR_PATTERN else None
    if found is None:
        return None
    ip, user, at, request, status, size, _, agent = found.groups()
    return Parsed(ip, user, at, request, status, size, agent, None)


_NGINX = {
    "remote_addr": "ip", "http_x_real_ip": "ip", "remote_user": "user",
    "time_local": "time", "time_iso8601": "time",
    "request": "request", "request_method": "method", "request_uri": "path", "uri": "path",
    "status": "status",
    "body_bytes_sent": "size", "bytes_sent": "size",
    "http_user_agent": "agent", "remote_port": "port", "msec": "time",
}  # fmt: skip
_APACHE = {
    "h": "ip", "a": "ip", "u": "user", "t": "time", "r": "request", "m": "method", "U": "path", "s": "status",
    "b": "size", "B": "size", "O": "size",
}  # fmt: skip
_DIRECTIVE = re.compile(r"\$([a-z0-9_]+)|%[<>]?(?:\{([^}]+)\})?([a-zA-Z])")


def _cookie_prefix(found: re.Match[str]) -> bytes | None:
    """What stands before the value of a directive for cookies: the name of a single one; None for other directives."""
    nginx, argument, apache = found.groups()
    if nginx == "http_cookie" or (apache == "i" and (argument or "").lower() == "cookie"):
        return b""
    if nginx and nginx.startswith("cookie_"):
        return nginx.removeprefix("cookie_").encode() + b"="
    return argument.encode() + b"=" if apache == "C" and argument else None


def _directive(form: str, found: re.Match[str], names: set[str]) -> str:
    """The pattern of one directive; a field that is read joins ``names``."""
    nginx, argument, apache = found.groups()
    name = _NGINX.get(nginx) if nginx else _APACHE.get(apache)
    if apache == "i" and argument and argument.lower() == "user-agent":
        name = "agent"
    if apache == "p" and argument == "remote":
        name = "port"
    before = form[found.start() - 1 : found.start()]
    if apache == "t":
        names.add("time")
        return r"\[(?P<time>[^\]]+)\]"
    body = r"(?:[^\"\\]|\\.)*+" if before == '"' else r"[^\]]+" if before == "[" else r"\S*?"
    if name == "user" and before != '"':
        body = r".+?"
    if name in ("port", "status"):
        body = r"\d*"
    body = f"(?P<{name}>{body})" if name and name not in names else f"(?:{body})"
    if name:
        names.add(name)
    return body


def pattern_reader(form: str) -> LineReader | None:
    """A reader for an nginx or Apache log format string; None when it lacks address, time or request."""
    pattern = ""
    names: set[str] = set()
    cookies: dict[str, bytes] = {}
    position = 0
    pieces: list[str] = []
    for found in _DIRECTIVE.finditer(form):
        pattern += re.escape(form[position : found.start()])
        position = found.end()
        if found.group(3) == "t" and found.group(2):
            body, meaning = _time_piece(found.group(2))
            pattern += f"(?P<t{len(pieces)}>{body})"
            pieces.append(meaning)
            names.add("time")
        elif (prefix := _cookie_prefix(found)) is not None:
            group = f"c{len(cookies)}"
            body = r"(?:[^\"\\]|\\.)*+" if form[found.start() - 1 : found.start()] == '"' else r"\S*?"
            pattern += f"(?P<{group}>{body})"
            cookies[group] = prefix
        else:
            pattern += _directive(form, found, names)
    pattern += re.escape(form[position:])
    if not {"ip", "time"} <= names or not ({"request", "path"} & names):
        return None
    compiled = re.compile(pattern.encode(), re.DOTALL)
    joined = "\n".join(pieces)

    def read(line: bytes) -> Parsed | None:
        found = compiled.fullmatch(line) if len(line) <= _LONGEST_FOR_PATTERN else None
        if found is None:
            return None
        got = found.groupdict()
        if pieces:
            got["time"] = _joined_time([got[f"t{n}"] for n in range(len(pieces))], joined)
        request = got.get("request")
        if request is None:
            request = (got.get("method") or b"-") + b" " + (got.get("path") or b"") + b" -"
        named = [
            prefix + got[group] for group, prefix in cookies.items() if got[group] not in (b"", b"-", None)
        ]
        return Parsed(
            got["ip"], got.get("user"), got["time"], request, got.get("status") or b"0",
            got.get("size"), got.get("agent"), got.get("port"), b"; ".join(named) or None,
        )  # fmt: skip

    return read


_FRACTIONS = {"msec_frac": 3, "usec_frac": 6}
_SINCE_1970 = {"sec": 1, "msec": 1_000, "usec": 1_000_000}


def _time_piece(argument: str) -> tuple[str, str]:
    """What one ``%{…}t`` of Apache looks like in a line, and what it means: a strptime pattern, or a word."""
    argument = argument.removeprefix("begin:").removeprefix("end:")
    if argument in _FRACTIONS:
        return rf"\d{{{_FRACTIONS[argument]}}}", "%f"
    if argument in _SINCE_1970:
        return r"\d+", argument
    pieces = [re.escape(part) for part in re.split(r"%[A-Za-z]", argument)]
    return r"[^\s\]\"]+?".join(pieces), argument.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")


def _joined_time(pieces: list[bytes], meaning: str) -> bytes:
    """The moment that the pieces say together, as ISO text; as they stand where they do not fit."""
    said = b"\n".join(pieces).decode("ascii", "replace")
    if meaning in _SINCE_1970:
        return f"{int(said) / _SINCE_1970[meaning]:.6f}".encode()
    try:
        at = datetime.strptime(said, meaning)  # noqa: DTZ007 - the zone is in the pieces, or the source's
    except ValueError:
        return said.encode()
    return at.isoformat(sep=" ").encode()


def read_cloudflare(line: bytes) -> Parsed | None:
    """One line of Cloudflare Logpush (HTTP requests)."""
    entry = _json_object(line)
    if entry is None or "ClientIP" not in entry or "EdgeStartTimestamp" not in entry:
        return None
    request = f"{entry.get('ClientRequestMethod', '-')} {entry.get('ClientRequestURI', '')} -"
    return Parsed(
        _bytes(entry["ClientIP"]), _some(entry.get("ClientRequestUser")), _bytes(entry["EdgeStartTimestamp"]),
        request.encode(errors="backslashreplace"), _bytes(entry.get("EdgeResponseStatus", 0)),
        _some(entry.get("EdgeResponseBytes")), _some(entry.get("ClientRequestUserAgent")),
        _some(entry.get("ClientSrcPort")),
    )  # fmt: skip


def read_caddy(line: bytes) -> Parsed | None:
    """One line of Caddy's JSON access log."""
    entry = _json_object(line)
    request = entry.get("request") if entry else None
    if entry is None or not isinstance(request, dict) or "ts" not in entry:
        return None
    headers = request.get("headers")
    agents = headers.get("User-Agent") if isinstance(headers, dict) else None
    agent = agents[0] if isinstance(agents, list) and agents else None
    ip = request.get("client_ip") or request.get("remote_ip")
    if ip is None:
        return None
    return Parsed(
        _bytes(ip), _some(entry.get("user_id")), _bytes(entry["ts"]),
        f"{request.get('method', '-')} {request.get('uri', '')} -".encode(errors="backslashreplace"),
        _bytes(entry.get("status", 0)), _some(entry.get("size")),
        _some(agent), _some(request.get("remote_port")),
    )  # fmt: skip


def _json_object(line: bytes) -> dict[str, object] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _bytes(value: object) -> bytes:
    return str(value).encode(errors="backslashreplace")


def _some(value: object) -> bytes | None:
    return None if value in (None, "") else _bytes(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogForm:
    """A named format of access logs, and the reader of one line of it; None of a line that is not one."""

    kind: ClassVar[str] = "access-log"

    name: str
    about: str
    read: LineReader


LOG_FORMS: Door[LogForm] = Door(LogForm)
"""Named formats of access logs, the program's own and those of other packages."""

for _form in (
    LogForm(name="combined", about="nginx and Apache, combined", read=read_combined),
    LogForm(name="common", about="nginx and Apache, common", read=read_combined),
    LogForm(name="vhost_combined", about="Apache, combined after the virtual host", read=read_vhost_combined),
    LogForm(name="cloudflare", about="Cloudflare Logpush, JSON lines", read=read_cloudflare),
    LogForm(name="caddy", about="Caddy, JSON lines", read=read_caddy),
):
    LOG_FORMS.register(_form)


def reader_for(form: str) -> LineReader | None:
    """The reader of a named format or of a format string; None if unusable."""
    named = LOG_FORMS.all().get(form)
    return named.read if named else pattern_reader(form)
