"""Assessments of persons: every act on its own days, in every jurisdiction of the country."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fairlead.case.law.assessing import assess_persons
from fairlead.case.place.session import Session
from fairlead.cli.main import run
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore, part_name
from fairlead.law.stage import ASSESSED, UNDATED, AssessmentsStage
from fairlead.tables.attribution import PERSONS
from fairlead.tables.evidence import EXHIBITS
from fairlead.tables.law import ASSESSMENTS
from fairlead.tables.provenance import ASSESSED_ACTS
from fairlead.tables.records import ACCOUNTS, ACTS
from fairlead.terms.law import AgeBand, ImageClass


def put_records(
    store: PartStore, people: dict[str, str | None], acts: list[tuple[str, str, str, str]]
) -> None:
    """Persons by country, and acts as (person, kind, first day, last day)."""
    persons = [
        {"person": person, "country": country, "grade": "attributed", "members": [f"a:{person}"]}
        for person, country in people.items()
    ]
    rows = [
        {
            "act": f"{number}",
            "kind": kind,
            "account": f"a:{person}",
            "from_at": _at(first),
            "to_at": _at(last),
        }
        for number, (person, kind, first, last) in enumerate(acts)
    ]
    store.write(PERSONS, part_name("test"), [PERSONS.batch(persons)])
    store.write(ACTS, part_name("test"), [ACTS.batch(rows)])


def _at(day: str) -> datetime | None:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC) if day else None


def assessed(folder: Path, *args: Any, images: tuple[ImageClass, ...] = (ImageClass.SYNTH,)) -> list[Any]:
    store = PartStore(folder)
    put_records(store, *args)
    with LocalEngine(store, workers=1) as engine:
        engine.run(AssessmentsStage(images))
    rows: list[Any] = store.read(ASSESSMENTS).to_pylist()
    return rows


def test_an_act_over_a_change_of_law_gives_two_assessments(tmp_path: Path) -> None:
    rows = assessed(tmp_path, {"P-1": "DK"}, [("P-1", "access", "2025-06-20", "2025-07-05")])
    assert [(r["from_on"], r["to_on"], r["provisions"]) for r in rows] == [
        (date(2025, 6, 20), date(2025, 6, 30), ["DK-235-2-old"]),
        (date(2025, 7, 1), date(2025, 7, 5), ["DK-235-2"]),
    ]
    assert [r["verdict"] for r in rows] == [
        "may_apply",
        "unclear",
    ]  # of the later text only the bill was read


def test_a_person_in_a_country_of_three_jurisdictions_is_asked_in_each(tmp_path: Path) -> None:
    rows = assessed(tmp_path, {"P-1": "GB"}, [("P-1", "access", "2025-01-02", "2025-01-02")])
    assert {r["jurisdiction"]: r["verdict"] for r in rows} == {
        "GB-EAW": "unclear",  # only where a copy was made
        "GB-SCT": "unclear",
        "GB-NIR": "unclear",
    }
    assert all("Which part of United Kingdom" in r["open_questions"][-1] for r in rows)


def test_payment_is_asked_as_payment_and_as_access(tmp_path: Path) -> None:
    rows = assessed(tmp_path, {"P-1": "SE"}, [("P-1", "pay", "2025-01-02", "2025-01-02")])
    assert {r["legal_act"]: r["verdict"] for r in rows} == {"pay": "unclear", "access": "may_apply"}


def test_messages_and_registration_are_not_asked(tmp_path: Path) -> None:
    acts = [("P-1", "message", "2025-01-02", "2025-01-02"), ("P-1", "register", "2025-01-02", "2025-01-02")]
    assert assessed(tmp_path, {"P-1": "SE"}, acts) == []


def test_a_person_without_a_country_is_not_assessed_anywhere(tmp_path: Path) -> None:
    assert assessed(tmp_path, {"P-1": None}, [("P-1", "access", "2025-01-02", "2025-01-02")]) == []


def test_a_country_without_records_gives_a_row_that_says_so(tmp_path: Path) -> None:
    rows = assessed(tmp_path, {"P-1": "JP"}, [("P-1", "access", "2025-01-02", "2025-01-02")])
    assert [r["verdict"] for r in rows] == ["not_assessed"]
    assert "not a gap" in rows[0]["cautions"][0]


def test_an_act_without_a_day_is_asked_over_all_days_of_the_records(tmp_path: Path) -> None:
    acts = [("P-1", "upload", "", ""), ("P-1", "upload", "2025-01-02", "2025-02-03")]
    undated = [r for r in assessed(tmp_path, {"P-1": "SE"}, acts) if r["act"] == "0"]
    assert [(r["from_on"], r["to_on"]) for r in undated] == [(date(2025, 1, 2), date(2025, 2, 3))]
    assert undated[0]["cautions"][0] == UNDATED


def test_every_image_class_asked_for_gets_its_own_row(tmp_path: Path) -> None:
    rows = assessed(
        tmp_path,
        {"P-1": "AT"},
        [("P-1", "upload", "2025-01-02", "2025-01-02")],
        images=(ImageClass.SYNTH, ImageClass.DRAWN),
    )
    assert {r["image"]: r["verdict"] for r in rows} == {"synth": "may_apply", "drawn": "gap_asserted"}


def test_keys_of_the_table_are_unique(tmp_path: Path) -> None:
    acts = [("P-1", "pay", "2024-01-02", "2026-12-31"), ("P-1", "download", "2024-01-02", "2026-12-31")]
    rows = assessed(
        tmp_path, {"P-1": "GB", "P-2": "BE"}, [*acts, ("P-2", "download", "2023-01-01", "2027-01-01")]
    )
    assert len({tuple(r[k] for k in ASSESSMENTS.key) for r in rows}) == len(rows) > 10


def test_the_same_acts_give_the_same_table(tmp_path: Path) -> None:
    acts = [("P-1", "download", "2024-01-02", "2026-12-31")]
    assert assessed(tmp_path / "a", {"P-1": "BE"}, acts) == assessed(tmp_path / "b", {"P-1": "BE"}, acts)


def test_assessing_persons_is_an_entry_in_the_ledger(make_session: Callable[..., Session]) -> None:
    session = make_session()
    put_records(session.store, {"P-1": "DK"}, [("P-1", "access", "2025-06-20", "2025-07-05")])
    figures = assess_persons(session)
    assert (figures.persons, figures.assessments) == (1, 2)
    assert figures.jurisdictions == [
        {"jurisdiction": "DK", "verdict": "may_apply", "assessments": 1, "persons": 1},
        {"jurisdiction": "DK", "verdict": "unclear", "assessments": 1, "persons": 1},
    ]


def test_a_row_puts_the_local_term_beside_the_english_one(tmp_path: Path) -> None:
    rows = assessed(tmp_path, {"P-1": "DE"}, [("P-1", "upload", "2025-01-02", "2025-01-02")])
    assert "wirklichkeitsnah = realistic" in rows[0]["terms"]


def test_the_command_prints_counts_by_jurisdiction_and_verdict(
    make_session: Callable[..., Session], capsys: pytest.CaptureFixture[str]
) -> None:
    session = make_session()
    put_records(session.store, {"P-1": "GB"}, [("P-1", "access", "2025-01-02", "2025-01-02")])
    where = ["--workspace", str(session.workspace.root), "--user", session.user_name]
    assert run(["law", "assess-persons", "--image", "synth", "--image", "drawn", *where, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["persons"], figures["assessments"]) == (1, 6)
    assert {
        "jurisdiction": "GB-EAW",
        "verdict": "unclear",
        "assessments": 1,
        "persons": 1,
    } in figures["jurisdictions"]
    assert run(["law", "assess-persons", *where]) == 0
    assert "Not legal advice" in capsys.readouterr().out


def test_narrower_parameters_replace_what_was_assessed_before(make_session: Callable[..., Session]) -> None:
    session = make_session()
    put_records(session.store, {"P-1": "DE"}, [("P-1", "download", "2025-01-02", "2025-01-02")])
    assert {r["verdict"] for r in assess_persons(session).jurisdictions} == {"unclear"}
    young = assess_persons(session, age_band=AgeBand.UNDER_14)
    assert {r["verdict"] for r in young.jurisdictions} == {"may_apply"}


def test_a_model_on_an_exhibit_is_asked_of_the_law_only_for_whom_an_officer_states_it_was_from(
    make_session: Callable[..., Session], capsys: pytest.CaptureFixture[str]
) -> None:
    session = make_session()
    put_records(session.store, {"P-1": "GB", "P-2": "GB"}, [])
    for table, row in (
        (EXHIBITS, {"exhibit": "NSK/7", "sequence": 1, "kind": "image", "path": "p", "sha256": "0" * 64}),
        (ACCOUNTS, {"account": "a:P-1", "role": "account_user"}),
        (
            ASSESSED_ACTS,
            {
                "act": "s1",
                "kind": "possess_tool",
                "exhibit": "NSK/7",
                "from_at": _at("2025-03-01"),
                "to_at": _at("2025-03-01"),
            },
        ),
    ):
        session.store.write(table, part_name("test"), [table.batch([row])])
    assert assess_persons(session).assessments == 0

    where = ["--workspace", str(session.workspace.root), "--user", session.user_name]
    state = [
        "exhibit",
        "holder",
        "NSK/7",
        "--account",
        "a:P-1",
        "--reason",
        "seized at the address of the reply",
    ]
    assert run([*state, *where]) == 0
    assess_persons(session)
    rows = session.store.read(ASSESSMENTS).to_pylist()
    assert {(row["person"], row["act"]) for row in rows} == {("P-1", "s1")}
    assert all(ASSESSED in row["cautions"] for row in rows)
    assert run(["exhibit", "show", "NSK/7", *where]) == 0
    assert "seized at the address of the reply" in capsys.readouterr().out

    assert run([*state, "--withdraw", *where]) == 0
    assert assess_persons(session).assessments == 0


@pytest.mark.parametrize(
    ("exhibit", "account", "code"),
    [("NSK/9", "a:P-1", "USAGE-EXHIBIT"), ("NSK/7", "a:none", "USAGE-ACCOUNT")],
)
def test_a_statement_about_an_unknown_exhibit_or_account_is_refused(
    make_session: Callable[..., Session],
    capsys: pytest.CaptureFixture[str],
    exhibit: str,
    account: str,
    code: str,
) -> None:
    session = make_session()
    exhibits = [{"exhibit": "NSK/7", "sequence": 1, "kind": "image", "path": "p", "sha256": "0" * 64}]
    session.store.write(EXHIBITS, part_name("test"), [EXHIBITS.batch(exhibits)])
    where = ["--workspace", str(session.workspace.root), "--user", session.user_name]
    assert run(["exhibit", "holder", exhibit, "--account", account, "--reason", "r", *where]) == 64
    assert code in capsys.readouterr().err
