"""Two thousand damaged packages from a country with real keys: each is opened as it was or refused in words."""

from __future__ import annotations

import random

import pytest

from fairlead.leads.bag import unpack
from fairlead.leads.opening import decrypt
from fairlead.leads.package import encrypt
from fairlead.terms.errors import ItemError
from fairlead.terms.names import CountryCode
from tests.leads.builders import (
    LOG_KEY,
    OFFICERS,
    SWEDEN,
    build,
    closed_by_hand,
    payload_of,
    plan,
    sealed,
)
from tests.leads.opened import open_here

ODD = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\r", b'"', b"{", b"[" * 60_000, b"9" * 5_000, b"-1", b"1e999", b"NaN", b"null",
    b"../", b"\\u0000", b"\\ud800", b"A" * 70_000, b"%PDF-1.7", b"\xff\xd8\xff", b"9999-12-31T23:59:59+00:00",
)  # fmt: skip


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Some bytes flipped, cut out, doubled, or something odd put in between."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1) if data else 0
        match rng.randrange(5):
            case 0 if data:
                at = min(at, len(data) - 1)
                data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
            case 1:
                data = data[:at]
            case 2:
                data = data[:at] + data[at : at + rng.randint(1, 200)] + data[at:]
            case 3:
                data = data[:at] + data[at + rng.randint(1, 50) :]
            case _:
                data = data[:at] + rng.choice(ODD) + data[at:]
    return data


def opens(data: bytes) -> str:
    """The code with which a package is refused; ``opened`` when it is taken. Anything else raised fails the test."""
    try:
        open_here(data, str(SWEDEN), country=CountryCode("DK"), officers=OFFICERS, ledger=LOG_KEY)
    except ItemError as refused:
        return refused.code
    return "opened"


@pytest.mark.long
def test_a_payload_that_was_damaged_and_signed_all_the_same_raises_nothing_but_a_refusal() -> None:
    rng, made, seen = random.Random(2), plan(), {}
    payload = payload_of(made)
    for _ in range(1000):
        name = rng.choice(sorted(payload))
        code = opens(sealed(made, closed_by_hand(made, {**payload, name: damaged(payload[name], rng)})))
        seen[code] = seen.get(code, 0) + 1
    assert set(seen) <= {"PACKAGE-EGRESS", "PACKAGE-COVER", "PACKAGE-BAG", "ITEM-NAME", "opened"}
    assert seen["PACKAGE-EGRESS"] > 100


def test_a_bag_that_was_damaged_after_it_was_closed_raises_nothing_but_a_refusal() -> None:
    rng, plain = random.Random(3), decrypt(build().data, str(SWEDEN))
    names = sorted(unpack(plain)[1])
    assert len(names) > 5
    for _ in range(1000):
        assert opens(encrypt(damaged(plain, rng), plan().recipients)).startswith(
            ("PACKAGE-", "LEDGER-", "ITEM-", "opened")
        )
