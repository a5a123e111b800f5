"""Lists: filters, counts of what each filter could take, pages, exports."""

from __future__ import annotations

import csv
import io
import json

from fairlead.case.lists.browse import Question, browse
from fairlead.case.lists.views import CONTENTS_VIEW, PERSONS_VIEW


def ask(world, **more):
    question = Question(view=more.pop("view", CONTENTS_VIEW), filters=more.pop("filters", {}), **more)
    return browse(world.session("holm"), question)


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
            io.StringIO(client.get("/operations/lanternfish/persons/?format=csv").getvalue().decode())
        )
    )
    rows = json.loads(client.get("/operations/lanternfish/persons/?format=json").getvalue())["rows"]
    assert [row["person"] for row in table] == [row["person"] for row in rows]
    assert len(rows) > 10


def test_a_value_that_a_spreadsheet_would_run_is_made_harmless():
    from fairlead.workbench.listing import _safe

    assert _safe("=1+1") == "'=1+1"
    assert _safe("-x") == "'-x"
    assert _safe("plain") == "plain"


def test_words_are_counted_in_every_filter_as_they_are_in_the_rows(world):
    answer = ask(world, search="looks like")
    assert answer.total > 0
    assert {row["state"] for row in answer.rows} == {"near"}
    assert answer.facets["state"] == [("near", answer.total)]


def test_the_beginning_of_a_digest_finds_its_content_and_words_never_find_a_digest(world):
    sha256 = ask(world).rows[3]["sha256"]
    found = ask(world, search=sha256[:16].upper(), digest="sha256")
    assert [row["sha256"] for row in found.rows] == [sha256]
    assert ask(world, search=sha256[2:20], digest="sha256").total == 0


def test_every_page_of_a_list_together_is_the_list(world):
    first = ask(world)
    seen = [row["place"] for page in range(1, first.pages + 1) for row in browse_page(world, page)]
    assert seen == list(range(1, first.total + 1))


def browse_page(world, page):
    return browse(world.session("holm"), Question(view=CONTENTS_VIEW, filters={}), page=page).rows


def test_a_list_is_never_older_than_the_tables(make_session):
    """A row that joins the table afterwards is on the list at the next look."""
    from fairlead.tables.attribution import PERSONS

    session = make_session()
    question = Question(view=PERSONS_VIEW, filters={})
    assert browse(session, question).total == 0
    row = {
        "person": "P-1",
        "grade": "possible",
        "members": ["a:1"],
        "roles": [],
        "maybe_same": [],
        "rules": [],
    }
    empty = {c.name: None for c in PERSONS.columns}
    session.store.write(PERSONS, "part-one.parquet", [PERSONS.batch([empty | row])])
    assert [r["person"] for r in browse(session, question).rows] == ["P-1"]
    session.store.keep_only(PERSONS, set())
    assert browse(session, question).total == 0


def test_no_list_asks_the_database_more_often_because_it_is_longer(world):
    """The number of queries of every list page stays the same when leads, reviews and ledger entries are added."""
    from django.db import connection

    pages = ("", "triage/", "review/", "persons/", "leads/", "countries/", "countries/SE/", "action-day/", "ledger/",
             "administration/", "find/?q=example")  # fmt: skip

    def count():
        counted = {}
        for page in pages:
            asked = []

            def note(execute, *what, asked=asked):
                asked.append(1)
                return execute(*what)

            client = world.as_("iversen" if page == "review/" else "holm")
            client.get("/operations/lanternfish/" + page)
            with connection.execute_wrapper(note):
                answer = client.get("/operations/lanternfish/" + page)
            assert answer.status_code == 200, page
            counted[page] = len(asked)
        return counted

    before = count()
    try:
        add_rows(world)
        assert count() == before
    finally:
        for model, condition in added():
            model.objects.using("owner").filter(**condition).delete()


def added():
    from fairlead.register.models import BoardRow, LeadRow, ReviewRow

    return (
        (LeadRow, {"lead__startswith": "ZZ-"}),
        (ReviewRow, {"scheme": "zz"}),
        (BoardRow, {"state": "zz"}),
    )


def add_rows(world):
    from fairlead.register.models import BoardRow, LeadRow, ReviewRow

    lead = LeadRow.objects.using("owner").filter(operation="lanternfish", country="SE").first()
    at, user = lead.published_at, world.users["quist"]
    LeadRow.objects.using("owner").bulk_create(
        LeadRow(operation_id="lanternfish", country="SE", lead=f"ZZ-{n}", person="P-z", grade="possible", digest="z",
                body=lead.body, published_at=at) for n in range(70)
    )  # fmt: skip
    ReviewRow.objects.using("owner").bulk_create(
        ReviewRow(
            operation_id="lanternfish", subject=f"{n:064}", decision="unsure", scheme="zz", user=user, at=at
        )
        for n in range(70)
    )
    BoardRow.objects.using("owner").bulk_create(
        BoardRow(
            operation_id="lanternfish", country="SE", cell="searches", number=n, state="zz", user=user, at=at
        )
        for n in range(70)
    )


def test_every_page_that_lists_something_has_the_same_rows_as_csv_and_json(world):
    for page in ("ledger/", "action-day/", "law/", "find/?q=example", "review/"):
        client = world.as_("iversen" if page == "review/" else "holm")
        address = f"/operations/lanternfish/{page}{'&' if '?' in page else '?'}format="
        rows = json.loads(client.get(address + "json").getvalue())["rows"]
        table = list(csv.DictReader(io.StringIO(client.get(address + "csv").getvalue().decode())))
        assert rows, page
        assert abs(len(rows) - len(table)) <= 1, page  # taking the ledger out adds an entry to it
