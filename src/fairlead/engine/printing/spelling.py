"""Characters that the print has no shape for are spelled out as their numbers in Unicode."""

from __future__ import annotations

import re

_NOT_PRINTED = re.compile(
    "[^\n -\u024f\u0300-\u036f\u0370-\u03ff\u0400-\u052f\u060c\u061b\u061f\u0620-\u064a\u0660-\u0669\u067e-\u06d3"
    "\u06f0-\u06f9\u1e00-\u1fff\u2010-\u2027\u2030-\u2040\u20a0-\u20c0\u2190-\u21ff][\u0300-\u036f]*"
)
"""What is spelled out, with the marks on it: Typst's fonts hold Latin, Greek, Cyrillic and Arabic letters."""
_NO_SHAPE = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]{1,6})\}")
_ASCII = frozenset(map(chr, range(0x80)))


def spell(text: str) -> str:
    """The text with every character outside the fonts as ``[U+738B]``."""
    return _NOT_PRINTED.sub(_spelled, text)


def spell_letters(text: str, letters: frozenset[str]) -> str:
    """The text with these characters as their numbers."""
    return re.sub(f"[{re.escape(''.join(sorted(letters)))}]", _spelled, text)


def shapeless_in(problem: str) -> frozenset[str]:
    """The characters that Typst says it has no shape for; none when it complains of something else."""
    found = _NO_SHAPE.search(problem)
    return frozenset(_ESCAPED.sub(_unescaped, found[1])) - _ASCII if found else frozenset()


def _spelled(found: re.Match[str]) -> str:
    return "".join(f"[U+{ord(letter):04X}]" for letter in found[0])


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
