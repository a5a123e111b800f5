"""Holds a text against allowed texts: it is part of one of them, or it was allowed by nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_HYPHENS = "-\u2010\u2011"
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# What an identifier looks like, for bytes that have no form of their own (names and remarks inside a PDF).
_IDENTIFIERS = (
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")),
    ("the id of a lead", re.compile(r"\bL-[A-Z]{2}-[0-9A-Za-z]{4,}")),
    ("the id of a person", re.compile(r"\bP-[0-9A-Za-z]{4,}")),
    ("a SHA-256, SHA-1 or MD5", re.compile(r"\b(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})\b")),
    ("an IP address", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    ("an IBAN", re.compile(r"\b[A-Z]{2}\d{2}[0-9A-Z]{11,30}\b")),
    ("a telephone number", re.compile(r"\+\d[\d ]{7,16}")),
)


class AllowedTexts:
    """Texts that may stand somewhere, each as a whole or as a part that a line break has cut out."""

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts``: whatever may stand there."""
        self._together = "\n".join(sorted({_plain(text) for text in texts}))
        self._squeezed = "".join(_squeezed(text) + "\n" for text in self._together.split("\n"))

    def hold(self, untrusted: str) -> bool:
        """Whether a text is part of an allowed one; blanks, line breaks and hyphens at a line's end do not count."""
        plain = _plain(untrusted)
        if not plain or plain in self._together:
            return True
        squeezed = _squeezed(plain)
        return (
            squeezed in self._squeezed
            or (squeezed[-1:] in _HYPHENS and squeezed[:-1] in self._squeezed)
            or _backwards(squeezed) in self._squeezed
        )


def find_identifiers(text: str, allowed: AllowedTexts) -> list[str]:
    """What kinds of identifiers stand in a text of no form, none of which was allowed."""
    return [
        what
        for what, pattern in _IDENTIFIERS
        if any(not allowed.hold(found.group()) for found in pattern.finditer(text))
    ]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


def _squeezed(text: str) -> str:
    return text.replace(" ", "")


def _backwards(text: str) -> str:
    """A line of a script that is written from right to left, in the order in which it is read; others as they are."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text[::-1]
    return text
