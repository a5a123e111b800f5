"""Families, twins, namesakes and default values: whom linkage could take for one another, and what it says instead."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.linkage.families import attributed, families, outcomes

from fairlead.attribution.clustering import births_agree, names_agree
from fairlead.attribution.names import are_alike, are_two_given_names, fold_name
from fairlead.attribution.normalise import normalise
from fairlead.terms.platform import IdentifierKind
from tests.attribution.builders import Operation, account, payment, subscriber

PAIRS = Path(__file__).parents[1] / "data" / "cases" / "people" / "pairs.sqlite"
FAMILY = {"email": "familie.berg@mail.example", "registered_ip": "198.51.100.7", "postcode": "8000"}


def rows_of_cases() -> list[dict[str, Any]]:
    with sqlite3.connect(PAIRS) as base:
        base.row_factory = sqlite3.Row
        users, paid = (base.execute(f"SELECT * FROM {table}").fetchall() for table in ("users", "pay"))
    made = [
        account(
            row["id"], user_name=row["uname"], full_name=row["full"], date_of_birth=row["dob"], email=row["email"],
            phone=row["phone"], registered_ip=row["ip"], last_ip=row["last_ip"], country=row["country"],
            postcode=row["postcode"], address=row["address"], registered_at=moment(row["created"]),
            last_seen_at=moment(row["last_seen"]),
        )
        for row in users
    ]  # fmt: skip
    return made + [
        payment(
            row["id"], account=f"platform:{row['user_id']}", payer_name=row["name"], payer_email=row["email"],
            instrument_kind="iban", instrument=row["iban"], paid_at=moment(row["paid_at"]),
        )
        for row in paid
    ]  # fmt: skip


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


@pytest.fixture(scope="module")
def cases() -> Operation:
    return Operation(*rows_of_cases())


@pytest.mark.parametrize(
    "pair", ["A1 A2", "B1 B2", "C1 C2", "C3 C4", "D1 D2", "D3 D4", "D4 D5", "F3 F4", "I1 I2", "O1 O2"]
)
def test_two_people_of_the_cases_are_not_attributed_to_be_one(cases: Operation, pair: str) -> None:
    left, right = (f"platform:{name}" for name in pair.split())
    assert not cases.same(left, right) or cases.person(left)["grade"] != "attributed"


@pytest.mark.parametrize("pair", ["C1 C2", "C3 C4", "D1 D2", "D4 D5"])
def test_twins_and_siblings_of_the_cases_are_two_persons(cases: Operation, pair: str) -> None:
    assert not cases.same(*(f"platform:{name}" for name in pair.split()))


@pytest.mark.parametrize("pair", ["G1 G2", "G3 G4", "G5 G6", "G7 G8", "G10 G9"])
def test_one_person_in_two_scripts_is_probably_one(cases: Operation, pair: str) -> None:
    left, right = (f"platform:{name}" for name in pair.split())
    assert cases.same(left, right)
    assert cases.person(left)["grade"] in ("attributed", "probable")


@pytest.mark.parametrize("accounts", ["K1 K2 K3 K4 K5", "L1 L2"])
def test_users_whom_one_payer_paid_for_stay_several(cases: Operation, accounts: str) -> None:
    names = accounts.split()
    assert len({cases.person(f"platform:{name}")["person"] for name in names}) == len(names)


@pytest.mark.parametrize("seed", [4, 20261128])
def test_no_two_people_of_made_up_families_are_attributed_to_be_one(seed: int, tmp_path: Path) -> None:
    made = families(60, seed)
    told = outcomes(made, attributed(made, tmp_path))
    assert {kind: said["two: attributed"] for kind, said in told.items()} == dict.fromkeys(told, 0)
    assert told["payers"]["two: apart"] == 60
    assert told["generations"]["two: probable"] == 0
    assert told["scripts"]["one: apart"] <= 3


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_two_people_of_five_hundred_made_up_families_of_each_kind_are_attributed_to_be_one(
    seed: int, tmp_path: Path
) -> None:
    made = families(500, seed)
    told = outcomes(made, attributed(made, tmp_path))
    assert {kind: said["two: attributed"] for kind, said in told.items()} == dict.fromkeys(told, 0)


def test_an_equal_name_and_a_family_address_name_nobody_but_a_birth_date_does() -> None:
    father = account("1", full_name="Hans Berg", **FAMILY)
    assert (
        Operation(father, account("2", full_name="Hans Berg", **FAMILY)).person("platform:1")["grade"]
        == "probable"
    )
    born = {"date_of_birth": "1971-05-09"}
    op = Operation(father | born, account("2", full_name="Hans Berg", **FAMILY, **born))
    assert op.person("platform:1")["grade"] == "attributed"


def test_two_accounts_of_one_mailbox_are_possibly_one_although_a_payer_is_noted_beside_one_of_them() -> None:
    mail = {"email": "anna.berg@mail.example"}
    paid = payment("1", account="platform:1", payer_name="Anna Berg", payer_email="anna.berg@mail.example")
    op = Operation(account("1", **mail), account("2", **mail), paid)
    assert op.link("platform:1", "card:1")["rule"] == "roles-stay-apart"
    assert op.same("platform:1", "platform:2")
    assert not op.same("platform:1", "card:1")


def test_twins_are_told_as_twins() -> None:
    born = {"date_of_birth": "2001-04-07"}
    op = Operation(
        account("1", full_name="Mia Berg", **FAMILY, **born),
        account("2", full_name="Mila Berg", **FAMILY, **born),
    )
    assert op.link("platform:1", "platform:2")["rule"] == "twins"


def test_two_generation_marks_are_two_persons_and_one_mark_is_no_more_than_possible() -> None:
    senior, junior, neither = (
        account(str(n), full_name=f"Hans Berg {m}", **FAMILY) for n, m in enumerate(("sen.", "jr.", ""))
    )
    op = Operation(senior, junior)
    assert op.link("platform:0", "platform:1")["rule"] == "two-generations"
    assert Operation(junior, neither).person("platform:2")["grade"] == "possible"


def test_a_landline_is_a_households_and_a_mobile_number_a_persons() -> None:
    home, mobile = (
        {"full_name": "Hans Berg", "phone": number} for number in ("+493012345678", "+4915112345678")
    )
    assert (
        Operation(account("1", **home), subscriber("a", **home)).person("platform:1")["grade"] == "probable"
    )
    assert (
        Operation(account("1", **mobile), subscriber("a", **mobile)).person("platform:1")["grade"]
        == "attributed"
    )


def test_a_birth_date_that_forms_are_filled_in_with_attributes_nobody() -> None:
    same = {"full_name": "Maria Berg", "postcode": "10115"}
    for born, grade in (("1980-01-01", "probable"), ("1984-01-01", "probable"), ("1984-03-11", "attributed")):
        op = Operation(account("1", **same, date_of_birth=born), account("2", **same, date_of_birth=born))
        assert op.person("platform:1")["grade"] == grade, born


def test_an_address_on_no_list_of_networks_is_said_to_be_on_none() -> None:
    same = {"full_name": "Max Berg", "registered_ip": "8.8.4.4"}
    op = Operation(account("1", **same), account("2", **same))
    assert any(
        "no list of networks says whether 8.8.4.4" in said for said in op.person("platform:1")["against"]
    )


@pytest.mark.parametrize(
    ("written", "comparable"),
    [
        ("Berg, Dr. Anna", "anna berg"), ("Hans Jensen jr.", "hans jensen junior"), ("Jan van der Berg", "jan berg"),
        ("Jørgen Åkesson d.ä.", "jorgen akesson senior"), ("Γιώργος Παππάς", "giorgos pappas"), ("Frau Eva Groß", "eva gross"),
    ],
)  # fmt: skip
def test_a_name_is_compared_without_titles_particles_and_script(written: str, comparable: str) -> None:
    assert fold_name(written) == comparable


@pytest.mark.parametrize(
    "pair", ["Marie Marine", "Jan Jon", "Mia Mila", "Anna Anne", "Emil Emilie", "Hanna Anna"]
)
def test_two_names_that_lists_know_are_two(pair: str) -> None:
    left, right = pair.casefold().split()
    assert are_two_given_names(left, right)
    assert not names_agree((left, "berg"), (right, "berg"))


@pytest.mark.parametrize(
    "pair", ["Lars Lasr", "Sofie Sophie", "Dmitry Dmitrij", "Robert Bob", "Jörg Joerg", "Yusuf Yousouf"]
)
def test_slips_spellings_and_nicknames_may_be_one_name(pair: str) -> None:
    left, right = (fold_name(word) for word in pair.split())
    assert are_alike(left, right)
    assert not are_two_given_names(left, right)


def test_dates_of_birth_a_generation_apart_are_two_however_alike_they_are_written() -> None:
    assert births_agree("1980-02-03", "1981-02-03")
    assert not births_agree("1950-02-03", "1980-02-03")


def test_the_mailbox_of_a_family_is_a_households() -> None:
    scopes = {
        m: normalise(IdentifierKind.EMAIL, f"{m}@mail.example").scope
        for m in ("familie.berg", "anna.berg", "berg.home")
    }
    assert scopes == {"familie.berg": "household", "anna.berg": "personal", "berg.home": "household"}


def test_a_birth_date_that_a_platform_holds_far_too_often_is_its_forms_default() -> None:
    crowd = [
        account(f"c{n}", date_of_birth="1987-06-15", full_name=f"Ann{chr(97 + n)} Holt{chr(97 + n)}")
        for n in range(12)
    ]
    same = {"full_name": "Maria Berg", "postcode": "10115", "date_of_birth": "1987-06-15"}
    op = Operation(*crowd, account("1", **same), account("2", **same))
    assert op.person("platform:1")["grade"] == "probable"
    scopes = op.catalogue.rows("SELECT DISTINCT scope FROM identifiers WHERE kind = 'date_of_birth'")
    assert [row["scope"] for row in scopes] == ["default"]


def test_a_birth_date_of_one_source_is_no_default_of_another() -> None:
    crowd = [account(f"c{n}", date_of_birth="1987-06-15") for n in range(12)]
    same = {"full_name": "Maria Berg", "postcode": "10115", "date_of_birth": "1987-06-15"}
    op = Operation(*crowd, subscriber("1", **same), subscriber("2", **same))
    assert op.person("provider:1")["grade"] == "attributed"


def test_a_postcode_that_every_other_record_holds_is_a_default() -> None:
    crowd = [account(f"c{n}", postcode="10117") for n in range(30)]
    others = [account(f"o{n}", postcode=f"2{n:04d}") for n in range(30)]
    op = Operation(*crowd, *others)
    rows = op.catalogue.rows(
        "SELECT DISTINCT value FROM identifiers WHERE kind = 'postcode' AND scope = 'default'"
    )
    assert [row["value"] for row in rows] == ["10117"]
