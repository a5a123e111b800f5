"""The printed lead: readable text, the recipient's language, the same bytes every time."""

from __future__ import annotations

import pypdfium2
import pytest

from fairlead.leads.pdf import _words, language_of, render_lead
from fairlead.terms.countries import PARTICIPANTS
from tests.leads.builders import lead, statement


def text_of(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_a_lead_says_its_statements_origins_and_what_it_does_not_say() -> None:
    text = text_of(render_lead(lead()))
    assert "someone@example.org" in text
    assert "NSK/3:inode:1:12" in text
    assert "does not say that anyone" in text


@pytest.mark.parametrize(
    ("country", "word"), [("DE", "Ermittlungshinweis"), ("FR", "Piste"), ("DK", "Koster"), ("ES", "Pista")]
)
def test_a_lead_is_printed_in_the_recipients_language(country: str, word: str) -> None:
    assert word in text_of(render_lead(lead(country=country)))


def test_every_language_has_every_word() -> None:
    words = {k: v for k, v in _words().items() if k != "languages"}
    assert all(v.keys() == words["en"].keys() for v in words.values())
    assert {language_of(c) for c in PARTICIPANTS} == words.keys()


def test_the_same_lead_gives_the_same_bytes() -> None:
    assert render_lead(lead()) == render_lead(lead())


def test_markup_in_a_value_is_text_and_nothing_else() -> None:
    value = '#read("/etc/passwd") *bold* $x$ \\ <b>'
    assert '#read("/etc/passwd")' in text_of(render_lead(lead(statements=[statement(text=value)])))


def test_a_lead_of_a_thousand_statements_is_printed() -> None:
    statements = [statement(id=f"S-{n:010d}", text=f"Statement number {n}.") for n in range(1000)]
    text = text_of(render_lead(lead(statements=statements)))
    assert "Statement number 999." in text
