"""Made-up persons: names from Faker's lists, reserved domains, addresses and numbers that nobody has."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module

from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.errors import UsageError

_LOCALES = {
    "AU": "en_US", "AT": "de_AT", "BE": "nl_BE", "BA": "hr_HR", "CZ": "cs_CZ", "DK": "da_DK", "FI": "fi_FI",
    "FR": "fr_FR", "DE": "de_DE", "HU": "hu_HU", "IS": "is_IS", "NL": "nl_NL", "NZ": "en_NZ", "NO": "no_NO",
    "PL": "pl_PL", "ES": "es_ES", "SE": "sv_SE", "CH": "de_CH", "GB": "en_GB",
}  # fmt: skip
_LANGUAGES = {
    "AU": "en", "AT": "de", "BE": "nl", "BA": "bs", "CZ": "cs", "DK": "da", "FI": "fi", "FR": "fr", "DE": "de",
    "HU": "hu", "IS": "is", "NL": "nl", "NZ": "en", "NO": "nb", "PL": "pl", "ES": "es", "SE": "sv", "CH": "de",
    "GB": "en",
}  # fmt: skip
_CURRENCIES = {
    "AU": "AUD", "BA": "BAM", "CZ": "CZK", "DK": "DKK", "HU": "HUF", "IS": "ISK", "NZ": "NZD", "NO": "NOK",
    "PL": "PLN", "SE": "SEK", "CH": "CHF", "GB": "GBP",
}  # fmt: skip
_BBAN = {
    "AT": "n16", "BE": "n12", "BA": "n16", "CZ": "n20", "DK": "n14", "FI": "n14", "FR": "n23", "DE": "n18",
    "HU": "n24", "IS": "n22", "NL": "a4n10", "NO": "n11", "PL": "n24", "ES": "n20", "SE": "n20", "CH": "n17",
    "GB": "a4n14",
}  # fmt: skip
# Ranges that the numbering authorities set aside for fiction; elsewhere the unassigned code +999.
_FICTION_PHONES = {"GB": "+447700900", "SE": "+46701740", "AU": "+61491570"}
_WATERS = ("moss", "kelp", "reef", "tide", "drift", "cove")
_ANIMALS = ("fox", "owl", "wren", "lynx", "crab")
_DOMAINS = ("mail.example", "post.example", "example.org", "example.net", "example.com")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 14; Example Phone) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpPerson:
    """A person who does not exist."""

    number: int
    country: str
    first_name: str
    last_name: str
    born: date
    email: str
    user_name: str
    phone: str
    iban: str | None
    card: str
    home_ip: str
    carrier_ip: str
    vpn_ip: str
    agent: str
    language: str
    currency: str
    postcode: str

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


def country_of(number: int) -> str:
    """Persons go round the participating countries, so that none is without."""
    codes = sorted(PARTICIPANTS)
    return codes[number % len(codes)]


def make_person(seed: int, number: int) -> MadeUpPerson:
    """The person with this number; the same numbers give the same person."""
    rng = random.Random(f"{seed}/person/{number}")
    country = country_of(number)
    first_names, last_names = _names(country)
    first, last = rng.choice(first_names), rng.choice(last_names)
    handle = _plain(first)[:7] + rng.choice(("", ".", "_")) + _plain(last)[:6] + str(rng.randrange(10, 9999))
    code = sorted(PARTICIPANTS).index(country)
    return MadeUpPerson(
        number=number,
        country=country,
        first_name=first,
        last_name=last,
        born=date(rng.randrange(1958, 2004), rng.randrange(1, 13), rng.randrange(1, 29)),
        email=f"{handle}@{rng.choice(_DOMAINS)}",
        user_name=f"{rng.choice(_WATERS)}{rng.choice(_ANIMALS)}{number:04d}",
        phone=_phone(country, number),
        iban=made_iban(country, number),
        card=f"card_{seed:04x}{number:012x}",
        home_ip=f"2001:db8:{code + 1:x}:{number:x}::{rng.randrange(2, 0xFFFF):x}",
        carrier_ip=f"100.64.{number // 400 % 64}.9",
        vpn_ip=f"198.18.{rng.randrange(4)}.{rng.randrange(1, 9)}",
        agent=rng.choice(_AGENTS),
        language=_LANGUAGES[country],
        currency=_CURRENCIES.get(country, "EUR"),
        postcode=f"{rng.randrange(10000, 99999)}",
    )


@cache
def _names(country: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        provider = import_module(f"faker.providers.person.{_LOCALES[country]}").Provider
    except ModuleNotFoundError as problem:
        raise UsageError(
            "made-up persons need the package faker",
            "Install it: pip install fairlead[training]. Nothing but training and the demo uses it.",
            code="USAGE-TRAINING",
        ) from problem
    first = getattr(provider, "first_names", None) or provider.first_names_male
    last = getattr(provider, "last_names", None) or provider.last_names_male
    return tuple(sorted({str(n) for n in first})), tuple(sorted({str(n) for n in last}))


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in decomposed if c.isascii() and c.isalpha())


def _phone(country: str, number: int) -> str:
    prefix = _FICTION_PHONES.get(country)
    slot = number // len(PARTICIPANTS)
    if prefix and slot < 99:
        digits = {"GB": f"{slot + 1:03d}", "SE": f"{605 + slot:03d}", "AU": f"{6 + slot:03d}"}[country]
        return prefix + digits
    return f"+999{number + 100_000_000:09d}"


def made_iban(country: str, number: int) -> str | None:
    """An IBAN of the right form with correct check digits and a bank that does not exist."""
    layout = _BBAN.get(country)
    if layout is None:
        return None
    letters, digits_wide = ("TEST", layout[3:]) if layout.startswith("a4") else ("", layout[1:])
    bban = f"{letters}{number:0{digits_wide}d}"
    rest = bban + country + "00"
    digits = "".join(str(int(c, 36)) for c in rest)
    return f"{country}{98 - int(digits) % 97:02d}{bban}"
