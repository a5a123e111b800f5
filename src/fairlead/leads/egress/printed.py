"""Reads a printed lead back from its PDF and holds every line, text and attachment of it against the lead."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from typing import Any

import pikepdf

from fairlead.leads.egress.allowed import AllowedLead
from fairlead.leads.egress.media import find_media
from fairlead.leads.egress.pdf_file import NotPlainError, take_apart
from fairlead.leads.egress.pdf_grammar import Known, check_grammar
from fairlead.leads.egress.texts import AllowedTexts
from fairlead.leads.pdf import fixed_words, language_of

# What stands in a line beside the lead's texts: the number of the page, the sign before a request.
_OWN = re.compile(r"\d{1,4} / \d{1,4}|•")
_SPELLED = re.compile(r"\[U\+([0-9A-F]{4,6})\]")
_LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n")
_ODD_OBJECTS = (
    pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    RuntimeError,
)  # fmt: skip
"""What a file raises whose objects are of other kinds than ISO 32000-1 gives them: null for a font, a name for a number."""


def check_printed(data: bytes, lead: AllowedLead) -> Iterator[str]:
    """What in a printed lead is not the lead's, with its place; nothing of what was found is repeated.

    A line that fits is part of one text of the lead. Not seen: letters drawn as lines, or one by one; glyphs that show
    another letter than they are said to be; digits spread over the places where lines begin and the widths of letters.
    """
    allowed = AllowedTexts((*lead.texts, *_lines_of(lead)))
    body = lead.body
    known = Known(
        texts=allowed,
        day=str(body["verified_on"])[:10],
        languages=frozenset({b"en", language_of(str(body["country"])).encode()}),
    )
    try:
        parts = take_apart(data)
    except NotPlainError as problem:
        yield str(problem)
        return
    yield from check_grammar(parts, known)
    for number, held in parts.objects.items():
        yield from (f"object {number}: {what} at byte {at}" for what, at in find_media(held.stream or b""))
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            for number, page in enumerate(document.pages, start=1):
                yield from (f"page {number}: {what}" for what in _check_page(page, allowed))
    except _ODD_OBJECTS as problem:
        yield f"not a PDF that can be read ({type(problem).__name__})"


def _lines_of(lead: AllowedLead) -> Iterator[str]:
    """Lines that printing puts together from several fields."""
    body = lead.body
    for words in fixed_words(str(body["country"])):
        yield from words.values()
        yield f"{words['lead']} {body['lead']}, {words['version']} {body['version']}"
        yield f"{body['lead']}, {words['version']} {body['version']}"
        yield f"{words['lead']} {body['lead']}"
        yield f"{body['grade']} ({words['unnamed']})"
        yield f"{str(body['subject_category']).replace('_', ' ')} ({words['decided']})"
        for said in body["statements"]:
            more = len(said["origins"]) - 2
            shown = " · ".join((said["id"], *said["origins"][:2]))
            yield f"{shown} · + {more} {words['more']}" if more > 0 else shown
    yield f"{body['from_country']} → {body['country']}"
    yield f"{body['handling']} {body['restriction']}"
    yield f"{str(body['verified_on'])[:16].replace('T', ' ')} UTC"
    for said in body["statements"]:
        yield f"{said['source_grade']}{said['information_grade']}"
    yield "SHA-256"


def _check_page(page: pikepdf.Page, allowed: AllowedTexts) -> Iterator[str]:
    fonts: dict[str, dict[int, str]] = {}
    letters: dict[int, str] = {}
    for name, font in page.resources.get("/Font", pikepdf.Dictionary()).items():
        if "/ToUnicode" in font:
            fonts[name] = _letters_of(font.ToUnicode.read_bytes())
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = instruction.operands, instruction.operator
        match str(operator):
            case "Tf":
                letters = fonts.get(str(operands[0]), {})
            case "Tj" | "'" | '"' | "TJ":
                line = _read_line(operands[-1], letters)
                if line is None:
                    yield "letters that cannot be read"
                elif not (
                    _OWN.fullmatch(line.strip())
                    or allowed.hold(_SPELLED.sub(_letter, line))
                    or allowed.hold(line)
                ):
                    yield "a line that is not this lead's"


def _letter(found: re.Match[str]) -> str:
    """The letter that stands in print as its number in Unicode."""
    number = int(found[1], 16)
    return chr(number) if number <= sys.maxunicode else found[0]


def _letters_of(cmap: bytes) -> dict[int, str]:
    """Which letters the numbers of a font stand for (ISO 32000-1, 9.10.3)."""
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", errors="replace")
        for code, text in _LETTER.findall(cmap)
    }


def _read_line(operand: Any, letters: dict[int, str]) -> str | None:
    parts = operand.as_list() if isinstance(operand, pikepdf.Array) else [operand]
    said = []
    for part in parts:
        if not isinstance(part, pikepdf.String):
            continue
        codes = bytes(part)
        for at in range(0, len(codes), 2):
            letter = letters.get(int.from_bytes(codes[at : at + 2], "big"))
            if letter is None:
                return None
            said.append(letter)
    return "".join(said)
