"""What a CREATE TABLE says of its columns, whatever stands in its brackets and however deep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_STRING = {True: rb"'(?:[^'\\]|\\.|'')*+'", False: rb"'(?:[^']|'')*+'"}
NAME = rb"(?:`(?:[^`]|``)*+`|\"(?:[^\"]|\"\")*+\"|\[(?:[^\]]|\]\])*+\]|[A-Za-z0-9_$#@\x80-\xff]++)"


def _tokens(string: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"\s++|--[^\n]*+|/\*.*?\*/|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<string>" + string + rb")"
        rb"|(?P<name>" + NAME + rb")|(?P<other>.)",
        re.DOTALL,
    )  # fmt: skip


_TOKENS = {escapes: _tokens(string) for escapes, string in _STRING.items()}
_NOT_COLUMNS = frozenset(
    ("primary", "unique", "constraint", "key", "index", "fulltext", "spatial", "foreign", "check", "exclude",
     "like", "period")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDefinition:
    """One column: its name, the first word of its type in capitals, and whether it is computed from others."""

    name: str
    type: str
    computed: bool


def unquoted(raw: bytes) -> str:
    """A name without its quotes."""
    quote, inner = raw[:1], raw[1:-1]
    if quote in (b"`", b'"', b"'"):
        raw = inner.replace(quote * 2, quote)
    elif quote == b"[":
        raw = inner.replace(b"]]", b"]")
    text: str = raw.decode("utf-8", errors="backslashreplace")
    return text


def definitions_of(body: bytes, *, escapes: bool = True) -> tuple[tuple[ColumnDefinition, ...], int]:
    """The columns from what follows the opening bracket of CREATE TABLE, and where its brackets close.

    No columns when it cannot be read.
    """
    found: list[ColumnDefinition] = []
    item: list[tuple[str, bytes]] = []
    depth = 0
    for token in _TOKENS[escapes].finditer(body):
        kind = token.lastgroup
        if kind is None:
            continue
        if depth == 0 and kind in ("comma", "close"):
            if escapes and item and item[0][0] == "string":
                return (), token.end()
            if (column := _column(item)) is not None:
                found.append(column)
            item = []
            if kind == "close":
                return tuple(found), token.end()
            continue
        depth += (kind == "open") - (kind == "close")
        if depth == 0 or (depth == 1 and kind == "open"):
            item.append((kind, token.group(0)))
    return (), len(body)


def _column(item: list[tuple[str, bytes]]) -> ColumnDefinition | None:
    """What one item of the brackets defines; None for keys, checks and the like."""
    if not item or item[0][0] not in ("name", "string"):
        return None
    raw = item[0][1]
    following = item[1] if len(item) > 1 else ("", b"")
    bare = raw[:1] not in b"`\"['"
    typed = following[0] == "name" and following[1][:1] != b"`"
    # PostgreSQL leaves a column called key unquoted: `key text` has a type, `KEY (a)` has not
    if bare and raw.decode("latin-1").lower() in _NOT_COLUMNS and not (raw == b"key" and typed):
        return None
    words = [text.upper() for kind, text in item[1:] if kind in ("name", "open")]
    computed = any(one == b"AS" and two == b"(" for one, two in pairwise(words))
    kind = following[1].strip(b'[]"').decode("latin-1").upper() if following[0] == "name" else ""
    return ColumnDefinition(name=unquoted(raw), type=kind, computed=computed)


def columns_of(body: bytes, *, escapes: bool = True) -> tuple[tuple[str, ...], int]:
    """Names of the columns alone, and where the brackets close."""
    found, end = definitions_of(body, escapes=escapes)
    return tuple(column.name for column in found), end
