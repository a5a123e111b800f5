"""Renders a lead as PDF."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files

from fairlead.engine.printing import PDF_A_UA, print_pdf
from fairlead.leads.document import LeadDocument


def language_of(country: str) -> str:
    """The language in which a country's leads are printed, ISO 639-1; English where nothing is translated."""
    return str(_words()["languages"].get(country, "en"))


def fixed_words(country: str) -> tuple[dict[str, str], ...]:
    """The fixed words of a printed lead in the country's language and in English."""
    return tuple(dict(_words()[language]) for language in dict.fromkeys((language_of(country), "en")))


def render_lead(lead: LeadDocument) -> bytes:
    """The lead as a tagged PDF (PDF/A-2a and PDF/UA-1), its fixed words in the recipient's language.

    The same lead gives the same bytes, on every machine. A character that the fonts have no shape for stands as
    ``[U+738B]``, its number in Unicode, and the print says so. RunError when it cannot be printed for another reason.
    """
    template = (files("fairlead.leads") / "templates" / "lead.typ").read_bytes()
    language = language_of(lead.country)
    inputs = {
        "lead": lead.to_json(),
        "language": language,
        "words": json.dumps(_words()[language], ensure_ascii=False),
    }
    return print_pdf(template, inputs, standards=PDF_A_UA)


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("fairlead.leads") / "templates" / "words.toml").read_text())
