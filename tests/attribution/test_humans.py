"""The first figure is about people; labels of somebody else say how right it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.attribution.humans import count_humans
from fairlead.case.persons.labels import read_labels
from fairlead.terms.errors import UsageError
from tests.attribution.builders import Operation, account, payment, subscriber

ANNA = {"full_name": "Anna Berg", "email": "anna.berg@mail.example", "phone": "+999111222333"}


def test_payments_and_replies_that_stand_alone_are_records_and_not_people() -> None:
    op = Operation(
        account("1", **ANNA), subscriber("a", **ANNA), account("2", user_name="other"),
        payment("9", payer_name="Lars Holm", payer_email="lars.holm@mail.example"), subscriber("b", full_name="Eva Krog"),
    )  # fmt: skip
    humans = count_humans(op.catalogue)
    assert (humans.low, humans.about, humans.high) == (2, 2, 2)
    assert (humans.accounts, humans.payments, humans.alone) == (2, 1, 2)
    assert humans.sentence.startswith(
        "About 2 people (2 to 2) behind 2 accounts and 1 payments; 2 payments and replies"
    )


def test_what_is_only_possible_makes_the_figure_a_range() -> None:
    same = {"email": "reader@mail.example"}
    op = Operation(account("1", **same), account("2", **same), account("3"))
    humans = count_humans(op.catalogue)
    assert (humans.low, humans.about, humans.high) == (2, 2, 3)


def test_a_test_account_is_nobody() -> None:
    op = Operation(account("1"), account("2", status="test"))
    assert count_humans(op.catalogue).high == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "record,person\nplatform:1,A\nprovider:a,A\nplatform:2,B\n"),
        ("short.csv", "id,cluster\n1,A\na,A\n2,B\n9,C\n"),
        ("object.json", '{"platform:1": "A", "provider:a": "A", "platform:2": "B"}'),
        ("list.json", '[{"account": "platform:1", "person": "A"}, {"account": "provider:a", "person": "A"}, {"account": "2", "person": "B"}]'),
    ],
)  # fmt: skip
def test_a_labelled_file_is_read_in_every_form(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    known = {"platform:1", "platform:2", "provider:a"}
    assert read_labels(tmp_path / name, known) == {"platform:1": "A", "provider:a": "A", "platform:2": "B"}


def test_a_short_id_that_two_sources_hold_labels_neither(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("record,person\n1,A\nplatform:2,B\n")
    assert read_labels(tmp_path / "l.csv", {"platform:1", "provider:1", "platform:2"}) == {"platform:2": "B"}


def test_a_file_without_labels_of_the_operation_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("name,age\nx,3\n")
    with pytest.raises(UsageError) as raised:
        read_labels(tmp_path / "l.csv", {"platform:1"})
    assert raised.value.code == "USAGE-LABELS"
