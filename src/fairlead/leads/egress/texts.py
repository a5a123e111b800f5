"""Holds a text against allowed texts: it is part of one of them, or it was allowed by nobody."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_HYPHENS = "-\u2010\u2011"
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


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


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


def _squeezed(text: str) -> str:
    return text.replace(" ", "")


def _backwards(text: str) -> str:
    """A line of a script that is written from right to left, in the order in which it is read; others as they are."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text[::-1]
    return text
