"""Readers of logs from the server's own format string: nginx and Apache."""

from __future__ import annotations

import re
from datetime import datetime

from fairlead.records.weblog import LONGEST_FOR_PATTERN, LineReader, Parsed

_NGINX = {
    "remote_addr": "ip", "http_x_real_ip": "ip", "realip_remote_addr": "ip2", "http_x_forwarded_for": "ip2",
    "proxy_add_x_forwarded_for": "ip2", "http_cf_connecting_ip": "ip", "remote_user": "user",
    "time_local": "time", "time_iso8601": "time",
    "request": "request", "request_method": "method", "request_uri": "path", "uri": "path", "args": "query",
    "query_string": "query", "is_args": None, "status": "status",
    "body_bytes_sent": "size", "bytes_sent": "size",
    "http_user_agent": "agent", "remote_port": "port", "realip_remote_port": "port", "msec": "time",
}  # fmt: skip
_APACHE = {
    "h": "ip", "a": "ip", "u": "user", "t": "time", "r": "request", "m": "method", "U": "path", "q": "query",
    "s": "status", "b": "size", "B": "size", "O": "size",
}  # fmt: skip
_APACHE_HEADERS = {
    "user-agent": "agent",
    "x-forwarded-for": "ip2",
    "x-real-ip": "ip",
    "cf-connecting-ip": "ip",
}
_DIRECTIVE = re.compile(
    r"\$(?:\{(?P<braced>[a-z0-9_]+)\}|(?P<nginx>[a-z0-9_]+))"
    r"|%(?:!?\d{3}(?:,\d{3})*)?[<>]?(?:\{(?P<argument>[^}]+)\})?(?P<apache>\^t[io]|[a-zA-Z%])"
)
_BODIES = {
    "user": r".+?", "port": r"\d*", "status": r"\d*", "ip2": r"[^\s,]*(?:, ?[^\s,]+)*", "query": r"[^\s\"]*",
}  # fmt: skip
_BODIES_OF = {"scheme": r"[a-z]*", "host": r"[^/\s\"]*+", "http_host": r"[^/\s\"]*+", "server_name": r"[^/\s\"]*+",
              "uri": r"[^\s\"?]*", "U": r"[^\s\"?]*", "is_args": r"\??"}  # fmt: skip
_QUOTED, _BRACKETED, _WORD = r"(?:[^\"\\]|\\.)*+", r"[^\]]+", r"\S*?"


def _parts(found: re.Match[str]) -> tuple[str | None, str | None, str | None]:
    """The name of a directive of nginx, or argument and letter of one of Apache."""
    return found["braced"] or found["nginx"], found["argument"], found["apache"]


def _cookie_prefix(found: re.Match[str]) -> bytes | None:
    """What stands before the value of a directive for cookies: the name of a single one; None for other directives."""
    nginx, argument, apache = _parts(found)
    if nginx == "http_cookie" or (apache == "i" and (argument or "").lower() == "cookie"):
        return b""
    if nginx and nginx.startswith("cookie_"):
        return nginx.removeprefix("cookie_").encode() + b"="
    return argument.encode() + b"=" if apache == "C" and argument else None


def _name_of(found: re.Match[str]) -> str | None:
    """The field that a directive gives; None for those that are not read."""
    nginx, argument, apache = _parts(found)
    if nginx:
        return _NGINX.get(nginx)
    if apache == "i":
        return _APACHE_HEADERS.get((argument or "").lower())
    if apache == "p":
        return "port" if argument == "remote" else None
    return _APACHE.get(apache or "")


def _directive(form: str, found: re.Match[str], names: set[str]) -> str:
    """The pattern of one directive; a field that is read joins ``names``."""
    nginx, _, apache = _parts(found)
    if apache == "%":
        return "%"
    if apache == "t":
        names.add("time")
        return r"\[(?P<time>[^\]]+)\]"
    name = _name_of(found)
    before, after = form[found.start() - 1 : found.start()], form[found.end() : found.end() + 1]
    body = _BODIES_OF.get(nginx or apache or "") or _BODIES.get(name or "", _WORD)
    if before == after == '"':
        body = _QUOTED
    elif before == "[":
        body = _BRACKETED
    if name is None or name in names:
        return f"(?:{body})"
    names.add(name)
    return f"(?P<{name}>{body})"


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
        if found["apache"] == "t" and found["argument"]:
            body, meaning = _time_piece(found["argument"])
            pattern += f"(?P<t{len(pieces)}>{body})"
            pieces.append(meaning)
            names.add("time")
        elif (prefix := _cookie_prefix(found)) is not None:
            group = f"c{len(cookies)}"
            body = _QUOTED if form[found.start() - 1 : found.start()] == '"' else _WORD
            pattern += f"(?P<{group}>{body})"
            cookies[group] = prefix
        else:
            pattern += _directive(form, found, names)
    pattern += re.escape(form[position:])
    if not {"ip", "ip2"} & names or "time" not in names or not ({"request", "path"} & names):
        return None
    compiled = re.compile(pattern.encode(), re.DOTALL)
    joined = "\n".join(pieces)

    def read(line: bytes) -> Parsed | None:
        found = compiled.fullmatch(line) if len(line) <= LONGEST_FOR_PATTERN else None
        if found is None:
            return None
        got = found.groupdict()
        if pieces:
            got["time"] = _joined_time([got[f"t{n}"] for n in range(len(pieces))], joined)
        request = got.get("request")
        if request is None:
            query = (got.get("query") or b"-").removeprefix(b"?")
            asked = (got.get("path") or b"") + (b"" if query in (b"", b"-") else b"?" + query)
            request = (got.get("method") or b"-") + b" " + asked + b" -"
        named = [
            prefix + got[group] for group, prefix in cookies.items() if got[group] not in (b"", b"-", None)
        ]
        return Parsed(
            got.get("ip") or got["ip2"], got.get("user"), got["time"], request, got.get("status") or b"0",
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
