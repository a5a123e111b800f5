"""Countries: claims with grounds, and no choice where they conflict."""

from __future__ import annotations

import pytest

from fairlead.attribution.networks import read_networks
from fairlead.attribution.normalise import normalise
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import IdentifierKind
from tests.attribution.builders import Operation, account, payment, subscriber, visits


def country(*rows):
    person = Operation(*rows).person("platform:1")
    return person["country"], {c["country"]: c for c in person["countries"]}


def test_addresses_by_share_of_days_establish_a_country():
    chosen, claims = country(
        account("1"), visits("1", "198.51.100.7", days=8), visits("1", "203.0.113.9", days=2, first_day=9)
    )
    assert chosen == "DK"
    assert claims["DK"]["grounds"] == ["addresses of DK on 8 of 10 days (80%)"]
    assert claims["DE"]["contradictions"] == ["addresses of DK on 8 of 10 days (80%)"]


def test_vpn_exits_count_for_nothing():
    chosen, claims = country(
        account("1"), visits("1", "198.18.0.1", days=30), visits("1", "198.51.100.7", days=3, first_day=31)
    )
    assert (chosen, set(claims)) == ("DK", {"DK"})


def test_a_bank_account_and_addresses_that_conflict_choose_nothing():
    chosen, claims = country(
        account("1"),
        visits("1", "198.51.100.7", days=8),
        payment("1", account="platform:1", instrument_kind="iban", instrument="DE89370400440532013000"),
    )
    assert chosen is None
    assert set(claims) == {"DK", "DE"}
    assert all(c["contradictions"] for c in claims.values())


def test_a_payment_for_the_account_says_that_the_payer_may_be_another():
    _, claims = country(account("1"), payment("1", account="platform:1", payer_country="SE"))
    assert "the payer may be somebody else" in claims["SE"]["grounds"][0]


def test_a_setting_alone_decides_nothing():
    chosen, claims = country(account("1", language="da", zone="Europe/Copenhagen"))
    assert chosen is None
    assert claims["DK"]["grade"] == "possible"


def test_what_the_account_states_is_enough_only_without_contradiction():
    assert country(account("1", country="SE"))[0] == "SE"
    assert country(account("1", country="SE"), visits("1", "198.51.100.7", days=5))[0] == "DK"


def test_a_providers_address_and_a_second_ground_are_attributed():
    anna = {"full_name": "Anna Berg", "email": "anna.berg@mail.example"}
    chosen, claims = country(
        account("1", **anna, phone="+4520123456"), subscriber("a", **anna, phone="+4520123456", country="DK")
    )
    assert (chosen, claims["DK"]["grade"]) == ("DK", "attributed")


def test_every_ground_leads_back_to_a_row():
    _, claims = country(account("1", country="SE"))
    assert claims["SE"]["origins"] == ["NSK/1:path:x"]


def test_operators_add_their_own_ranges(tmp_path):
    file = tmp_path / "networks.csv"
    file.write_text("cidr,country,kind\n198.51.100.0/24,DK,residential\n198.51.100.128/25,,hosting\n")
    networks = read_networks([file])
    assert networks.look_up("198.51.100.5").country == "DK"
    placed = networks.look_up("198.51.100.200")
    assert (placed.country, placed.kind, placed.source) == ("DK", "hosting", "networks.csv")
    assert networks.look_up("100.64.0.1").kind == "cgnat"
    assert networks.look_up("not an address").country is None


def test_a_network_file_with_an_unknown_kind_is_refused(tmp_path):
    file = tmp_path / "networks.csv"
    file.write_text("cidr,country,kind\n198.51.100.0/24,DK,lair\n")
    with pytest.raises(UsageError, match="unknown kind"):
        read_networks([file])


def test_an_mmdb_of_the_user_gives_the_country(tmp_path):
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    book = writer.MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test")
    book.insert_network(netaddr.IPSet(["198.51.100.0/24"]), {"country": {"iso_code": "NO"}})
    book.to_db_file(str(tmp_path / "x.mmdb"))
    assert read_networks(mmdb=tmp_path / "x.mmdb").look_up("198.51.100.9").country == "NO"


@pytest.mark.parametrize(
    ("kind", "text", "value", "scope"),
    [
        ("email", "Anna.B+shop@GoogleMail.com", "annab@gmail.com", "personal"),
        ("email", "Anna@MAIL.example", "anna@mail.example", "personal"),
        ("email", "postmaster@mail.example", "postmaster@mail.example", "junk"),
        ("phone", "0045 20 12 34 56", "+4520123456", "personal"),
        ("iban", "dk50 0040 0440 1162 43", "DK5000400440116243", "personal"),
        ("name", "Åse Ødegård-Berg", "ase odegard berg", "personal"),
        ("ip", "2001:0DB8::0007", "2001:db8::7", "personal"),
        ("date_of_birth", "1970-01-01", "1970-01-01", "junk"),
    ],
)
def test_identifiers_have_one_form(kind, text, value, scope):
    normal = normalise(IdentifierKind(kind), text)
    assert (normal.value, normal.scope) == (value, scope)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("iban", "XX00"), ("iban", "0532013000"), ("iban", "4111111111111111"), ("iban", "DE89370400440532013001"), ("iban", "-"),
        ("card", "4242"), ("card", "0000000000000000"), ("card", "4111111111111112"), ("card", "n/a"), ("wallet", "n/a"),
    ],
)  # fmt: skip
def test_a_number_that_fails_its_own_check_and_a_placeholder_tie_nobody(kind, text):
    assert normalise(IdentifierKind(kind), text).scope == "junk"


@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"])
def test_a_card_is_one_however_people_write_its_number(text):
    normal = normalise(IdentifierKind.CARD, text)
    assert (normal.value, normal.valid, normal.scope) == ("4111111111111111", True, "personal")


@pytest.mark.parametrize("text", ["fp_1a2B3c4D5e6F", "card_1MabcDEFghi", "411111******1111"])
def test_a_fingerprint_of_a_card_stays_as_it_stands(text):
    assert normalise(IdentifierKind.CARD, text).value == text


def test_a_mistyped_iban_is_kept_and_marked():
    assert not normalise(IdentifierKind.IBAN, "DK5000400440116244").valid
