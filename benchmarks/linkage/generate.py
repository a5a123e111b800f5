"""A made-up population with known truth: accounts, payments and subscriber replies of persons in 11 countries.

Everything is invented: reserved domains, +999 numbers, fictional IBANs, reserved address ranges. Rates of
households, CGNAT, VPN exits, mule instruments, one-shot inboxes and typing errors follow the research notes.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fairlead.attribution.names import fold
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.training.people import made_iban

_LOCALES = (
    "DE de_DE 16, FR fr_FR 12, ES es_ES 10, PL pl_PL 10, NL nl_NL 9, DK da_DK 8, SE sv_SE 8, CZ cs_CZ 6, "
)
_LOCALES += "GB en_GB 10, FI fi_FI 6, NO no_NO 5"
COUNTRIES = {
    code: (locale, int(weight)) for code, locale, weight in (part.split() for part in _LOCALES.split(", "))
}
DOMAINS = ["example.com", "example.org", "example.net", "mail.example", "post.example", "web.example"]
WORDS = ["shadow", "wolf", "night", "pixel", "ghost", "blue", "dark", "river", "zen", "fox", "storm", "neo"]
JUNK = ["info@example.com", "test@test.example", "noreply@mail.example", "a@a.example"]
ENDINGS = ["", "", "", "", "", "", "son", "ov", "mann", "elli", "ez", "sen", "ski", "berg", "vic"]


@dataclass
class Population:
    accounts: pa.Table
    payments: pa.Table
    truth: dict[str, int]  # record id -> person


def _names(locale: str) -> tuple[list[str], list[str]]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    first = getattr(provider, "first_names", None) or provider.first_names_male
    last = getattr(provider, "last_names", None) or provider.last_names_male
    return [
        sorted({n for x in many if len(n := fold(str(x)).replace(" ", "")) > 2}) for many in (first, last)
    ]


def _zipf(rng, pool, count):
    weights = 1 / np.arange(1, len(pool) + 1) ** 0.75
    return np.array(pool, object)[
        rng.permutation(len(pool))[rng.choice(len(pool), count, p=weights / weights.sum())]
    ]


def _typo(rng, text: str) -> str:
    if len(text) < 4:
        return text
    at = int(rng.integers(1, len(text) - 1))
    match int(rng.integers(4)):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case 2:
            return text[:at] + chr(97 + int(rng.integers(26))) + text[at + 1 :]
        case _:
            return text[:at] + text[at] + text[at:]


class _People:
    """The persons behind the records, and how each fills in a form."""

    def __init__(self, persons: int, rng) -> None:
        self.rng = rng
        self.codes = list(COUNTRIES)
        weights = np.array([w for _, w in COUNTRIES.values()], float)
        self.where = rng.choice(len(self.codes), persons, p=weights / weights.sum())
        self.first, self.last = np.empty(persons, object), np.empty(persons, object)
        for index, code in enumerate(self.codes):
            members = np.flatnonzero(self.where == index)
            given, family = _names(COUNTRIES[code][0])
            self.first[members] = _zipf(rng, given, len(members))
            endings = np.array(ENDINGS, object)[rng.integers(0, len(ENDINGS), len(members))]
            self.last[members] = _zipf(rng, family, len(members)) + endings
        years, months, days = (rng.integers(a, b, persons) for a, b in ((1950, 2006), (1, 13), (1, 29)))
        self.born = [f"{y:04d}-{m:02d}-{d:02d}" for y, m, d in zip(years, months, days, strict=True)]
        numbers = rng.integers(0, 4000, persons)
        self.postcode = [f"{self.codes[c]}{v:05d}" for c, v in zip(self.where, numbers, strict=True)]
        self._share_homes(persons)
        self._contacts(persons)
        self._money_and_devices(persons)

    def _share_homes(self, persons: int) -> None:
        rng = self.rng
        self.home = np.arange(persons)
        mates = np.flatnonzero(rng.random(persons) < 0.08)
        mates = mates[mates > 5]
        self.home[mates] = mates - rng.integers(1, 5, len(mates))
        for mate in mates:
            self.postcode[mate] = self.postcode[self.home[mate]]
            self.where[mate] = self.where[self.home[mate]]

    def _contacts(self, persons: int) -> None:
        rng = self.rng
        numbers, styles = rng.integers(0, 100, persons), rng.integers(0, 6, persons)
        self.handles = [self._handle(i, int(numbers[i]), int(styles[i])) for i in range(persons)]
        taken: dict[str, int] = {}
        self.emails = []
        for handle in self.handles:
            address = f"{handle}@{DOMAINS[int(rng.choice(6, p=[0.4, 0.2, 0.1, 0.12, 0.1, 0.08]))]}"
            count = taken.get(address, 0)
            taken[address] = count + 1
            self.emails.append(address if not count else address.replace("@", f"{count}@", 1))
        words = rng.integers(0, 12, (2, persons))
        tails = rng.integers(0, 3000, persons)
        self.nick = [f"{WORDS[a]}{WORDS[b]}{c}" for a, b, c in zip(*words, tails, strict=True)]
        self.phone = [f"+999{v:09d}" for v in rng.integers(0, 10**9, persons)]

    def _handle(self, i: int, number: int, style: int) -> str:
        first, last, year = self.first[i], self.last[i], self.born[i][:4]
        styles = (
            f"{first}.{last}", f"{first[0]}{last}{year[2:]}", f"{first}{last[:3]}{number}", f"{last}{number}",
            f"{first}_{year}", f"{first[:4]}{last[:2]}{number}x",
        )  # fmt: skip
        return styles[style]

    def _money_and_devices(self, persons: int) -> None:
        rng = self.rng
        self.money = [
            made_iban(self.codes[self.where[i]], i) or str(made_iban("DE", i)) for i in range(persons)
        ]
        mules = np.flatnonzero(rng.random(persons) < 0.03)
        for i in mules:
            self.money[i] = str(made_iban("HU", 10**9 + int(rng.integers(0, max(1, len(mules) // 12)))))
        shares = (self.home != np.arange(persons)) & (rng.random(persons) < 0.6)
        self.device = [f"d{self.home[i] if shares[i] else i:08x}" for i in range(persons)]
        self.second_device = rng.random(persons) < 0.35
        self.cgnat = rng.integers(0, max(2, persons // 400), persons)
        self.exits = max(8, persons // 5000)
        self.uses_vpn = rng.random(persons) < 0.3

    def country(self, i: int) -> str:
        return self.codes[self.where[i]]

    def home_address(self, i: int) -> str:
        return f"2001:db8:{self.home[i] >> 16:x}:{self.home[i] & 0xFFFF:x}::1"

    def address(self, i: int) -> str:
        draw = self.rng.random()
        if self.uses_vpn[i] and draw < 0.6:
            number = int(self.rng.integers(self.exits))
            return f"198.18.{number >> 8}.{number & 255}"
        if draw < 0.75:
            return self.home_address(i)
        return f"100.64.{self.cgnat[i] >> 8}.{self.cgnat[i] & 255}"

    def email(self, i: int) -> str:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.13:
            return f"{WORDS[int(rng.integers(12))]}{int(rng.integers(10**7))}@throwaway.example"
        if draw < 0.16:
            return _typo(rng, self.emails[i])
        if draw < 0.165:
            return JUNK[int(rng.integers(4))]
        if self.home[i] != i and draw < 0.45:
            return self.emails[self.home[i]]
        return self.emails[i]

    def maybe(self, share: float, value):
        return value() if self.rng.random() < share else None


def _account(p: _People, i: int, key: str) -> dict[str, object]:
    u, rng = p.rng.random, p.rng
    name = p.handles[i] if u() < 0.35 else p.nick[i]
    if u() < 0.2:
        name += str(int(rng.integers(0, 99)))
    if u() < 0.05:
        name = _typo(rng, name)
    shown = p.maybe(0.12, lambda: f"{p.first[i]} {p.last[i]}" if u() < 0.5 else p.first[i])
    return {
        "account": key, "source": "platform", "role": "account_user", "user_name": name, "full_name": shown,
        "email": p.maybe(0.92, lambda: p.email(i)), "phone": p.maybe(0.18, lambda: p.phone[i]),
        "device": p.maybe(0.7, lambda: p.device[i] + ("b" if p.second_device[i] and u() < 0.4 else "")),
        "registered_ip": p.maybe(0.95, lambda: p.address(i)), "country": p.maybe(0.4, lambda: p.country(i)),
    }  # fmt: skip


def _payer_name(p: _People, i: int) -> str | None:
    first, last, draw = p.first[i], p.last[i], p.rng.random()
    if draw < 0.15:
        return None
    if draw < 0.35:
        return f"{first[0]} {last}"
    if draw < 0.42:
        return f"{last} {first}"
    if draw < 0.5:
        return f"{first} {_typo(p.rng, last)}"
    if draw < 0.53 and p.home[i] != i:  # the partner's card
        return f"{p.first[p.home[i]]} {p.last[p.home[i]]}"
    return f"{first} {last}"


def _payment(p: _People, i: int, key: str) -> dict[str, object]:
    return {
        "payment": key, "source": "card", "kind": "payment", "payer_name": _payer_name(p, i),
        "payer_email": p.maybe(0.55, lambda: p.email(i)), "instrument_kind": "iban",
        "instrument": p.maybe(0.8, lambda: p.money[i]), "ip": p.maybe(0.25, lambda: p.address(i)),
        "payer_postcode": p.maybe(0.3, lambda: p.postcode[i]), "payer_country": p.maybe(0.85, lambda: p.country(i)),
    }  # fmt: skip


def _subscriber(p: _People, i: int, key: str) -> dict[str, object]:
    u, rng = p.rng.random, p.rng
    first, last, born = p.first[i], p.last[i], p.born[i]
    last = _typo(rng, last) if u() < 0.08 else last
    first = _typo(rng, first) if u() < 0.05 else first
    born = f"{born[:5]}{born[8:]}-{born[5:7]}" if u() < 0.02 else born
    return {
        "account": key, "source": "provider", "role": "subscriber", "full_name": f"{first} {last}",
        "email": p.maybe(0.6, lambda: p.email(i)), "phone": p.maybe(0.85, lambda: p.phone[i]),
        "instrument_kind": "iban", "instrument": p.maybe(0.25, lambda: p.money[i]),
        "last_ip": p.maybe(0.6, lambda: p.home_address(i)), "date_of_birth": p.maybe(0.95, lambda: born),
        "postcode": p.maybe(0.9, lambda: p.postcode[i]), "country": p.country(i),
    }  # fmt: skip


def population(records: int, seed: int) -> Population:
    rng = np.random.default_rng(seed)
    persons = int(records / 2.98) + 10
    people = _People(persons, rng)
    accounts, payments, truth = [], [], {}
    for i in range(persons):
        if len(truth) >= records:
            break
        for _ in range(1 + (rng.random() < 0.35) + (rng.random() < 0.1)):
            accounts.append(_account(people, i, f"platform:{len(truth)}"))
            truth[accounts[-1]["account"]] = i
        for _ in range((rng.random() < 0.85) + (rng.random() < 0.25)):
            payments.append(_payment(people, i, f"card:{len(truth)}"))
            truth[payments[-1]["payment"]] = i
        if rng.random() < 0.5:
            accounts.append(_subscriber(people, i, f"provider:{len(truth)}"))
            truth[accounts[-1]["account"]] = i
            if rng.random() < 0.06:  # a second provider knows another number and no address
                other = {"phone": None, "email": None, "last_ip": None, "postcode": None}
                accounts.append(_subscriber(people, i, f"provider:{len(truth)}") | other)
                truth[accounts[-1]["account"]] = i
    origin = {"exhibit": "X/1", "locator": "path:x"}
    return Population(
        accounts=pa.Table.from_pylist([a | origin for a in accounts], schema=ACCOUNTS.schema),
        payments=pa.Table.from_pylist([p | origin for p in payments], schema=PAYMENTS.schema),
        truth=truth,
    )
