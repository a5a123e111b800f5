"""The pages that partners read, in their languages: nothing is missing, nothing is lost on the way, the choice holds."""

from __future__ import annotations

import ast
import gettext as gnu
import re
from importlib.resources import files

import pytest

LANGUAGES = ("da", "de", "fr", "es")
HOME = files("fairlead.workbench")
TEMPLATES = (
    "base", "board", "country", "find", "follow_link", "home", "jurisdiction", "law", "lead", "list", "own", "passphrase", "press",
    "problem", "sheet", "sign_in",
)  # fmt: skip
MODULES = (
    "navigation.py", "oidc.py", "signin.py", "svg/tiles.py", "views/board.py", "views/countries.py", "views/errors.py",
    "views/law.py", "views/leads.py", "views/own.py", "../case/lists/for_everybody.py",
)  # fmt: skip
_NAMES = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "_n"}


def texts_in(source: str) -> set[str]:
    """The texts a piece of Python marks for translation; the plural form is found with its singular."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _NAMES and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def texts_in_template(name: str) -> set[str]:
    """The same for a template: Django turns it into something that calls gettext."""
    from django.utils.translation.template import templatize

    made = templatize((HOME / name).read_text())
    literal = r"""(?:_|n?gettext)\(\s*(u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
    return {ast.literal_eval(text) for text in re.findall(literal, made)}


@pytest.fixture(scope="module")
def wanted(database) -> set[str]:
    from fairlead.workbench.wording import SENTENCES, WORDS

    listed = set(WORDS | SENTENCES)
    for name in TEMPLATES:
        listed |= texts_in_template(f"templates/workbench/{name}.html")
    listed |= texts_in_template("templates/mfa/totp/activate_form.html")
    for name in MODULES:
        listed |= texts_in((HOME / name).read_text())
    assert len(listed) > 300
    return listed


def parse_po(language: str) -> dict[str, list[str]]:
    """msgid → its translations, as the committed text file has them."""
    listed: dict[str, list[str]] = {}
    fields: dict[str, str] = {}
    name = ""

    def keep() -> None:
        if "msgid" in fields:
            listed[fields["msgid"]] = [v for k, v in sorted(fields.items()) if k.startswith("msgstr")]

    for line in (HOME / f"locale/{language}/LC_MESSAGES/django.po").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if match := re.match(r"(msgid|msgid_plural|msgstr(?:\[\d\])?) (\".*\")$", line):
            name = match[1]
            if name == "msgid":
                keep()
                fields = {}
            fields[name] = ast.literal_eval(match[2])
        else:
            fields[name] += ast.literal_eval(line)
    keep()
    return listed


def compiled(language: str) -> gnu.GNUTranslations:
    with (HOME / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as handle:
        return gnu.GNUTranslations(handle)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_partners_read_is_translated(wanted, language):
    listed = parse_po(language)
    missing = sorted(t for t in wanted if not all(listed.get(t) or [""]))
    assert not missing, f"{language}: {missing}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_of_a_text_that_is_gone(wanted, language):
    assert sorted(parse_po(language).keys() - wanted - {""}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_commands_survive_translation(language):
    kept = re.compile(r"%\(\w+\)s|`fairlead[^`]*`|fairlead [a-z-]+|2016/680")
    for text, translations in parse_po(language).items():
        for translation in translations:
            assert sorted(kept.findall(text)) == sorted(kept.findall(translation)), (text, translation)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_says_what_the_text_file_says(language):
    """Otherwise: `msgfmt --no-hash -o django.mo django.po` in its folder."""
    made = {k if isinstance(k, str) else k[0]: v for k, v in compiled(language)._catalog.items()}
    for text, translations in parse_po(language).items():
        if text and len(translations) == 1:
            assert made.get(text) == translations[0], text
    assert len(made) - 1 <= len(parse_po(language))


def test_no_page_calls_anybody_guilty_or_anything_legal_in_any_language():
    never = {
        "da": r"skyldig|lovlig",
        "de": r"schuldig|legal\b",
        "fr": r"coupable|légal\b",
        "es": r"culpable|\blegal\b",
    }
    for language, words in never.items():
        for translations in parse_po(language).values():
            assert not any(re.search(words, t, re.IGNORECASE) for t in translations), (language, translations)


@pytest.mark.parametrize(
    ("language", "said"), [("da", "Aktionsdag"), ("de", "Aktionstag"), ("fr", "Journée"), ("es", "Día de")]
)
def test_the_board_is_in_the_language_that_the_browser_asks_for(world, language, said):
    from django.test import Client

    client = Client()
    client.force_login(world.users["berg"], backend="fairlead.workbench.signin.LinkBackend")
    answer = client.get("/operations/lanternfish/action-day/", headers={"Accept-Language": language})
    assert answer["Content-Language"] == language
    assert said in answer.content.decode()


def test_a_chosen_language_holds_at_the_next_sign_in_and_leads_back_to_the_page(world):
    from django.test import Client

    client = Client()
    client.force_login(world.users["evans"], backend="fairlead.workbench.signin.LinkBackend")
    page = "http://testserver/operations/lanternfish/law/"
    answer = client.post("/sign-in/language/", {"language": "fr"}, headers={"Referer": page})
    assert answer.url == page
    again = Client()
    again.force_login(world.users["evans"], backend="fairlead.workbench.signin.LinkBackend")
    assert again.get("/me/")["Content-Language"] == "fr"
    client.post("/sign-in/language/", {"language": "en-gb"})


def test_the_choice_of_a_language_never_leads_to_another_host(world):
    from django.test import Client

    answer = Client().post(
        "/sign-in/language/", {"language": "de"}, headers={"Referer": "https://example.org/x"}
    )
    assert answer.url == "/"


def test_a_language_nobody_offers_is_none(world):
    from django.test import Client

    client = Client()
    client.post("/sign-in/language/", {"language": "../../etc"})
    assert client.get("/sign-in/")["Content-Language"] == "en-gb"
