"""Character sets by the names that dumps give them, and bytes as text under them."""

from __future__ import annotations

import codecs

_MYSQL = {
    "latin1": "cp1252", "utf8": "utf-8", "utf8mb3": "utf-8", "utf8mb4": "utf-8", "ascii": "utf-8",
    "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "greek": "iso8859-7",
    "hebrew": "iso8859-8", "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257",
    "koi8r": "koi8-r", "koi8u": "koi8-u", "cp850": "cp850", "cp852": "cp852", "cp866": "cp866",
    "macroman": "mac-roman", "macce": "mac-latin2", "tis620": "tis-620", "gb2312": "gb2312", "gbk": "gbk",
    "gb18030": "gb18030", "big5": "big5", "sjis": "shift_jis", "cp932": "cp932", "ujis": "euc_jp",
    "eucjpms": "euc_jp", "euckr": "euc_kr",
}  # fmt: skip
"""MySQL's names; its ``latin1`` is Windows-1252 (MySQL manual, "West European Character Sets")."""

_POSTGRES = {
    "utf8": "utf-8", "unicode": "utf-8", "latin1": "iso8859-1", "latin2": "iso8859-2", "latin5": "iso8859-9",
    "latin7": "iso8859-13", "latin9": "iso8859-15", "iso_8859_5": "iso8859-5", "iso_8859_7": "iso8859-7",
    "win1250": "cp1250", "win1251": "cp1251", "win1252": "cp1252", "win1253": "cp1253", "win1254": "cp1254",
    "win1256": "cp1256", "win1257": "cp1257", "koi8r": "koi8-r", "koi8u": "koi8-u", "euc_jp": "euc_jp",
    "euc_kr": "euc_kr", "euc_cn": "gb2312", "gbk": "gbk", "gb18030": "gb18030", "big5": "big5",
    "sjis": "shift_jis",
}  # fmt: skip

TRAILING = frozenset({"gbk", "gb18030", "big5", "shift_jis", "cp932"})
"""Sets in which the second byte of a character may be a backslash."""


def of_mysql(name: str) -> str | None:
    """Python's name of a character set of MySQL; None when it is none of text, or not known."""
    return _MYSQL.get(name.lower().strip("'\""))


def of_postgres(name: str) -> str | None:
    """Python's name of a client encoding of PostgreSQL; None for SQL_ASCII and what is not known."""
    return _POSTGRES.get(name.lower().strip("'\"").replace("-", ""))


def decoded(raw: bytes, charset: str) -> tuple[str, bool]:
    """Bytes as text, and whether all of them are characters of that set; what is none is shown as an escape.

    The five bytes that Windows-1252 leaves free are control characters, as MySQL has them.
    """
    try:
        return raw.decode(charset), True
    except UnicodeDecodeError:
        if codecs.lookup(charset).name == "cp1252":
            return "".join(
                chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes((byte,)).decode("cp1252")
                for byte in raw
            ), True
        return raw.decode(charset, errors="backslashreplace"), False
