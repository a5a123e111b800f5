"""Whether a text from somebody else is one that people can read and a register can keep."""

from __future__ import annotations

import unicodedata

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the order in which others are shown (Unicode Standard Annex 9, 2.1 to 2.4)."""


def is_plain(untrusted: str, *, longest: int) -> bool:
    """Whether a text has at most ``longest`` characters, and none that controls, turns others round, or is half of one."""
    return len(untrusted) <= longest and not any(
        (ord(letter) < ord(" ") and letter not in "\n\r\t")
        or 0xD800 <= ord(letter) <= 0xDFFF
        or letter in _TURNING
        for letter in untrusted
    )


def read_as(text: str) -> str:
    """A name or number as people read it: two that give the same are taken for one.

    Case, and the script of digits, make no difference; width and form of letters neither (NFKC, Unicode Standard Annex 15).
    """
    signs = (str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", text))
    return "".join(signs).casefold()
