"""SQLite databases of a platform: every row a row or a reason, and nothing run, written or opened."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing

import pytest

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.records import sqlite as sqlite_rows
from fairlead.records.dump import Broken, DumpRows, Passed
from fairlead.records.mapping import parse_mapping
from fairlead.records.propose import Place, propose
from fairlead.records.sqlite import read_row, read_sqlite
from fairlead.records.surveying import Surveyor
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import parse_locator
from tests.records.builders import load, source

MAPPING = """
version = 1
[[source]]
name = "platform"
kind = "sqlite"
exhibit = "NSK/1"
path = "*.db"
zone = "UTC"
[[source.table]]
name = "users"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "name"
email = "mail"
registered_at = { column = "joined", format = "unix" }
"""


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "board.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(
            """
            CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, joined INTEGER);
            CREATE TABLE "odd ""name" (a BLOB, b REAL);
            CREATE TABLE keyed (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
            CREATE VIRTUAL TABLE found USING fts5(body);
            CREATE VIEW everything AS SELECT * FROM users;
            CREATE TRIGGER t AFTER INSERT ON users BEGIN INSERT INTO keyed VALUES (new.id || 'k', 'v'); END;
            """
        )
        made.executemany(
            "INSERT INTO users VALUES (?, ?, ?, ?)",
            [
                (n, f"reader{n}", f"reader{n}@mail.example", 1_700_000_000 + n)
                for n in (-3, 1, 2, 900_719_925_474_099)
            ],
        )
        made.execute('INSERT INTO "odd ""name" VALUES (?, ?)', (bytes(range(256)), 0.1))
        made.execute('INSERT INTO "odd ""name" VALUES (?, NULL)', (b"\x00" * 1_000_000,))
        made.execute("INSERT INTO found VALUES ('a line')")
        made.commit()
    return path


def rows_of(path, **options):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return list(read_sqlite(descriptor, wanted=None, **options))
    finally:
        os.close(descriptor)


def table_of(items, name):
    return [row for item in items if isinstance(item, DumpRows) and item.table == name for row in item.rows]


def test_every_row_of_every_plain_table_is_read_as_the_bytes_it_holds(database):
    items = rows_of(database)
    assert [row.start for row in table_of(items, "users")] == [-3, 1, 2, 900_719_925_474_099]
    odd = table_of(items, 'odd "name')
    assert [row.values for row in odd] == [(bytes(range(256)), b"0.1"), (b"\x00" * 1_000_000, None)]
    assert [row.values[0] for row in table_of(items, "keyed")] == [b"-3k", b"1k", b"2k", b"900719925474099k"]
    assert not any(isinstance(item, Broken) for item in items)
    assert not table_of(items, "everything")


def test_rows_that_nobody_asked_for_are_counted(database):
    descriptor = os.open(database, os.O_RDONLY)
    items = list(read_sqlite(descriptor, wanted=["users"]))
    os.close(descriptor)
    assert {item.table: item.rows for item in items if isinstance(item, Passed)}["keyed"] == 4


def test_the_row_with_the_lowest_number_there_is_is_read(tmp_path):
    path = tmp_path / "low.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        made.execute(f"INSERT INTO users VALUES ({-(1 << 63)}, 'first'), (0, 'second')")
        made.commit()
    assert [row.values[1] for row in table_of(rows_of(path), "users")] == [b"first", b"second"]
    descriptor = os.open(path, os.O_RDONLY)
    assert read_row(descriptor, "users", -(1 << 63)).endswith(b"name=first\n")
    os.close(descriptor)


class TakenOver:
    """A worker that an exploit has taken over: it answers every question with what it likes."""

    def __init__(self, answers):
        self.answers = answers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, header, _descriptors):
        return SandboxReply(
            outcome=Outcome.OK,
            body={
                key: self.answers[key] for key in self.answers if header["op"] == "tables" or key != "tables"
            },
        )


TABLES = [{"name": "users", "columns": ["id"], "numbered": True}]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"tables": {"users": 1}},
        {"tables": [7, None]},
        {"tables": [{"name": "users"}]},
        {"tables": [{"name": "users", "columns": [1], "numbered": True}]},
        {"tables": TABLES, "rows": 3},
        {"tables": TABLES, "rows": [[1, ["MQ=="]]], "more": True},
        {"tables": TABLES, "rows": [[1, ["MQ=="]], [1, ["MQ=="]]]},
        {"tables": TABLES, "rows": [["a", ["MQ=="]]]},
        {"tables": TABLES, "rows": [[1, "MQ=="]]},
        {"tables": TABLES, "rows": [[1, ["!"]], [2, 5], 9]},
    ],
)
def test_a_worker_that_answers_nonsense_neither_holds_the_run_up_nor_passes_for_a_database(
    monkeypatch, database, answers
):
    monkeypatch.setattr(sqlite_rows, "_pool", lambda _: TakenOver(answers))
    items = rows_of(database)
    assert isinstance(items[-1], Broken)
    assert sum(len(item.rows) for item in items if isinstance(item, DumpRows)) <= 1


def test_accounts_come_with_the_table_and_number_of_their_row(database):
    loaded = load(source("platform", MAPPING), database.read_bytes(), locator="path:board.db")
    accounts = {row["account"]: row for row in loaded["accounts"]}
    assert accounts["platform:users:2"]["email"] == "reader2@mail.example"
    assert accounts["platform:users:2"]["locator"] == "path:board.db#row=users:2"
    assert parse_locator(accounts["platform:users:2"]["locator"]).row == ("users", 2)
    (counted,) = loaded["sources"]
    assert (counted["lines_parsed"], counted["lines_quarantined"]) == (4, 0)
    assert counted["lines_in"] == counted["lines_parsed"] + counted["lines_skipped"]


def test_a_row_can_be_read_again_by_its_number(database):
    descriptor = os.open(database, os.O_RDONLY)
    assert (
        read_row(descriptor, "users", -3)
        == b"id=-3\nname=reader-3\nmail=reader-3@mail.example\njoined=1699999997\n"
    )
    with pytest.raises(ItemError):
        read_row(descriptor, "users", 7)
    os.close(descriptor)


def test_a_database_in_write_ahead_mode_is_read_and_says_what_was_left_out(tmp_path):
    path = tmp_path / "wal.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        made.execute("INSERT INTO users VALUES (1, 'reader')")
        made.commit()
    items = rows_of(path)
    assert len(table_of(items, "users")) == 1
    assert any(isinstance(item, Broken) and "write-ahead" in item.reason for item in items)


def test_a_database_cut_in_the_middle_keeps_the_rows_before_the_cut(tmp_path):
    path = tmp_path / "cut.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        made.executemany("INSERT INTO users VALUES (?, ?)", [(n, "x" * 200) for n in range(5000)])
        made.commit()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    items = rows_of(path)
    assert 0 < len(table_of(items, "users")) < 5000
    assert any(isinstance(item, Broken) for item in items)


def test_a_file_that_is_no_database_is_refused_whole(tmp_path):
    path = tmp_path / "no.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    items = rows_of(path)
    assert [type(item) for item in items] == [Broken]


def test_a_mapping_is_drafted_from_a_database(database):
    with Surveyor() as surveyor, database.open("rb") as file:
        seen = surveyor.look_at(file.fileno())
    proposal = propose([(Place("NSK/1", "board.db"), seen)])
    assert [table.table for table in proposal.tables] == ["users"]
    (source,) = parse_mapping(proposal.toml).source
    assert source.kind == "sqlite"
    assert load(source, database.read_bytes())["accounts"][0]["user_name"] == "reader-3"


def test_changed_bytes_end_in_rows_or_reasons_and_never_in_a_crash_of_the_run(database, tmp_path):
    """Forty damaged files here; the format is SQLite's own, and its parser sits in the sandbox."""
    chance = random.Random(4)
    whole = bytearray(database.read_bytes())
    for number in range(40):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 8, 200))):
            damaged[chance.randrange(16, min(len(damaged), 20_000))] = chance.randrange(256)
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        assert rows_of(path, at_most=50)
