"""A platform that kept its accounts in SQLite: from the exhibit to a lead whose statements walk back to a row."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.persons.attribution import attribute, judge
from fairlead.case.persons.link_sample import sample_figures, sample_links
from fairlead.case.process import process
from fairlead.case.records.loading import load_records
from fairlead.case.sending.leads import explain_lead, list_leads, publish
from fairlead.terms.errors import UsageError
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import Judgement
from tests.records.test_sqlite import MAPPING

ACCOUNTS = [(1, "heron", "heron@mail.example", "+46 70 174 06 05"), (2, "wader", "wader@mail.example", "+46701740605"),
            (3, "gull", "heron@mail.example", ""), (4, "tern", "tern@mail.example", "")]  # fmt: skip


@pytest.fixture
def operation(make_session, tmp_path):
    """Four accounts, two of them with one address, loaded and linked."""
    seized = tmp_path / "seized"
    seized.mkdir()
    with closing(sqlite3.connect(seized / "board.db")) as made:
        made.execute(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, tel TEXT, joined INTEGER)"
        )
        made.executemany("INSERT INTO users VALUES (?, ?, ?, ?, 1700000000)", ACCOUNTS)
        made.commit()
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(MAPPING.replace('email = "mail"', 'email = "mail"\nphone = "tel"'))
    session = make_session()
    add_exhibit(
        session,
        NewExhibit(number="NSK/1", path=seized, authority="order 1"),
    )
    process(session, workers=1)
    load_records(session, mapping)
    attribute(session)
    return session


def test_every_statement_about_an_account_is_walked_back_to_its_row(operation):
    publish(operation)
    leads = list_leads(operation)
    assert leads
    origins = [
        o
        for lead in leads
        for one in explain_lead(operation, lead["lead"], show_text=True)
        for o in one["origins"]
    ]
    rows = [o for o in origins if "#row=users:" in o.locator]
    assert rows
    assert not any(o.problem for o in origins)
    for origin in rows:
        assert origin.excerpt.startswith(f"id={origin.locator.rsplit(':', 1)[1]}\n")


def test_a_sample_is_drawn_once_judged_and_counted(operation):
    pairs = sample_links(operation, AttributionGrade.POSSIBLE, count=10, seed=3)
    assert pairs
    assert sample_links(operation, AttributionGrade.POSSIBLE, count=10, seed=3) == pairs
    assert all(pair.left_says and pair.right_says for pair in pairs)
    judge(operation, pairs[0].left, pairs[0].right, Judgement.SAME, "the same address")
    (figures,) = sample_figures(operation)
    assert (figures.drawn, figures.same, figures.precision) == (len(pairs), 1, 1.0)
    assert figures.low < 1.0


def test_a_grade_without_links_leaves_no_sample_behind(operation):
    assert sample_links(operation, AttributionGrade.ATTRIBUTED, count=10, seed=3) == []
    assert sample_figures(operation) == []
    with pytest.raises(UsageError):
        sample_links(operation, AttributionGrade.UNRESOLVED, count=10, seed=3)
