"""The patterns of SQL dumps: values, rows and statement heads, for each family of programs that write them.

Every quantifier is possessive, so that no input, however hostile, makes a pattern go back over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.records.mapping import Dialect

_NAME = rb"(?:`(?:[^`]|``)*+`|\"(?:[^\"]|\"\")*+\"|[A-Za-z0-9_$\x80-\xff]++)"
_QUALIFIED = _NAME + rb"(?:\s*+\.\s*+" + _NAME + rb")?+"
_ESCAPED = rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_PLAIN = rb"[^']*+(?:''[^']*+)*+"
_DOUBLE = rb"[^\"\\]*+(?:(?:\\.|\"\")[^\"\\]*+)*+"
_CAST = rb"(?:::[A-Za-z_][A-Za-z0-9_ .\[\]\"]*+)?"

INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|OR\s+[A-Z]+)\s+)*+INTO\s+("
    + _QUALIFIED
    + rb")\s*+(?:\(((?:\s*+"
    + _NAME
    + rb"\s*+,?+)++)\)\s*+)?+(?:OVERRIDING\s+[A-Z]+\s+VALUE\s+)?VALUES\s*+(?=\()",
    re.IGNORECASE,
)
COPY = re.compile(
    rb"COPY\s+("
    + _QUALIFIED
    + rb")\s*+(?:\(((?:\s*+"
    + _NAME
    + rb"\s*+,?+)++)\)\s*+)?+FROM\s+stdin[^;\n]*+;[ \t\r]*+\n?+",
    re.IGNORECASE,
)
CREATE = re.compile(
    rb"CREATE\s+(?:(?:UNLOGGED|TEMPORARY|GLOBAL|LOCAL)\s+)*+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?("
    + _QUALIFIED
    + rb")\s*+\(",
    re.IGNORECASE,
)
QUICK = re.compile(rb"(?:'([^'\\]*+)'|(-?+[0-9][0-9.]*+|NULL))([,)])")
"""A value without quotes or escapes inside, right before its delimiter: the same in every dialect."""
NAME = re.compile(_NAME)
KNOWN_STATEMENT = re.compile(
    rb"(?:SET|DROP|CREATE|ALTER|LOCK|UNLOCK|USE|BEGIN|COMMIT|START|SELECT|GRANT|REVOKE|COMMENT|PRAGMA|ANALYZE|"
    rb"TRUNCATE|DELETE|REFRESH|SECURITY|REINDEX|CALL|DO|ROLLBACK|FLUSH|CHANGE|REPLACE|INSERT)\b",
    re.IGNORECASE,
)
DELIMITER = re.compile(rb"DELIMITER[ \t]+(\S{1,16})[ \t\r]*+(?:\n|\Z)", re.IGNORECASE)
BACKSLASH_COMMAND = re.compile(
    rb"\\(?:connect|c|restrict|unrestrict|encoding|set|unset|echo)\b[^\n(]*+(?:\n|\Z)", re.IGNORECASE
)
ROWS_INSIDE = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\b|\bVALUES\s*+\(|FROM\s+stdin", re.IGNORECASE
)
LITERALS_INSIDE = re.compile(
    rb"(?<![A-Za-z0-9_])\(\s*+(?:NULL|-?[0-9.]++|'(?:[^'\\]|\\.)*+')\s*+,\s*+(?:NULL|[-0-9'_])",
    re.IGNORECASE | re.DOTALL,
)
DEFINES = re.compile(rb"(?:CREATE|ALTER)\b", re.IGNORECASE)
STATEMENT_LINE = re.compile(
    rb"\n(?=INSERT INTO |INSERT IGNORE INTO |REPLACE INTO |CREATE TABLE |DROP TABLE |LOCK TABLES |"
    rb"UNLOCK TABLES|COPY |ALTER TABLE |/\*!|-- )"
)


@dataclass(frozen=True, slots=True)
class Grammar:
    """Compiled patterns of one dialect.

    ``value`` has the groups: quoted, double-quoted, ``E'…'``, ``0x…``, ``x'…'``, bits, bare, delimiter.
    """

    value: re.Pattern[bytes]
    row: re.Pattern[bytes]
    statement: re.Pattern[bytes]
    escapes: bool


def _grammar(*, escapes: bool) -> Grammar:
    body = _ESCAPED if escapes else _PLAIN
    double = rb"|\"(" + _DOUBLE + rb")\"" if escapes else rb"|(?!)()"
    value = re.compile(
        rb"\s*+(?:(?:(?:_[A-Za-z0-9]++\s*+|[nN](?='))?'(" + body + rb")'" + double
        + rb"|[eE]'(" + _ESCAPED + rb")'"
        + rb"|(?:_[A-Za-z0-9]++\s*+)?(?:0x([0-9A-Fa-f]*+)(?=[\s,)])|[xX]'([0-9A-Fa-f]*+)')"
        + rb"|[bB]'([01]*+)'"
        + rb"|([^\s,()'\"`;]++(?:\s++[^\s,()'\"`;]++)*+(?:\([^()']*+\))?))" + _CAST + rb")\s*+([,)])",
        re.DOTALL,
    )  # fmt: skip
    string = rb"'" + body + rb"'" + (rb"|\"" + _DOUBLE + rb"\"" if escapes else rb"")
    flat = rb"(?:[^'\"();]++|" + string + rb")"
    once = rb"\((?:" + flat + rb"|\(" + flat + rb"*+\))*+\)"
    row = re.compile(rb"\((?:" + flat + rb"|" + once + rb")*+\)\s*+(?=[,;])", re.DOTALL)
    statement = re.compile(
        rb"(?:[^;'\"`/-]++|'"
        + body
        + rb"'|\"(?:[^\"]|\"\")*+\"|`(?:[^`]|``)*+`|/\*.*?\*/|--[^\n]*+\n|[/-])*+;",
        re.DOTALL,
    )
    return Grammar(value=value, row=row, statement=statement, escapes=escapes)


_MYSQL = _grammar(escapes=True)
_STANDARD = _grammar(escapes=False)


def grammar_of(dialect: Dialect, head: bytes) -> Grammar:
    """The patterns to use: as the mapping says, or by the head of the dump (its first 64 KiB)."""
    match dialect:
        case Dialect.MYSQL:
            return _MYSQL
        case Dialect.POSTGRES | Dialect.SQLITE:
            return _STANDARD
        case Dialect.AUTO:
            standard = b"PostgreSQL database dump" in head or head.lstrip().startswith(b"PRAGMA foreign_keys")
            return _STANDARD if standard else _MYSQL


_ESCAPE = {quote: re.compile(rb"\\(.)|" + quote + quote, re.DOTALL) for quote in (b"'", b'"')}
_MYSQL_LETTERS = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def unescape(raw: bytes, *, escapes: bool, quote: bytes = b"'") -> bytes:
    """The bytes a quoted value stands for; only its own quotation mark is doubled inside it."""
    if not escapes:
        return raw.replace(quote + quote, quote) if quote in raw else raw
    if b"\\" not in raw and quote not in raw:
        return raw
    return _ESCAPE[quote].sub(_escaped, raw)


def _escaped(found: re.Match[bytes]) -> bytes:
    letter = found.group(1)
    if letter is None:
        return found.group(0)[:1]
    return _MYSQL_LETTERS.get(letter, letter)


def value_of(found: re.Match[bytes], *, escapes: bool) -> bytes | None:
    """The value that a match of ``Grammar.value`` stands for; null is None, bits become a number."""
    quoted, double, escaped, hexed, hexed_too, bits, bare, _ = found.groups()
    if quoted is not None:
        return unescape(quoted, escapes=escapes)
    if bare is not None:
        return None if bare in (b"NULL", b"null") else bytes(bare)
    if double is not None:
        return unescape(double, escapes=True, quote=b'"')
    if escaped is not None:
        return unescape(escaped, escapes=True)
    if bits is not None:
        return str(int(bits or b"0", 2)).encode()
    text = (hexed if hexed is not None else hexed_too).decode()
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


_COPY_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_COPY_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def copy_value(raw: bytes) -> bytes | None:
    r"""One field of COPY text: ``\N`` is null, backslash sequences are undone."""
    if raw == b"\\N":
        return None
    if b"\\" not in raw:
        return raw
    return _COPY_ESCAPE.sub(_copy_escaped, raw)


def _copy_escaped(found: re.Match[bytes]) -> bytes:
    text = found.group(1)
    if text[:1] == b"x" and len(text) > 1:
        return bytes([int(text[1:], 16)])
    if text.isdigit():
        return bytes([int(text, 8) & 0xFF])
    return _COPY_LETTERS.get(text, text)


def name_of(raw: bytes) -> str:
    """A table or column name without its quotes; of a qualified name the last part."""
    last = NAME.findall(raw)[-1]
    quote = last[:1]
    if quote in (b"`", b'"'):
        last = last[1:-1].replace(quote * 2, quote)
    text: str = last.decode("utf-8", errors="backslashreplace")
    return text


def names_of(raw: bytes) -> tuple[str, ...]:
    """The names in a column list."""
    return tuple(name_of(name) for name in NAME.findall(raw))


_ITEM = re.compile(
    rb"\s*+(" + _NAME + rb")((?:[^,()'\"`]++|'[^']*+'|\"[^\"]*+\"|`[^`]*+`|"
    rb"\((?:[^()']++|'(?:[^'\\]|\\.|'')*+'|\([^()]*+\))*+\))*+)(,|\)|\Z)",
    re.DOTALL,
)
_NOT_COLUMNS = {
    "primary",
    "unique",
    "constraint",
    "key",
    "index",
    "fulltext",
    "spatial",
    "foreign",
    "check",
    "exclude",
    "like",
    "period",
}


def columns_of(body: bytes) -> tuple[tuple[str, ...], int]:
    """Column names from what follows the opening bracket of CREATE TABLE, and where its brackets close.

    No names when it cannot be read.
    """
    names: list[str] = []
    position = 0
    while position < len(body):
        item = _ITEM.match(body, position)
        if item is None:
            return (), position
        name = item.group(1)
        bare = name[:1] not in (b"`", b'"')
        first = item.group(2).split(None, 1)[:1]
        typed = bool(first) and not item.group(2).lstrip().startswith((b"(", b"`"))
        keyword = bare and name.decode("latin-1").lower() in _NOT_COLUMNS
        # PostgreSQL leaves a column called key unquoted: `key text` has a type, `KEY (a)` has not
        if not keyword or (name == b"key" and typed):
            names.append(name_of(name))
        position = item.end()
        if item.group(3) != b",":
            break
    return tuple(names), position
