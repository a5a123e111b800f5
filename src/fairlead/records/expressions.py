"""Constant expressions in dumps: what a value stands for when it is more than a literal. Nothing is executed.

What cannot be evaluated becomes ``Unread``: the row stays, the value is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from fairlead.records import charsets
from fairlead.records.escapes import unescape

_DEEPEST = 40
_ESCAPED = rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_PLAIN = rb"[^']*+(?:''[^']*+)*+"


class Unread(bytes):
    """A value as it was written, where nobody can tell what it stands for without running it."""


class _Unknown(Exception):  # noqa: N818 - a verdict on one value, raised and caught in this module
    """The expression is not one that is known here."""


def _tokens(body: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"\s++|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<end>;)"
        rb"|(?P<alternative>[nN]?[qQ]'(?:\[.*?\]'|\{.*?\}'|<.*?>'|\(.*?\)'|([^\s\[{<(]).*?(?<!')\6'))"
        rb"|(?P<dollar>\$([A-Za-z_0-9]*+)\$.*?\$\8\$)"
        rb"|(?P<escaped>[eE]'" + _ESCAPED + rb"')"
        rb"|(?P<hexed>[xX]'[0-9A-Fa-f]*+'|0x[0-9A-Fa-f]*+)"
        rb"|(?P<string>(?:_[A-Za-z0-9]++\s*+|[nN](?='))?'" + body + rb"')"
        rb"|(?P<double>\"(?:[^\"\\]|\\.|\"\")*+\")|(?P<name>`(?:[^`]|``)*+`|\[[^\]]*+\])"
        rb"|(?P<word>[A-Za-z_\x80-\xff][A-Za-z0-9_.$#\x80-\xff]*+)"
        rb"|(?P<number>[0-9.][0-9A-Za-z.]*+(?:(?<=[eE])[+-][0-9]++)?)"
        rb"|(?P<operator>\|\||::|[-+*/<>=!~&|^%@:?#{}\]\\$\x00-\x1f]|.)",
        re.DOTALL,
    )  # fmt: skip


_TOKENS = {True: _tokens(_ESCAPED), False: _tokens(_PLAIN)}
_QUICK = re.compile(
    rb"(?:CAST\s*+\(\s*+[nN]?'([^']*+)'\s+AS\s+[A-Za-z0-9_]++\s*+(?:\([^()']*+\))?\s*+\)"
    rb"|(?:TO_DATE|TO_TIMESTAMP(?:_TZ)?)\s*+\(\s*+'([^']*+)'\s*+,\s*+'([^']*+)'\s*+\))\s*+(?=[,)])",
    re.IGNORECASE,
)

_Token = tuple[str, bytes]


def row_end(data: bytes, position: int, *, escapes: bool) -> int | None:
    """Where the brackets that open at position close again, whatever stands in them; None when they do not."""
    found = _span(data, position + 1, escapes=escapes, whole_row=True)
    return None if found is None else found[1] + 1


def evaluate(data: bytes, position: int, *, escapes: bool) -> tuple[bytes | None, int] | None:
    """The value of the expression at position, and where its comma or bracket stands; None without an end."""
    quick = _QUICK.match(data, position)
    if quick is not None:
        plain, text, form = quick.groups()
        if plain is not None and (escapes is False or b"\\" not in plain):
            return plain, quick.end()
        if text is not None:
            try:
                return _to_date(text, form), quick.end()
            except _Unknown:
                return Unread(data[position : quick.end()]), quick.end()
    found = _span(data, position, escapes=escapes)
    if found is None:
        return None
    tokens, end = found
    try:
        value = _Evaluation(tokens, escapes=escapes).whole()
    except (_Unknown, ValueError, OverflowError, LookupError):
        return Unread(data[position:end].strip()), end
    return value, end


def _span(
    data: bytes, position: int, *, escapes: bool, whole_row: bool = False
) -> tuple[list[_Token], int] | None:
    """The tokens up to the comma or bracket that ends what begins here, and where that stands."""
    tokens: list[_Token] = []
    match = _TOKENS[escapes].match
    depth = 0
    while position < len(data):
        found = match(data, position)
        if found is None:
            return None
        kind = found.lastgroup
        match kind_of(kind, depth, whole_row=whole_row):
            case "stop":
                return tokens, position
            case "broken":
                return None
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        if kind is not None and not whole_row:
            tokens.append((kind, found.group(0)))
        position = found.end()
        match = _TOKENS[escapes].match
    return None


def kind_of(kind: str | None, depth: int, *, whole_row: bool) -> str:
    """Whether a token ends a value (``stop``), ends a row that has no end (``broken``), or neither."""
    if depth == 0 and (kind == "close" or (kind == "comma" and not whole_row)):
        return "stop"
    return "broken" if kind == "end" else "go on"


class _Evaluation:
    """One expression, read from its tokens."""

    def __init__(self, tokens: list[_Token], *, escapes: bool) -> None:
        self._tokens = tokens
        self._escapes = escapes
        self._at = 0
        self._depth = 0

    def whole(self) -> bytes | None:
        value = self._expression()
        if self._at != len(self._tokens):
            raise _Unknown
        return value

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", b"")

    def _take(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, kind: str) -> None:
        if self._take()[0] != kind:
            raise _Unknown

    def _word(self) -> bytes:
        kind, text = self._peek()
        return text.upper() if kind == "word" else b""

    def _expression(self) -> bytes | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unknown
        value = self._primary()
        while True:
            _, text = self._peek()
            if text == b"||" or (text == b"+" and value is not None and not _is_number(value)):
                self._take()
                other = self._primary()
                value = None if value is None or other is None else value + other
            elif text == b"::":
                self._take()
                self._type()
            elif self._word() == b"COLLATE":
                self._take()
                self._take()
            else:
                self._depth -= 1
                return value

    def _primary(self) -> bytes | None:
        kind, text = self._take()
        match kind:
            case "string" | "double" | "escaped" | "hexed" | "alternative" | "dollar":
                return self._literal(kind, text)
            case "number":
                return text
            case "operator" if text in (b"-", b"+"):
                value = self._primary()
                if value is None or not _is_number(value):
                    raise _Unknown
                return value if text == b"+" else b"-" + value
            case "open":
                value = self._expression()
                self._expect("close")
                return value
            case "word":
                return self._named(text)
        raise _Unknown

    def _literal(self, kind: str, text: bytes) -> bytes:
        match kind:
            case "string":
                inner = text[text.index(b"'") + 1 : -1]
                return unescape(inner, escapes=self._escapes)
            case "double" if self._escapes:
                return unescape(text[1:-1], escapes=True, quote=b'"')
            case "escaped":
                return unescape(text[2:-1], escapes=True)
            case "hexed":
                digits = text[2:].rstrip(b"'").decode()
                return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
            case "alternative":
                return text[text.index(b"'") + 2 : -2]
            case "dollar":
                mark = text.index(b"$", 1) + 1
                return text[mark:-mark]
        raise _Unknown

    def _named(self, word: bytes) -> bytes | None:
        name = word.upper().rpartition(b".")[2]
        if name in (b"NULL", b"TRUE", b"FALSE"):
            return None if name == b"NULL" else word
        following = self._peek()[0]
        if word[:1] == b"_" and following in ("string", "hexed", "double"):
            literal = self._literal(*self._take())
            charset = charsets.of_mysql(word[1:].decode("ascii", "replace"))
            return literal if charset in (None, "utf-8") else charsets.decoded(literal, charset)[0].encode()
        if name in (b"DATE", b"TIMESTAMP", b"DATETIME", b"TIME", b"INTERVAL") and following == "string":
            return self._literal(*self._take())
        if following != "open":
            raise _Unknown
        self._take()
        if name in (b"CAST", b"TRY_CAST", b"CONVERT"):
            return self._convert() if name == b"CONVERT" else self._cast()
        function = _FUNCTIONS.get(name)
        if function is None:
            raise _Unknown
        return function(self._arguments())

    def _arguments(self) -> list[bytes | None]:
        given: list[bytes | None] = []
        if self._peek()[0] == "close":
            self._take()
            return given
        while True:
            given.append(self._expression())
            if self._word() == b"USING":
                self._take()
                self._take()
            kind, _ = self._take()
            if kind == "close":
                return given
            if kind != "comma":
                raise _Unknown

    def _type(self) -> bytes:
        """Pass over a type, with its brackets; returns its first word."""
        kind, text = self._take()
        if kind not in ("word", "double", "name"):
            raise _Unknown
        while self._peek()[0] in ("word", "name") or self._peek()[1] in (b"[", b"]"):
            self._take()
        if self._peek()[0] == "open":
            while self._take()[0] not in ("close", ""):
                pass
        return text.strip(b'[]"').upper()

    def _cast(self) -> bytes | None:
        kind = self._peek()[0]
        value = self._expression()
        if self._word() != b"AS":
            raise _Unknown
        self._take()
        type_name = self._type()
        self._expect("close")
        if kind == "hexed" and value is not None and type_name in (b"DATETIME", b"SMALLDATETIME"):
            return _packed_time(value)
        if kind == "hexed" and type_name in (b"DATE", b"DATETIME2", b"DATETIMEOFFSET", b"TIME"):
            raise _Unknown
        return value

    def _convert(self) -> bytes | None:
        """MySQL's ``CONVERT(x USING charset)`` and ``CONVERT(x, type)``; SQL Server's ``CONVERT(type, x, style)``."""
        kind, text = self._peek()
        if kind == "name" or (kind == "word" and text[:1] != b"_"):
            self._type()
            self._expect("comma")
            value = self._expression()
            while self._take()[0] not in ("close", ""):
                pass
            return value
        value = self._expression()
        if self._word() == b"USING":
            self._take()
            charset = charsets.of_mysql(self._take()[1].decode("ascii", "replace"))
            if value is not None and charset is not None and charset != "utf-8":
                value = charsets.decoded(value, charset)[0].encode()
        else:
            self._expect("comma")
            self._type()
        self._expect("close")
        return value


def _is_number(value: bytes) -> bool:
    return re.fullmatch(rb"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?", value) is not None


def _packed_time(value: bytes) -> bytes:
    """SQL Server's packed datetime (8 bytes: days since 1900, three-hundredths of a second) or smalldatetime."""
    size = 8
    packed = value.rjust(size if len(value) > 4 else 4, b"\0")
    half = len(packed) // 2
    days = int.from_bytes(packed[:half], "big", signed=half == 4)
    rest = int.from_bytes(packed[half:], "big")
    seconds = timedelta(seconds=rest / 300) if half == 4 else timedelta(minutes=rest)
    at = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=days) + seconds
    return at.strftime("%Y-%m-%d %H:%M:%S.%f").encode()


_ORACLE = (
    ("YYYY", "%Y"), ("RRRR", "%Y"), ("SYYYY", "%Y"), ("YY", "%y"), ("RR", "%y"), ("MONTH", "%B"), ("MON", "%b"),
    ("HH24", "%H"), ("HH12", "%I"), ("HH", "%I"), ("MI", "%M"), ("MM", "%m"), ("SSSSS", ""), ("SS", "%S"),
    ("FF9", "%f"), ("FF6", "%f"), ("FF3", "%f"), ("FF", "%f"), ("X", "."), ("DD", "%d"), ("AM", "%p"), ("PM", "%p"),
    ("TZH", ""), ("TZM", ""),
)  # fmt: skip


def _to_date(text: bytes | None, form: bytes | None) -> bytes | None:
    """Oracle's TO_DATE and PostgreSQL's to_timestamp: the same moment as ISO text."""
    if text is None or form is None:
        return None
    wanted = form.decode("ascii", "replace").upper()
    pattern = ""
    while wanted:
        known = next(((mark, code) for mark, code in _ORACLE if wanted.startswith(mark)), None)
        if known is None:
            if wanted[0].isalpha():
                raise _Unknown
            pattern, wanted = pattern + wanted[0].replace('"', ""), wanted[1:]
            continue
        if not known[1]:
            raise _Unknown
        pattern, wanted = pattern + known[1], wanted[len(known[0]) :]
    said = re.sub(r"(\.\d{6})\d+", r"\1", text.decode("ascii", "replace").strip())
    try:
        at = datetime.strptime(said, pattern)  # noqa: DTZ007 - the zone is the column's
    except ValueError as problem:
        raise _Unknown from problem
    return at.isoformat(sep=" ").encode()


def _from_unixtime(given: Sequence[bytes | None]) -> bytes | None:
    if given[0] is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(given[0]))).isoformat(sep=" ").encode()


def _replace(given: Sequence[bytes | None]) -> bytes | None:
    text, old, new = given
    if text is None or old is None or new is None:
        return None
    return text.replace(old, new) if old else text


def _char(given: Sequence[bytes | None]) -> bytes:
    return "".join(chr(int(code)) for code in given if code is not None).encode("utf-8", "surrogatepass")


_UNISTR = re.compile(rb"\\(?:\\|\+([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-9A-Fa-f]{4}))")


def _unistr(given: Sequence[bytes | None]) -> bytes | None:
    r"""SQLite's and PostgreSQL's ``\XXXX``, ``\+XXXXXX``, ``\uXXXX``, ``\UXXXXXXXX`` and ``\\``."""
    (text,) = given
    if text is None:
        return None
    joined = _UNISTR.sub(_unistr_character, text).decode("utf-8", "surrogatepass")
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _unistr_character(found: re.Match[bytes]) -> bytes:
    digits = next((group for group in found.groups() if group), None)
    return b"\\" if digits is None else chr(int(digits, 16)).encode("utf-8", "surrogatepass")


def _concat(given: Sequence[bytes | None]) -> bytes | None:
    return None if None in given else b"".join(part for part in given if part is not None)


def _unhex(given: Sequence[bytes | None]) -> bytes | None:
    return None if given[0] is None else bytes.fromhex(given[0].decode("ascii", "replace"))


def _same(given: Sequence[bytes | None]) -> bytes | None:
    if len(given) != 1:
        raise _Unknown
    return given[0]


def _first_known(given: Sequence[bytes | None]) -> bytes | None:
    return next((part for part in given if part is not None), None)


def _empty(given: Sequence[bytes | None]) -> bytes:
    if given:
        raise _Unknown
    return b""


_FUNCTIONS: dict[bytes, Callable[[Sequence[bytes | None]], bytes | None]] = {
    b"REPLACE": _replace,
    b"CHAR": _char,
    b"CHR": _char,
    b"NCHAR": _char,
    b"UNISTR": _unistr,
    b"CONCAT": _concat,
    b"UNHEX": _unhex,
    b"HEXTORAW": _unhex,
    b"CAST_TO_VARCHAR2": _same,
    b"TO_CLOB": _same,
    b"TO_NCLOB": _same,
    b"INET_ATON": _same,
    b"INET6_ATON": _same,
    b"DATE": _same,
    b"DATETIME": _same,
    b"TIMESTAMP": _same,
    b"LOWER": lambda given: None if given[0] is None else given[0].lower(),
    b"UPPER": lambda given: None if given[0] is None else given[0].upper(),
    b"TRIM": lambda given: None if given[0] is None else given[0].strip(b" "),
    b"COALESCE": _first_known,
    b"IFNULL": _first_known,
    b"NVL": _first_known,
    b"TO_DATE": lambda given: _to_date(given[0], given[1]),
    b"TO_TIMESTAMP": lambda given: _to_date(given[0], given[1]),
    b"FROM_UNIXTIME": _from_unixtime,
    b"EMPTY_CLOB": _empty,
    b"EMPTY_BLOB": _empty,
}
"""Functions that give the same for the same arguments, whoever runs them and when."""
