"""The patterns of SQL dumps: values, rows and statement heads, for each family of programs that write them.

Every quantifier is possessive, so that no input, however hostile, makes a pattern go back over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.records import charsets
from fairlead.records.definitions import NAME, unquoted
from fairlead.records.dialects import Dialect
from fairlead.records.escapes import unescape

_NAME = NAME
_QUALIFIED = rb"(?:" + NAME + rb"(?:\s*+\.\s*+(?:" + NAME + rb")?+){0,2}+|'[^']*+')"
_ESCAPED = rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_WIDE = rb"[^'\\\x81-\xfe]*+(?:(?:[\x81-\xfe](?:[\x40-\xfe]|(?=['\\]))?+|\\.|'')[^'\\\x81-\xfe]*+)*+"
_PLAIN = rb"[^']*+(?:''[^']*+)*+"
_DOUBLE = rb"[^\"\\]*+(?:(?:\\.|\"\")[^\"\\]*+)*+"
_CAST = rb"(?:::[A-Za-z_][A-Za-z0-9_ .\[\]\"]*+)?"

INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|OR\s+[A-Z]+)\s+)*+(?:INTO\s+)?+("
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
    rb"CREATE\s+(?:(?:UNLOGGED|TEMPORARY|GLOBAL|LOCAL)\s+)*+TABLE\s+(?:(?:/\*!\d*\s*)?IF\s+NOT\s+EXISTS\s*(?:\*/)?\s*)?("
    + _QUALIFIED
    + rb")\s*+\(",
    re.IGNORECASE,
)
QUICK = re.compile(rb"(?:'([^'\\]*+)'|(-?+[0-9][0-9.]*+|NULL))([,)])")
"""A value without quotes or escapes inside, right before its delimiter: the same in every dialect."""
_NAMES = re.compile(_NAME)
KNOWN_STATEMENT = re.compile(
    rb"(?:SET|DROP|CREATE|ALTER|LOCK|UNLOCK|USE|BEGIN|COMMIT|START|SELECT|GRANT|REVOKE|COMMENT|PRAGMA|ANALYZE|"
    rb"TRUNCATE|DELETE|REFRESH|SECURITY|REINDEX|CALL|DO|ROLLBACK|FLUSH|CHANGE|REPLACE|INSERT|UPDATE|"
    rb"PRINT|EXEC|EXECUTE|IF|DECLARE|RAISERROR|WITH|END|SPOOL|WHENEVER|ATTACH|VACUUM|SAVEPOINT|RELEASE|DISABLE|"
    rb"ENABLE|DBCC|DENY|CHECKPOINT|MERGE|DISCARD|RESET|LISTEN|NOTIFY|VALIDATE|RENAME|PURGE)(?=[\s;(/\[\"`'@]|\Z)",
    re.IGNORECASE,
)
GO = re.compile(rb"GO[ \t]*+(?:\d++[ \t]*+)?\r?+(?:\n|\Z)", re.IGNORECASE)
LINE_REMARK = re.compile(
    rb"(?:(?:REM|REMARK|PROMPT|SPOOL)\b[^\n]*+"
    rb"|SET[ \t]+(?:DEFINE|ECHO|FEEDBACK|SQLBLANKLINES|TERMOUT|SCAN)\b[^\n;]*+;?[ \t\r]*+|/[ \t\r]*+)(?:\n|\Z)",
    re.IGNORECASE,
)
TRIGGER = re.compile(rb"CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b", re.IGNORECASE)
TRIGGER_END = re.compile(rb"\bEND\s*;", re.IGNORECASE)
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
ROW_IN_DEFINITION = re.compile(rb"\(\s*+-?+[0-9.]++\s*+,\s*+(?:'|NULL)")
WITHOUT_TEXT = re.compile(
    rb"(?:INSERT|REPLACE|USE|DROP|LOCK|UNLOCK|BEGIN|COMMIT|TRUNCATE|ROLLBACK|FLUSH|ANALYZE|REINDEX|END)\b"
    rb"|CREATE\s+(?!(?:[A-Z_]+\s+)*?(?:OR|UNIQUE|FULLTEXT|SPATIAL|TEMP|TEMPORARY|UNLOGGED|GLOBAL|LOCAL|DEFINER|ALGORITHM|SQL"
    rb"|TABLE|INDEX|VIEW|DATABASE|SCHEMA|FUNCTION|PROCEDURE|TRIGGER|EVENT|TYPE|DOMAIN|SEQUENCE|EXTENSION|ROLE|USER|RULE"
    rb"|AGGREGATE|OPERATOR|CAST|COLLATION|LANGUAGE|PUBLICATION|POLICY|STATISTICS|VIRTUAL|PACKAGE|SYNONYM|SERVER|TABLESPACE"
    rb"|NONCLUSTERED|CLUSTERED|TEXT|EVENT|CONVERSION|FOREIGN|MATERIALIZED|ACCESS|SUBSCRIPTION|TRANSFORM|LOGIN)\b)",
    re.IGNORECASE,
)
"""Statements that hold no text in quotation marks unless they are damaged."""
TABLE = re.compile(rb"CREATE\s+(?:(?!TABLE)[A-Z]++\s+)*+(?:TABLE|DATABASE|SCHEMA)\b", re.IGNORECASE)
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
    dialect: Dialect
    trailing: bool = False


def _grammar(dialect: Dialect, *, trailing: bool = False) -> Grammar:
    """``trailing``: the second byte of a character may be a backslash, which then escapes nothing."""
    escapes = dialect is Dialect.MYSQL
    body = (_WIDE if trailing else _ESCAPED) if escapes else _PLAIN
    double = rb"|\"(" + _DOUBLE + rb")\"" if escapes else rb"|(?!)()"
    value = re.compile(
        rb"\s*+(?:(?:(?:_[A-Za-z0-9]++\s*+|[nN](?='))?'(" + body + rb")'" + double
        + rb"|[eE]'(" + _ESCAPED + rb")'"
        + rb"|(?:_[A-Za-z0-9]++\s*+)?(?:0x([0-9A-Fa-f]*+)(?=[\s,)])|[xX]'([0-9A-Fa-f]*+)')"
        + rb"|[bB]'([01]*+)'"
        + rb"|([-+]?+(?:[0-9.][0-9.eE]*+(?:(?<=[eE])[-+]?+[0-9]++)?+|[Ii]nf(?:inity)?+|[Nn][aA][nN])|NULL|TRUE|FALSE"
        + rb"|null|true|false))" + _CAST + rb")\s*+([,)])",
        re.DOTALL,
    )  # fmt: skip
    string = rb"'" + body + rb"'" + (rb"|\"" + _DOUBLE + rb"\"" if escapes else rb"")
    flat = rb"(?:[^'\"();$]++|" + string + rb")"
    once = rb"\((?:" + flat + rb"|\(" + flat + rb"*+\))*+\)"
    ends = rb"(?=\s*+[,;])" if dialect is not Dialect.SQLSERVER else rb""
    row = re.compile(rb"\((?:" + flat + rb"|" + once + rb")*+\)" + ends, re.DOTALL)
    if dialect is Dialect.SQLSERVER:
        statement = re.compile(
            rb"(?:[^;'\"\[/\n-]++|'" + body + rb"'|\"(?:[^\"]|\"\")*+\"|\[(?:[^\]]|\]\])*+\]|/\*.*?\*/|--[^\n]*+"
            rb"|\n(?!\s*+(?:GO[ \t\r]*+(?:\n|\Z)|INSERT\b|SET\s+IDENTITY_INSERT\b))|[/\[-])*+(?:;|\n|\Z)",
            re.DOTALL | re.IGNORECASE,
        )  # fmt: skip
    else:
        statement = re.compile(
            rb"(?:[^;'\"`/$-]++|'"
            + body
            + rb"'|\"(?:[^\"]|\"\")*+\"|`(?:[^`]|``)*+`|/\*.*?\*/|--[^\n]*+\n"
            + (rb"|\$(?P<tag>[A-Za-z_0-9]*+)\$.*?\$(?P=tag)\$" if dialect is Dialect.POSTGRES else rb"")
            + rb"|[/$-])*+;",
            re.DOTALL,
        )
    return Grammar(
        value=value, row=row, statement=statement, escapes=escapes, dialect=dialect, trailing=trailing
    )


_GRAMMARS: dict[Dialect, Grammar] = {
    dialect: _grammar(dialect) for dialect in Dialect if dialect is not Dialect.AUTO
}
_TRAILING = _grammar(Dialect.MYSQL, trailing=True)


def grammar_of(dialect: Dialect, charset: str | None = None) -> Grammar:
    """The patterns of a dialect; of MySQL, for the character set of the session."""
    if dialect is Dialect.MYSQL and charset in charsets.TRAILING:
        return _TRAILING
    return _GRAMMARS[dialect]


class Bits(bytes):
    """A number that was written as bits; what a column of bits holds otherwise are its bytes."""


_WIDE_CHARACTER = re.compile(rb"[\x81-\xfe][\x40-\xfe]")


def _unescape_wide(raw: bytes) -> bytes:
    """A value of a set whose second bytes may be backslashes: those are parts of characters."""
    hidden = _WIDE_CHARACTER.sub(lambda found: found.group(0).replace(b"\\", b"\\\\"), raw)
    return unescape(hidden, escapes=True)


def value_of(found: re.Match[bytes], *, escapes: bool, trailing: bool = False) -> bytes | None:
    """The value that a match of ``Grammar.value`` stands for; null is None, bits become a number."""
    quoted, double, escaped, hexed, hexed_too, bits, bare, _ = found.groups()
    if quoted is not None:
        return _unescape_wide(quoted) if trailing and b"\\" in quoted else unescape(quoted, escapes=escapes)
    if bare is not None:
        return None if bare in (b"NULL", b"null") else bytes(bare)
    if double is not None:
        return unescape(double, escapes=True, quote=b'"')
    if escaped is not None:
        return unescape(escaped, escapes=True)
    if bits is not None:
        return Bits(str(int(bits or b"0", 2)).encode())
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


def names_of(raw: bytes) -> tuple[str, ...]:
    """The names in a column list."""
    return tuple(unquoted(name) for name in _NAMES.findall(raw))
