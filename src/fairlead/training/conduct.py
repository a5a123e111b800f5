"""What made-up persons did on the made-up platform: accounts, payments, visits, replies, and the traps."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fairlead.training.people import MadeUpPerson, make_person

BEGIN = datetime(2024, 11, 1, tzinfo=UTC)
END = datetime(2025, 9, 15, tzinfo=UTC)
PERSONS_AT_SCALE_1 = 76
_FREE_OF_TRAPS = 20
CHANGE_OF_LAW_DK = datetime(2025, 7, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A row of the platform's table `users`."""

    number: int
    person: int | None
    user_name: str
    email: str
    registered_at: datetime
    registered_ip: str
    language: str
    status: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A row of the payment export."""

    reference: str
    account: int
    payer: int | None
    kind: str
    amount: Decimal
    currency: str
    at: datetime
    name: str
    email: str
    country: str
    instrument_kind: str
    instrument: str
    ip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A line of the access log."""

    at: datetime
    ip: str
    user_name: str
    method: str
    path: str
    status: int
    size: int
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A row of a provider's reply about a subscriber."""

    reference: str
    person: int
    full_name: str
    born: str
    email: str
    phone: str
    country: str
    postcode: str
    ip: str
    iban: str


@dataclass(slots=True)
class Conduct:
    """Everything that happened, and what of it was planted."""

    persons: list[MadeUpPerson] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    traps: dict[str, list[int]] = field(default_factory=dict)  # trap -> account numbers
    supported: dict[int, str | None] = field(default_factory=dict)  # account -> country the evidence bears

    def plant(self, trap: str, *accounts: int) -> None:
        """Note that a trap concerns accounts."""
        self.traps.setdefault(trap, []).extend(accounts)


_TRAPS_IN_ORDER = (
    "mule_instrument", "mule_instrument", "mule_instrument", "shared_household", "partner", "carrier_address",
    "carrier_address", "carrier_address", "vpn_only", "mistyped_email", "taken_over", "namesake", "refund",
    "chargeback", "never_active", "change_of_law", "disposable_inbox", "second_account", "recycled_phone",
    "reassigned_address", "vpn_only",
)  # fmt: skip


def make_conduct(seed: int, scale: float, media: list[str]) -> Conduct:
    """All conduct of ``PERSONS_AT_SCALE_1 * scale`` persons; ``media`` are the paths they could download."""
    made = Conduct()
    count = max(19, round(PERSONS_AT_SCALE_1 * scale))
    made.persons = [make_person(seed, number) for number in range(count)]
    for person in made.persons:
        rng = random.Random(f"{seed}/conduct/{person.number}")
        # After one round of the countries without traps, every second person carries the next trap.
        trap = None
        if person.number >= _FREE_OF_TRAPS and person.number % 2 == 0:
            trap = _TRAPS_IN_ORDER[(person.number - _FREE_OF_TRAPS) // 2 % len(_TRAPS_IN_ORDER)]
        _live(made, person, trap, rng, media)
    _staff(made, seed)
    made.visits.sort(key=lambda v: (v.at, v.user_name, v.path))
    return made


def _live(
    made: Conduct, person: MadeUpPerson, trap: str | None, rng: random.Random, media: list[str]
) -> None:
    number = 1000 + len(made.accounts)
    start = BEGIN + timedelta(days=rng.randrange(0, 200), seconds=rng.randrange(86400))
    account = Account(
        number=number, person=person.number, user_name=person.user_name, email=person.email,
        registered_at=start, registered_ip=person.home_ip, language=person.language, status="member",
        password=f"pw{person.number}",
    )  # fmt: skip
    supported: str | None = person.country
    pays, visits, replies = True, rng.randrange(20, 60), rng.random() < 0.5
    address = person.home_ip
    payer = person
    match trap:
        case "shared_household":
            mate = made.persons[person.number - 19]
            person = replace(person, home_ip=mate.home_ip, postcode=mate.postcode)
            made.persons[person.number] = person
            account = replace(account, registered_ip=mate.home_ip)
            address, payer = mate.home_ip, person
        case "partner":
            payer = made.persons[person.number - 19]
        case "carrier_address":
            address = person.carrier_ip
            account = replace(account, registered_ip=address)
        case "vpn_only":
            address = person.vpn_ip
            account = replace(
                account,
                registered_ip=address,
                email=f"x{rng.randrange(10**7)}@throwaway.example",
                language="en",
            )
            pays, replies, supported = False, False, None
        case "disposable_inbox":
            account = replace(account, email=f"q{rng.randrange(10**7)}@throwaway.example")
        case "never_active":
            pays, visits, replies = False, 0, False
        case "change_of_law":
            start = CHANGE_OF_LAW_DK - timedelta(days=70)
            account = replace(account, registered_at=start)
            visits = 60
        case _:
            pass
    made.accounts.append(account)
    made.supported[number] = supported
    if trap:
        made.plant(trap, number)
    if pays:
        _pay(made, account, payer, trap, rng)
    _visit(made, account, person, address, visits, rng, media)
    if replies or trap in {"namesake", "recycled_phone", "shared_household", "partner"}:
        made.replies.append(_reply(person, f"R-{person.number:05d}", rng))
    _second_acts(made, account, person, trap, rng, media)


def _pay(made: Conduct, account: Account, payer: MadeUpPerson, trap: str | None, rng: random.Random) -> None:
    for index in range(1 + (rng.random() < 0.4)):
        at = account.registered_at + timedelta(minutes=rng.randrange(2, 40), days=60 * index)
        by_iban = payer.iban is not None and rng.random() < 0.5
        instrument = ("iban", str(payer.iban)) if by_iban else ("card", payer.card)
        if trap == "mule_instrument":
            instrument = ("iban", _MULE_IBAN)
        email = payer.email
        if trap == "mistyped_email":
            email = email[:2] + email[3] + email[2] + email[4:]
        payment = Payment(
            reference=f"LF{account.number}-{index + 1}", account=account.number,
            payer=_RESELLER if trap == "mule_instrument" else payer.number, kind="payment",
            amount=Decimal(rng.choice(("1.00", "2.50", "5.00"))), currency=payer.currency, at=at,
            name="Harbour Resale" if trap == "mule_instrument" else payer.full_name,
            email="till@harbour-resale.example" if trap == "mule_instrument" else email,
            country="CY" if trap == "mule_instrument" else payer.country,
            instrument_kind=instrument[0], instrument=instrument[1],
            ip="" if trap in {"vpn_only", "carrier_address", "mule_instrument"} else payer.home_ip,
        )  # fmt: skip
        made.payments.append(payment)
        if trap in {"refund", "chargeback"} and index == 0:
            made.payments.append(
                replace(payment, reference=payment.reference + "-back", kind=trap, at=at + timedelta(days=3))
            )


_RESELLER = -1
_MULE_IBAN = "CY85002001280000001200527600"  # the registry's own example number


def _visit(
    made: Conduct,
    account: Account,
    person: MadeUpPerson,
    address: str,
    count: int,
    rng: random.Random,
    media: list[str],
) -> None:
    span = max(1, min(120, (END - account.registered_at).days - 1))
    for _ in range(count):
        at = account.registered_at + timedelta(days=rng.randrange(0, span), seconds=rng.randrange(60, 86400))
        path = (
            rng.choice(media) if media and rng.random() < 0.6 else rng.choice(("/", "/gallery/", "/account"))
        )
        made.visits.append(
            Visit(
                at=at,
                ip=address,
                user_name=account.user_name,
                method="GET",
                path=path,
                status=200,
                size=rng.randrange(500, 90000),
                agent=person.agent,
            )
        )


def _reply(person: MadeUpPerson, reference: str, rng: random.Random) -> Reply:
    return Reply(
        reference=reference, person=person.number, full_name=person.full_name, born=person.born.isoformat(),
        email=person.email, phone=person.phone, country=person.country, postcode=person.postcode,
        ip=person.home_ip, iban=person.iban or "" if rng.random() < 0.5 else "",
    )  # fmt: skip


def _second_acts(
    made: Conduct,
    account: Account,
    person: MadeUpPerson,
    trap: str | None,
    rng: random.Random,
    media: list[str],
) -> None:
    """What some traps add after the person's own conduct: another account, another person's record."""
    match trap:
        case "second_account":
            number = 1000 + len(made.accounts)
            second = replace(
                account,
                number=number,
                user_name=person.user_name + "b",
                registered_at=account.registered_at + timedelta(days=30),
            )
            made.accounts.append(second)
            made.supported[number] = person.country
            made.plant(trap, number)
            _visit(made, second, person, person.home_ip, 15, rng, media)
        case "taken_over":
            thief = made.persons[person.number - 18]
            late = account.registered_at + timedelta(days=60)
            for index in range(25):
                made.visits.append(
                    Visit(
                        at=late + timedelta(hours=7 * index),
                        ip=thief.home_ip,
                        user_name=account.user_name,
                        method="GET",
                        path=rng.choice(media) if media else "/",
                        status=200,
                        size=4096,
                        agent="ExampleFetch/2.1",
                    )
                )
        case "namesake":
            made.replies.append(
                replace(
                    _reply(person, f"R-{person.number:05d}-N", rng),
                    person=-person.number,
                    born=person.born.replace(year=person.born.year - 11).isoformat(),
                    email="",
                    iban="",
                    phone=f"+999{900_000_000 + person.number:09d}",
                    postcode="00001",
                    ip=f"2001:db8:ff:{person.number:x}::7",
                )
            )
        case "recycled_phone":
            made.replies.append(
                replace(
                    _reply(person, f"R-{person.number:05d}-P", rng),
                    person=-person.number,
                    full_name="Former Holder",
                    born="1949-05-05",
                    email="",
                    iban="",
                    postcode="00002",
                    ip=f"2001:db8:fe:{person.number:x}::7",
                )
            )
        case "reassigned_address":
            other = made.persons[person.number - 17]
            for index in range(10):
                made.visits.append(
                    Visit(
                        at=END - timedelta(hours=9 * index + 1),
                        ip=person.home_ip,
                        user_name=other.user_name,
                        method="GET",
                        path="/gallery/",
                        status=200,
                        size=1024,
                        agent=other.agent,
                    )
                )
        case _:
            pass


def _staff(made: Conduct, seed: int) -> None:
    """The operator, a moderator, a test account and an investigator's own account."""
    rng = random.Random(f"{seed}/staff")
    for offset, (name, status) in enumerate(
        (
            ("lantern", "operator"),
            ("deckhand", "moderator"),
            ("testtest", "test"),
            ("visitor-nsk", "investigator"),
        )
    ):
        number = 1000 + len(made.accounts)
        address = f"2001:db8:60:{offset + 1:x}::5"
        account = Account(
            number=number, person=None, user_name=name, email=f"{name}@lantern.example",
            registered_at=BEGIN - timedelta(days=20 - offset), registered_ip=address, language="da",
            status=status, password=f"staff{offset}",
        )  # fmt: skip
        made.accounts.append(account)
        made.supported[number] = None
        made.plant(f"{status}_account", number)
        for _ in range(20):
            made.visits.append(
                Visit(
                    at=BEGIN + timedelta(days=rng.randrange(200), seconds=rng.randrange(86400)),
                    ip=address,
                    user_name=name,
                    method="POST" if status == "operator" else "GET",
                    path="/admin/upload" if status == "operator" else "/gallery/",
                    status=200,
                    size=300,
                    agent="ExampleBrowser/1.0",
                )
            )
