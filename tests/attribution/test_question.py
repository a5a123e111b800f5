"""The one question that would move a person's grade most."""

from __future__ import annotations

from fairlead.attribution.explain import explain_person
from fairlead.attribution.question import question_of
from tests.attribution.builders import Operation, account, subscriber

HOME = {"full_name": "Hans Berg", "email": "familie.berg@mail.example"}


def asked(op: Operation, record: str, *, named: bool = True, born: bool = False) -> str | None:
    person = op.person(record)
    told = explain_person(op.catalogue, person["person"])
    return question_of(told.grade, told.inside, told.alternatives, named=named, born=born)


def test_an_equal_name_in_a_household_is_asked_for_the_birth_date() -> None:
    op = Operation(account("1", **HOME), subscriber("a", **HOME))
    assert "date of birth behind platform:1 and behind provider:a" in (asked(op, "platform:1") or "")


def test_records_without_a_name_are_asked_for_the_subscriber() -> None:
    op = Operation(account("1", email="reader@mail.example"), account("2", email="reader@mail.example"))
    assert "who the subscriber behind platform:1" in (asked(op, "platform:1", named=False) or "")


def test_an_attributed_person_and_one_that_nothing_links_are_asked_nothing() -> None:
    born = HOME | {"date_of_birth": "1971-05-09"}
    assert asked(Operation(account("1", **born), subscriber("a", **born)), "platform:1") is None
    assert asked(Operation(account("1", **HOME)), "platform:1") is None
