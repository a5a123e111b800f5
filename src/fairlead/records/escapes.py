"""Quoted values of dumps, their escapes undone."""

from __future__ import annotations

import re

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
