"""A made-up population with known truth: accounts, payments and subscriber replies of persons in 11 countries.

Everything is invented: reserved domains, +999 numbers, fictional IBANs, reserved address ranges. Rates of
households, CGNAT, VPN exits, mule instruments, one-shot inboxes and typing errors follow the research notes.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fairlead.attribution.normalise import fold
from fairlead.tables.records import ACCOUNTS, PAYMENTS

COUNTRIES = {"DE": ("de_DE", 16), "FR": ("fr_FR", 12), "ES": ("es_ES", 10), "PL": ("pl_PL", 10), "NL": ("nl_NL", 9),
             "DK": ("da_DK", 8), "SE": ("sv_SE", 8), "CZ": ("cs_CZ", 6), "GB": ("en_GB", 10), "FI": ("fi_FI", 6), "NO": ("no_NO", 5)}  # fmt: skip
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
    return [sorted({n for x in many if len(n := fold(str(x)).replace(" ", "")) > 2}) for many in (first, last)]


def _zipf(rng, pool, count):
    weights = 1 / np.arange(1, len(pool) + 1) ** 0.75
    return np.array(pool, object)[rng.permutation(len(pool))[rng.choice(len(pool), count, p=weights / weights.sum())]]


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


def population(records: int, seed: int) -> Population:
    rng = np.random.default_rng(seed)
    persons = int(records / 2.98) + 10
    codes = list(COUNTRIES)
    weights = np.array([w for _, w in COUNTRIES.values()], float)
    where = rng.choice(len(codes), persons, p=weights / weights.sum())
    first, last = np.empty(persons, object), np.empty(persons, object)
    for index, code in enumerate(codes):
        members = np.flatnonzero(where == index)
        given, family = _names(COUNTRIES[code][0])
        first[members] = _zipf(rng, given, len(members))
        last[members] = _zipf(rng, family, len(members)) + np.array(ENDINGS, object)[rng.integers(0, len(ENDINGS), len(members))]
    born = [f"{y:04d}-{m:02d}-{d:02d}" for y, m, d in zip(rng.integers(1950, 2006, persons), rng.integers(1, 13, persons), rng.integers(1, 29, persons), strict=True)]
    postcode = [f"{codes[c]}{v:05d}" for c, v in zip(where, rng.integers(0, 4000, persons), strict=True)]
    home = np.arange(persons)
    mates = np.flatnonzero(rng.random(persons) < 0.08)
    mates = mates[mates > 5]
    home[mates] = mates - rng.integers(1, 5, len(mates))
    for mate in mates:
        postcode[mate] = postcode[home[mate]]
        where[mate] = where[home[mate]]
    numbers, styles = rng.integers(0, 100, persons), rng.integers(0, 6, persons)

    def handle(i: int) -> str:
        f, n, year = first[i], last[i], born[i][:4]
        return [f"{f}.{n}", f"{f[0]}{n}{year[2:]}", f"{f}{n[:3]}{numbers[i]}", f"{n}{numbers[i]}", f"{f}_{year}", f"{f[:4]}{n[:2]}{numbers[i]}x"][styles[i]]

    handles = [handle(i) for i in range(persons)]
    taken: dict[str, int] = {}
    emails = []
    for i in range(persons):
        address = f"{handles[i]}@{DOMAINS[int(rng.choice(6, p=[0.4, 0.2, 0.1, 0.12, 0.1, 0.08]))]}"
        count = taken.get(address, 0)
        taken[address] = count + 1
        emails.append(address if not count else address.replace("@", f"{count}@", 1))
    nick = [f"{WORDS[a]}{WORDS[b]}{c}" for a, b, c in zip(rng.integers(0, 12, persons), rng.integers(0, 12, persons), rng.integers(0, 3000, persons), strict=True)]
    phone = [f"+999{v:09d}" for v in rng.integers(0, 10**9, persons)]
    money = [f"{codes[where[i]]}{10 + i % 89}0000{i:014d}" for i in range(persons)]
    mule = np.flatnonzero(rng.random(persons) < 0.03)
    for i in mule:
        money[i] = f"MU00MULE{int(rng.integers(0, max(1, len(mule) // 12))):08d}"
    shares_device = (home != np.arange(persons)) & (rng.random(persons) < 0.6)
    device = [f"d{home[i] if shares_device[i] else i:08x}" for i in range(persons)]
    second = rng.random(persons) < 0.35
    cgnat = rng.integers(0, max(2, persons // 400), persons)
    exits = max(8, persons // 5000)
    uses_vpn = rng.random(persons) < 0.3
    u = rng.random
    accounts, payments, truth = [], [], {}
    total = 0
    for i in range(persons):
        if total >= records:
            break
        house = home[i]

        def address(i=i, house=house) -> str:
            r = u()
            if uses_vpn[i] and r < 0.6:
                e = int(rng.integers(exits))
                return f"198.18.{e >> 8}.{e & 255}"
            if r < 0.75:
                return f"2001:db8:{house >> 16:x}:{house & 0xFFFF:x}::1"
            return f"100.64.{cgnat[i] >> 8}.{cgnat[i] & 255}"

        def mail(i=i, house=house) -> str:
            r = u()
            if r < 0.13:
                return f"{WORDS[int(rng.integers(12))]}{int(rng.integers(10**7))}@throwaway.example"
            if r < 0.16:
                return _typo(rng, emails[i])
            if r < 0.165:
                return JUNK[int(rng.integers(4))]
            if house != i and r < 0.45:
                return emails[house]
            return emails[i]

        for _ in range(1 + (u() < 0.35) + (u() < 0.1)):
            name = handles[i] if u() < 0.35 else nick[i]
            if u() < 0.2:
                name += str(int(rng.integers(0, 99)))
            if u() < 0.05:
                name = _typo(rng, name)
            shown = u() < 0.12
            full = (f"{first[i]} {last[i]}" if u() < 0.5 else first[i]) if shown else None
            key = f"platform:{total}"
            accounts.append({"account": key, "source": "platform", "role": "account_user", "user_name": name, "full_name": full,
                "email": mail() if u() < 0.92 else None, "phone": phone[i] if u() < 0.18 else None,
                "device": device[i] + ("b" if second[i] and u() < 0.4 else "") if u() < 0.7 else None,
                "registered_ip": address() if u() < 0.95 else None, "country": codes[where[i]] if u() < 0.4 else None})  # fmt: skip
            truth[key] = i
            total += 1
        for _ in range(int(u() < 0.85) + (u() < 0.25)):
            f, n = first[i], last[i]
            r = u()
            if r < 0.15:
                full = None
            elif r < 0.35:
                full = f"{f[0]} {n}"
            elif r < 0.42:
                full = f"{n} {f}"
            elif r < 0.5:
                full = f"{f} {_typo(rng, n)}"
            elif r < 0.53 and house != i:
                full = f"{first[house]} {last[house]}"
            else:
                full = f"{f} {n}"
            key = f"card:{total}"
            payments.append({"payment": key, "source": "card", "kind": "payment", "payer_name": full,
                "payer_email": mail() if u() < 0.55 else None, "instrument_kind": "iban",
                "instrument": money[i] if u() < 0.8 else None, "ip": address() if u() < 0.25 else None,
                "payer_postcode": postcode[i] if u() < 0.3 else None, "payer_country": codes[where[i]] if u() < 0.85 else None})  # fmt: skip
            truth[key] = i
            total += 1
        for _ in range(int(u() < 0.5)):
            f, n, b = first[i], last[i], born[i]
            n = _typo(rng, n) if u() < 0.08 else n
            f = _typo(rng, f) if u() < 0.05 else f
            b = b[:5] + b[8:] + "-" + b[5:7] if u() < 0.02 else b
            key = f"provider:{total}"
            accounts.append({"account": key, "source": "provider", "role": "subscriber", "full_name": f"{f} {n}",
                "email": mail() if u() < 0.6 else None, "phone": phone[i] if u() < 0.85 else None,
                "instrument_kind": "iban", "instrument": money[i] if u() < 0.25 else None,
                "last_ip": f"2001:db8:{house >> 16:x}:{house & 0xFFFF:x}::1" if u() < 0.6 else None,
                "date_of_birth": b if u() < 0.95 else None, "postcode": postcode[i] if u() < 0.9 else None,
                "country": codes[where[i]]})  # fmt: skip
            truth[key] = i
            total += 1
    origin = {"exhibit": "X/1", "locator": "path:x"}
    return Population(
        accounts=pa.Table.from_pylist([a | origin for a in accounts], schema=ACCOUNTS.schema),
        payments=pa.Table.from_pylist([p | origin for p in payments], schema=PAYMENTS.schema),
        truth=truth,
    )
