"""Guard rails: each a way in which the wrong person could have been named."""

from __future__ import annotations

import pytest

from fairlead.attribution.clustering import births_agree, names_agree
from fairlead.terms.platform import Judgement
from tests.attribution.builders import START, Operation, account, payment, subscriber, visits

ANNA = {"full_name": "Anna Berg", "email": "anna.berg@mail.example", "phone": "+999111222333"}
HOME = "198.51.100.7"


def test_name_phone_and_mail_make_an_attributed_person():
    op = Operation(account("1", **ANNA), subscriber("a", **ANNA, country="DK", date_of_birth="1980-02-03"))
    person = op.person("platform:1")
    assert (person["grade"], person["names_person"]) == ("attributed", True)
    assert op.same("platform:1", "provider:a")


def test_an_account_that_nothing_links_is_still_a_person():
    person = Operation(account("1", user_name="x")).person("platform:1")
    assert (person["grade"], person["names_person"], person["members"]) == (
        "unresolved",
        False,
        ["platform:1"],
    )


def test_a_shared_household_names_nobody():
    op = Operation(
        account("1", full_name="Anna Berg", registered_ip=HOME, device="d1", email="home@mail.example"),
        account("2", full_name="Lars Holm", registered_ip=HOME, device="d1", email="home@mail.example"),
    )
    assert not op.same("platform:1", "platform:2")
    assert op.link("platform:1", "platform:2")["rule"] == "unrelated-names"


def test_siblings_of_one_surname_are_two_persons():
    op = Operation(
        account("1", full_name="Anna Berg", registered_ip=HOME, email="berg@mail.example"),
        account("2", full_name="Lars Berg", registered_ip=HOME, email="berg@mail.example"),
    )
    assert not op.same("platform:1", "platform:2")
    assert op.link("platform:1", "platform:2")["rule"] == "two-persons-of-one-family"


@pytest.mark.parametrize(
    "address", ["100.64.3.4", "198.18.0.9", "192.0.2.1"], ids=["cgnat", "vpn exit", "tor exit"]
)
def test_an_address_that_many_sit_behind_links_nobody(address):
    op = Operation(account("1", registered_ip=address), account("2", registered_ip=address))
    assert not op.same("platform:1", "platform:2")
    assert op.person("platform:1")["country"] is None


def test_a_mule_instrument_links_nobody():
    iban = {"instrument_kind": "iban", "instrument": "DK5000400440116243"}
    op = Operation(
        *(
            payment(str(n), payer_name=name, payer_email=f"p{n}@mail.example", **iban)
            for n, name in enumerate(["Anna Berg", "Lars Holm", "Eva Krog"])
        ),
        payment("9", payer_email="p9@mail.example", **iban),
    )
    assert not op.same("card:0", "card:1")
    assert op.link("card:0", "card:9")["rule"] == "mule-instrument"


def test_a_disposable_inbox_links_nobody():
    op = Operation(account("1", email="x7@throwaway.example"), account("2", email="x7@throwaway.example"))
    assert not op.same("platform:1", "platform:2")


def test_a_junk_value_links_nobody():
    op = Operation(account("1", email="info@example.com"), account("2", email="info@example.com"))
    assert not op.same("platform:1", "platform:2")


def test_a_value_of_more_than_twenty_holders_links_nobody():
    op = Operation(*(account(str(n), email="club@mail.example") for n in range(21)))
    assert not op.same("platform:0", "platform:1")


def test_a_namesake_is_somebody_else():
    op = Operation(
        subscriber("a", full_name="Anna Berg", date_of_birth="1980-02-03", postcode="1000"),
        subscriber("b", full_name="Anna Berg", date_of_birth="1991-07-21", postcode="1000"),
    )
    assert not op.same("provider:a", "provider:b")
    assert op.link("provider:a", "provider:b")["rule"] == "two-dates-of-birth"


def test_a_recycled_telephone_number_joins_nobody():
    later = START.replace(year=2026)
    op = Operation(
        account("1", phone="+999111222333", registered_at=START, last_seen_at=START),
        account("2", phone="+999111222333", registered_at=later, last_seen_at=later),
    )
    assert op.link("platform:1", "platform:2")["rule"] == "recycled-phone"
    assert not op.same("platform:1", "platform:2")


def test_an_address_given_to_somebody_else_later_is_no_link():
    op = Operation(
        account("1"), account("2"), visits("1", HOME, days=4), visits("2", HOME, days=4, first_day=40)
    )
    assert not op.same("platform:1", "platform:2")
    assert any("given to others" in said for said in op.link("platform:1", "platform:2")["against"])


def test_an_address_used_at_the_same_time_is_noted_as_a_possible_link():
    op = Operation(account("1"), account("2"), visits("1", HOME, days=4), visits("2", HOME, days=4))
    assert op.person("platform:1")["grade"] == "possible"
    assert not op.person("platform:1")["names_person"]


def test_a_taken_over_account_keeps_its_owners_country_and_names_nobody():
    op = Operation(
        account("1", **ANNA, country="DK"),
        subscriber("a", **ANNA, country="DK"),
        visits("1", HOME, days=10),
        visits("1", "203.0.113.9", days=10, first_day=30, agent="Other/2"),
    )
    person = op.person("platform:1")
    assert "taken-over-account" in person["rules"]
    assert (person["grade"], person["names_person"], person["country"]) == ("possible", False, "DK")
    assert {c["country"] for c in person["countries"]} == {"DK", "DE"}


def test_a_second_user_from_another_country_on_the_same_days_is_seen():
    op = Operation(
        account("1"),
        visits("1", HOME, days=20),
        visits("1", "203.0.113.9", days=6, first_day=8, agent="Other/2"),
    )
    person = op.person("platform:1")
    assert (person["rules"], person["country"]) == (["taken-over-account"], "DK")


def test_a_journey_is_no_takeover():
    op = Operation(
        account("1"),
        visits("1", HOME, days=10),
        visits("1", "203.0.113.9", days=5, first_day=12, agent="Other/2"),
        visits("1", HOME, days=5, first_day=20),
    )
    assert op.person("platform:1")["rules"] == []


@pytest.mark.parametrize("status", ["test", "Investigator"])
def test_a_test_or_investigators_account_is_joined_to_nobody(status):
    op = Operation(account("1", **ANNA, status=status), subscriber("a", **ANNA, country="DK"))
    person = op.person("platform:1")
    assert person["rules"] == [f"{status.lower()}-account"]
    assert (person["names_person"], person["country"], person["members"]) == (False, None, ["platform:1"])


def test_a_payer_is_not_the_user_of_the_account():
    op = Operation(
        account("1", email="anna.berg@mail.example", registered_ip=HOME),
        payment("1", account="platform:1", payer_name="Lars Holm", payer_email="anna.berg@mail.example", ip=HOME,
                instrument_kind="card", instrument="fp1"),
    )  # fmt: skip
    assert not op.same("platform:1", "card:1")
    assert op.person("platform:1")["payers"] == [op.person("card:1")["person"]]
    assert op.link("platform:1", "card:1")["rule"] == "roles-stay-apart"


def test_a_payer_whose_name_and_mail_agree_is_the_user():
    op = Operation(
        account("1", full_name="Anna Berg", email="anna.berg@mail.example"),
        payment("1", account="platform:1", payer_name="Anna Berg", payer_email="anna.berg@mail.example"),
    )
    assert op.same("platform:1", "card:1")
    assert op.person("platform:1")["payers"] == []


def test_a_user_name_alone_joins_nobody():
    op = Operation(account("1", user_name="nightfox12"), account("2", user_name="nightfox12"))
    assert not op.same("platform:1", "platform:2")
    assert op.link("platform:1", "platform:2")["rule"] == "user-name-alone"
    assert op.person("platform:1")["maybe_same"] == [
        {"person": op.person("platform:2")["person"], "grade": "possible"}
    ]


BERG = {
    "payer_name": "Anna Berg",
    "payer_email": "anna.berg@mail.example",
    "instrument_kind": "card",
    "instrument": "f1",
}


def test_platform_processor_and_provider_that_agree_attribute_an_account():
    op = Operation(
        account("1", email="anna.berg@mail.example", registered_ip=HOME),
        payment("1", account="platform:1", **BERG),
        subscriber("a", full_name="Anna Berg", email="anna.berg@mail.example", last_ip=HOME, country="DK"),
    )
    person = op.person("platform:1")
    assert (person["grade"], person["country"]) == ("attributed", "DK")
    assert op.same("platform:1", "provider:a", "card:1")


def test_a_partners_card_makes_no_such_agreement():
    op = Operation(
        account("1", email="anna.berg@mail.example", registered_ip=HOME),
        payment("1", account="platform:1", **(BERG | {"payer_name": "Lars Holm"})),
        subscriber("a", full_name="Anna Berg", email="anna.berg@mail.example", last_ip=HOME, country="DK"),
    )
    assert not op.same("platform:1", "card:1")
    assert not op.person("platform:1")["names_person"]


def test_an_instrument_that_paid_for_three_accounts_says_nothing_about_their_users():
    op = Operation(
        *(account(str(n)) for n in range(3)),
        *(payment(str(n), account=f"platform:{n}", payer_name="Mule Person", payer_country="SE", payer_email=f"m{n}@mail.example",
                  instrument_kind="iban", instrument="SE4550000000058398257466") for n in range(3)),
        visits("0", HOME, days=5),
    )  # fmt: skip
    person = op.person("platform:0")
    assert (person["country"], person["rules"]) == ("DK", ["mule-instrument"])
    assert op.person("card:0")["grade"] == "unresolved"


def test_the_holder_of_such_an_instrument_is_never_named():
    mule = {
        "payer_name": "Mule Person",
        "payer_email": "mule@mail.example",
        "instrument_kind": "iban",
        "instrument": "SE4550000000058398257466",
    }
    op = Operation(
        *(account(str(n)) for n in range(3)),
        *(payment(str(n), account=f"platform:{n}", **mule) for n in range(3)),
    )
    assert not op.person("card:0")["names_person"]
    assert op.person("card:0")["rules"] == ["mule-instrument"]


def test_many_payments_with_one_card_are_one_payer():
    op = Operation(
        *(
            payment(str(n), payer_name="Anna Berg", instrument_kind="card", instrument="fp1")
            for n in range(40)
        )
    )
    assert len(op.person("card:0")["members"]) == 40
    assert op.person("card:0")["grade"] == "probable"


def test_a_chain_of_contradictions_is_not_closed():
    op = Operation(
        account("1", full_name="Anna Berg", email="a@web.example", device="d1"),
        account("2", email="a@web.example", device="d2"),
        account("3", full_name="Lars Holm", device="d2"),
    )
    assert not op.same("platform:1", "platform:3")


def test_a_judgement_different_is_obeyed():
    rows = (account("1", **ANNA), subscriber("a", **ANNA))
    op = Operation(*rows, judgements=(("platform:1", "provider:a", Judgement.DIFFERENT),))
    assert not op.same("platform:1", "provider:a")
    assert op.link("platform:1", "provider:a")["decision"] == "different"


def test_a_judgement_same_is_obeyed_where_nothing_else_links():
    op = Operation(account("1"), account("2"), judgements=(("platform:2", "platform:1", Judgement.SAME),))
    assert op.same("platform:1", "platform:2")


def test_unsure_changes_nothing():
    rows = (account("1", **ANNA), subscriber("a", **ANNA))
    op = Operation(*rows, judgements=(("platform:1", "provider:a", Judgement.UNSURE),))
    assert op.same("platform:1", "provider:a")


def test_a_persons_id_is_the_same_while_its_members_are():
    rows = (account("1", **ANNA), subscriber("a", **ANNA))
    assert (
        Operation(*rows).person("platform:1")["person"]
        == Operation(*rows, account("2")).person("platform:1")["person"]
    )


def test_a_second_telephone_number_is_said_and_weakens_the_shared_mail():
    op = Operation(account("1", **ANNA), subscriber("a", **(ANNA | {"phone": "+999999888777"})))
    assert op.person("platform:1")["grade"] != "attributed"
    assert "the telephone numbers are different" in op.link("platform:1", "provider:a")["against"]


def test_what_speaks_against_a_person_stands_beside_what_speaks_for_it():
    op = Operation(account("1", **ANNA, postcode="1000"), subscriber("a", **ANNA, postcode="8000"))
    assert op.person("platform:1")["grade"] == "attributed"
    assert "the postcodes are different" in op.person("platform:1")["against"]


@pytest.mark.parametrize(
    ("left", "right", "agree"),
    [
        (("anna", "berg"), ("berg", "anna"), True),
        (("a", "berg"), ("anna", "berg"), True),
        (("anna", "berg"), ("anna", "bergg"), True),
        (("anna", "berg"), ("lars", "berg"), False),
        (("anna", "berg"), ("anna", "holm"), False),
        (("anna",), ("anna", "holm"), True),
    ],
)
def test_names_agree_up_to_order_initials_and_one_error(left, right, agree):
    assert names_agree(left, right) is agree


def test_births_agree_when_day_and_month_are_swapped():
    assert births_agree("1980-02-03", "1980-03-02")
    assert not births_agree("1980-02-03", "1991-07-21")
