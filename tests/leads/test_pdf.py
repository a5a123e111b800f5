"""The printed lead: readable text, the recipient's language, the same bytes every time."""

from __future__ import annotations

import pypdfium2
import pytest

from fairlead.leads.egress.check import check_egress
from fairlead.leads.pdf import _words, language_of, render_lead
from fairlead.terms.countries import PARTICIPANTS
from tests.leads.builders import allowed_by, closed_by_hand, lead, payload_of, plan, statement


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


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "김철수",
        "อภิสิทธิ์",
        "राम कुमार",
        "გიორგი",
        "אברהם",
        "አበበ",
        "😀 smile",
        "Ǆ ﬁ \u200b",
        "🏴‍☠️",
        "\U0001f98a\u0301",
    ],
)
def test_a_name_in_any_script_is_printed_or_spelled_and_leaves(name: str) -> None:
    text = f"Name {name}, as account user."
    made = plan(lead(statements=[statement(of="user_name", value=name, text=text)]))
    files = closed_by_hand(made, payload_of(made))
    assert check_egress(files, allowed_by(made)) == []
    stranger = plan(
        lead(statements=[statement(of="user_name", value="李", text="Name 李, as account user.")])
    )
    path = f"leads/{made.leads[0].lead}/lead.pdf"
    planted = {**payload_of(made), path: payload_of(stranger)[path]}
    assert any("lead.pdf" in one for one in check_egress(closed_by_hand(made, planted), allowed_by(made)))


def test_a_text_spelled_in_numbers_that_is_not_the_leads_is_found() -> None:
    hidden = "".join(f"[U+{ord(letter):04X}]" for letter in "other.person@example.net")
    made = plan(lead())
    path = f"leads/{made.leads[0].lead}/lead.pdf"
    planted = {**payload_of(made), path: render_lead(lead(requests=[hidden]))}
    assert any("lead.pdf" in one for one in check_egress(closed_by_hand(made, planted), allowed_by(made)))


def test_only_a_print_that_spells_letters_says_so() -> None:
    said = "its number in Unicode"
    assert said not in text_of(render_lead(lead(country="SE")))
    assert said in text_of(render_lead(lead(country="SE", requests=["Ask 王."])))
