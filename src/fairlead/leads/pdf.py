"""Renders a lead as PDF with Typst; nothing is fetched, fonts come with the wheel."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from importlib.resources import files

from fairlead.leads.document import LeadDocument
from fairlead.terms.errors import RunError

_NOT_PRINTED = re.compile(
    "[^\n -\u024f\u0300-\u036f\u0370-\u03ff\u0400-\u052f\u060c\u061b\u061f\u0620-\u064a\u0660-\u0669\u067e-\u06d3"
    "\u06f0-\u06f9\u1e00-\u1fff\u2010-\u2027\u2030-\u2040\u20a0-\u20c0\u2190-\u21ff][\u0300-\u036f]*"
)
"""What is spelled out in print, with the marks on it: Typst's fonts hold Latin, Greek, Cyrillic and Arabic letters."""
_NO_SHAPE = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]{1,6})\}")
_MOST_TRIES = 64
_ASCII = frozenset(map(chr, range(0x80)))


def language_of(country: str) -> str:
    """The language in which a country's leads are printed, ISO 639-1; English where nothing is translated."""
    return str(_words()["languages"].get(country, "en"))


def fixed_words(country: str) -> tuple[dict[str, str], ...]:
    """The fixed words of a printed lead in the country's language and in English."""
    return tuple(dict(_words()[language]) for language in dict.fromkeys((language_of(country), "en")))


def render_lead(lead: LeadDocument) -> bytes:
    """The lead as a tagged PDF (PDF/A-2a and PDF/UA-1), its fixed words in the recipient's language.

    The same lead gives the same bytes, on every machine: no font is used but those that come with Typst. A character that
    they have no shape for stands as ``[U+738B]``, its number in Unicode, and the print says so. RunError when Typst cannot
    print it for another reason.
    """
    import typst

    text = lead.to_json()
    spelled = _NOT_PRINTED.sub(_spelled, text)
    template = (files("fairlead.leads") / "templates" / "lead.typ").read_bytes()
    language = language_of(lead.country)
    for _ in range(_MOST_TRIES):
        inputs = {
            "lead": spelled,
            "language": language,
            "words": json.dumps(_words()[language]),
            "spelled": "yes" if spelled != text else "",
        }
        try:
            compiled: bytes = typst.compile(
                template, sys_inputs=inputs, pdf_standards=["a-2a", "ua-1"], ignore_system_fonts=True
            )
        except typst.TypstError as problem:
            shapeless = _NO_SHAPE.search(str(problem))
            letters = set(_ESCAPED.sub(_unescaped, shapeless[1])) - _ASCII if shapeless else set()
            if not letters:
                break
            spelled = re.sub(f"[{re.escape(''.join(sorted(letters)))}]", _spelled, spelled)
            continue
        return compiled
    raise RunError(
        f"the lead {lead.lead} cannot be printed",
        "Report it with the version of the program; nothing was sent.",
        code="PACKAGE-PRINT",
    )


def _spelled(found: re.Match[str]) -> str:
    return "".join(f"[U+{ord(letter):04X}]" for letter in found[0])


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("fairlead.leads") / "templates" / "words.toml").read_text())
