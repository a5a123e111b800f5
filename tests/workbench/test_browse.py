"""Lists: filters, counts of what each filter could take, pages, exports."""

from __future__ import annotations

import csv
import io
import json

from fairlead.case.browse import Question, browse
from fairlead.case.content_file import TRIAGE_SQL


def ask(world, **more):
    question = Question(select=TRIAGE_SQL, order="sha256", filters=more.pop("filters", {}), **more)
    return browse(world.session("holm"), question, facets=("state", "family"))


def test_the_counts_of_a_filter_add_up_to_the_rows_there_are(world):
    answer = ask(world)
    assert sum(n for _, n in answer.facets["state"]) == answer.total
    assert len(answer.rows) == min(50, answer.total)


def test_a_filter_leaves_what_it_says_and_still_offers_its_other_values(world):
    everything = dict(ask(world).facets["state"])
    answer = ask(world, filters={"state": "near"})
    assert answer.total == everything["near"]
    assert dict(answer.facets["state"]) == everything
    assert {row["state"] for row in answer.rows} == {"near"}


def test_a_filter_value_that_nobody_has_shows_nothing_and_fails_nowhere(world):
    assert ask(world, filters={"state": "'; DROP TABLE persons; --"}).total == 0


def test_a_list_has_the_same_rows_as_csv_and_json(world):
    client = world.as_("holm")
    table = list(
        csv.DictReader(
            io.StringIO(client.get("/operations/lanternfish/persons/?format=csv").content.decode())
        )
    )
    rows = json.loads(client.get("/operations/lanternfish/persons/?format=json").content)["rows"]
    assert [row["person"] for row in table] == [row["person"] for row in rows]
    assert len(rows) > 10


def test_a_value_that_a_spreadsheet_would_run_is_made_harmless():
    from fairlead.workbench.listing import _safe

    assert _safe("=1+1") == "'=1+1"
    assert _safe("-x") == "'-x"
    assert _safe("plain") == "plain"
