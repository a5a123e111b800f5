"""Record files that attack their reader: it works in the sandbox, ends with a verdict, and cannot speak for other files."""

from __future__ import annotations

import gzip
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.engine.sandbox.batches import ForgedRowsError, pack_batch
from fairlead.records import reading
from fairlead.records.frames import LOADED, SEEN, unpack_batch, unpack_seen
from fairlead.records.mapping import Source, parse_mapping
from fairlead.records.reading import RecordReader
from fairlead.tables.records import ACCOUNTS, QUARANTINE, SOURCES
from fairlead.terms.errors import UsageError

MAPPING = """
[[source]]
name = "platform"
kind = "sql_dump"
exhibit = "X"
path = "d"
zone = "UTC"
[[source.table]]
name = "users"
rows = "accounts"
roles = {id = "id", email = "email"}
[[source]]
name = "web"
kind = "access_log"
exhibit = "X"
path = "l"
zone = "stated"
accounts = "platform"
[[source]]
name = "reply"
kind = "subscribers"
exhibit = "X"
path = "s"
zone = "UTC"
roles = {id = "id", email = "email"}
"""
DUMP, LOG, SHEET = parse_mapping(MAPPING, name="m").source
HEAD = b"CREATE TABLE `users` (`id` int, `email` text);\n"
ROWS = HEAD + b"INSERT INTO `users` VALUES (1,'a@example.org'),(2,'b@example.org');\n"
LINE = b'192.0.2.1 - - [22/Nov/2026:12:17:17 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n'


@dataclass
class Read:
    tables: dict[str, list[dict[str, object]]]

    @property
    def reasons(self) -> list[str]:
        return [str(row["reason"]) for row in self.tables.get("quarantine", [])]

    @property
    def lines(self) -> dict[str, int]:
        (row,) = self.tables["sources"]
        return {name: int(str(row[f"lines_{name}"])) for name in ("in", "parsed", "quarantined", "skipped")}


def read(tmp_path: Path, source: Source, data: bytes) -> Read:
    path = tmp_path / "file"
    path.write_bytes(data)
    tables: dict[str, list[dict[str, object]]] = {}
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with RecordReader(salt=b"s") as reader:
            for table, batch in reader.read(source, exhibit="X", locator="path:file", descriptor=descriptor):
                tables.setdefault(table.name, []).extend(batch.to_pylist())
    finally:
        os.close(descriptor)
    return Read(tables)


@pytest.mark.parametrize(
    ("source", "data", "table"),
    [(DUMP, ROWS, "accounts"), (LOG, LINE, "accesses"), (SHEET, b"id,email\n1,a@example.org\n", "accounts")],
)
def test_no_octet_of_a_dump_a_log_or_a_sheet_is_parsed_by_the_program_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Source, data: bytes, table: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("parsed in the open")

    for name in ("load_source", "fairlead.records.load.DumpReader", "fairlead.records.load.read_log",
                 "fairlead.records.load.read_csv", "fairlead.records.load.open_text"):  # fmt: skip
        monkeypatch.setattr(name if "." in name else f"fairlead.records.reading.{name}", refuse)
    assert read(tmp_path, source, data).tables[table]


@pytest.mark.parametrize(
    ("source", "data"),
    [
        (LOG, gzip.compress(b"x" * (600 << 20), 9)),
        (DUMP, gzip.compress(HEAD + b"INSERT INTO `users` VALUES (1,'" + b"y" * (300 << 20), 9)),
        (SHEET, gzip.compress(b'id,email\n1,"' + b"z" * (300 << 20), 9)),
    ],
    ids=["one line", "an unfinished string", "an unfinished cell"],
)
def test_a_file_that_unfolds_ends_with_a_verdict_and_the_program_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Source, data: bytes
) -> None:
    monkeypatch.setattr(reading, "_LIMITS", replace(reading._LIMITS, memory_bytes=2 << 30))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(tmp_path, source, data)
    assert found.reasons
    assert found.lines["in"] >= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"INSERT INTO `users` VALUES (" + b"9" * 6000 + b",'a@example.org'),(2,'b@example.org');\n",
        HEAD + b"INSERT INTO `users` VALUES (1,'never ends\n" + b"(" * 100_000,
        b"CREATE TABLE `users` (`id` int"
        + b", `c` int" * 5000
        + b");\n"
        + b"INSERT INTO `users` VALUES (" * 500,
    ],
)
def test_a_dump_made_to_confuse_ends_with_counted_rows(tmp_path: Path, data: bytes) -> None:
    lines = read(tmp_path, DUMP, data).lines
    assert lines["in"] == lines["parsed"] + lines["quarantined"] + lines["skipped"]


class Answers:
    """What a worker that was taken over could say."""

    def __init__(self, frames: list[tuple[int, bytes]], reply: SandboxReply) -> None:
        self.frames, self.reply = frames, reply

    def __iter__(self) -> Iterator[tuple[int, bytearray]]:
        return iter((kind, bytearray(data)) for kind, data in self.frames)


def account(**changed: object) -> bytes:
    row = {column.name: None for column in ACCOUNTS.columns} | {
        "account": "platform:users:1", "source": "platform", "role": "account_user", "exhibit": "X",
        "locator": "path:file#bytes=0-5",
    } | changed  # fmt: skip
    return bytes(pack_batch(ACCOUNTS.batch([row])))


HONEST = SandboxReply(outcome=Outcome.OK, body={"tallies": []})


@pytest.mark.parametrize(
    "frames",
    [
        [(0, account(exhibit="Y"))],
        [(0, account(source="web"))],
        [(0, account(locator="path:other#bytes=0-5"))],
        [(1, account())],
        [(77, account())],
        [(0, b"nothing")],
        [(0, account()[:-40])],
        [(SEEN, b"\x00")],
    ],
    ids=["exhibit", "source", "item", "table", "kind", "noise", "cut", "ids"],
)
def test_a_reader_that_was_taken_over_cannot_speak_for_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: list[tuple[int, bytes]]
) -> None:
    monkeypatch.setattr(reading.SandboxPool, "stream", lambda *_, **__: Answers(frames, HONEST))
    found = read(tmp_path, DUMP, ROWS)
    assert found.reasons == ["the reader of this file answered with rows that are not of it"]
    assert "accounts" not in found.tables


@pytest.mark.parametrize("outcome", [Outcome.CRASHED, Outcome.MEMORY, Outcome.TIMEOUT, Outcome.FAILED])
def test_what_was_read_before_a_reader_died_is_kept_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    monkeypatch.setattr(
        reading.SandboxPool,
        "stream",
        lambda *_, **__: Answers([(0, account())], SandboxReply(outcome=outcome)),
    )
    found = read(tmp_path, DUMP, ROWS)
    assert len(found.tables["accounts"]) == 1
    assert len(found.reasons) == 1
    assert found.lines == {"in": 2, "parsed": 1, "quarantined": 1, "skipped": 0}


@pytest.mark.parametrize(
    "body", [{}, {"tallies": 3}, {"tallies": [[1]]}, {"code": "RUN-000", "fact": "x", "remedy": "y"}]
)
def test_a_reply_that_is_none_counts_as_a_reader_that_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: dict[str, object]
) -> None:
    reply = SandboxReply(outcome=Outcome.OK, body=body)
    monkeypatch.setattr(reading.SandboxPool, "stream", lambda *_, **__: Answers([(0, account())], reply))
    assert read(tmp_path, DUMP, ROWS).reasons == ["the reader of this file died"]


@settings(max_examples=300, deadline=None)
@given(
    kind=st.integers(0, 255), place=st.integers(0, 4000), octet=st.integers(0, 255), cut=st.integers(0, 4000)
)
def test_whatever_octets_come_they_are_rows_of_this_file_or_refused(
    kind: int, place: int, octet: int, cut: int
) -> None:
    data = bytearray(account())[: -cut or None]
    if data:
        data[place % len(data)] = octet
    try:
        batch = unpack_batch(kind % 10, data, source="platform", exhibit="X", locator="path:file")
    except ForgedRowsError:
        return
    assert batch.schema == LOADED[kind % 10].schema
    assert set(batch["exhibit"].to_pylist()) <= {"X"}
    batch.to_pylist()


@given(st.binary(max_size=400))
def test_whatever_ids_come_they_are_texts_or_refused(data: bytes) -> None:
    with suppress(ForgedRowsError):
        assert all(isinstance(one, str) for one in unpack_seen(bytearray(data)))


def test_rows_of_a_file_are_the_same_in_the_sandbox_and_out_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = HEAD + b"".join(
        b"INSERT INTO `users` VALUES (%d,'u%d@example.org');\n" % (n, n) for n in range(45_000)
    )
    inside = read(tmp_path, DUMP, data)
    monkeypatch.setattr(reading, "read_by_worker", lambda source: False)
    assert read(tmp_path, DUMP, data) == inside
    assert len(inside.tables["accounts"]) == 45_000
    assert {QUARANTINE.name, SOURCES.name} - set(inside.tables) == {QUARANTINE.name}
    assert pa.types.is_string(ACCOUNTS.schema.field("email").type)


FORMS = """
[[source]]
name = "dump"
kind = "sql_dump"
exhibit = "X"
path = "d"
zone = "Europe/Copenhagen"
[[source.table]]
name = "users"
rows = "accounts"
roles = {id = "id", user_name = "name", registered_at = "made", last_seen_at = "seen"}
[[source.table]]
name = "pay"
rows = "payments"
roles = {id = "id", account_id = "user", amount = "sum", currency = "cur", paid_on = "at", state = "state"}
[[source]]
name = "card"
kind = "payments"
preset = "stripe"
exhibit = "X"
path = "p"
zone = "America/New_York"
accounts = "dump"
[[source]]
name = "reply"
kind = "subscribers"
exhibit = "X"
path = "s"
zone = "Asia/Tokyo"
charset = "shift_jis"
roles = {id = "id", full_name = "name", registered_at = "since"}
"""
DUMPED = (
    "SET NAMES latin1;\nSET TIME_ZONE='Europe/Lisbon';\n"
    "CREATE TABLE `users` (`id` int, `name` text, `made` datetime, `seen` timestamp);\n"
    "INSERT INTO `users` VALUES (1,'J\xf8rgen','2026-07-01 10:00:00','2026-07-01 10:00:00');\n"
    "CREATE TABLE `pay` (`id` int, `user` int, `sum` text, `cur` text, `at` datetime, `state` text);\n"
    "INSERT INTO `pay` VALUES (1,1,'49,00 \x80','EUR','2026-07-01 10:00:00','succeeded');\n"
).encode("latin-1")
PAID = (
    b"id,Amount,Currency,Created date (UTC),Status,Description\nch_1,49.00,eur,2026-07-01 10:00:00,Paid,1\n"
)
SAID = "id,name,since\n7,\u5c71\u7530,2026-07-01 10:00\n".encode("shift_jis")


@pytest.mark.parametrize(
    ("place", "data"), list(enumerate([DUMPED, PAID, SAID])), ids=["dump", "payments", "reply"]
)
def test_zones_character_sets_and_states_are_there_behind_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, data: bytes
) -> None:
    source = parse_mapping(FORMS, name="m").source[place]
    inside = read(tmp_path, source, data)
    assert not inside.reasons
    assert inside.lines["parsed"] >= 1
    monkeypatch.setattr(reading, "read_by_worker", lambda source: False)
    assert read(tmp_path, source, data) == inside


@pytest.mark.parametrize(
    "data",
    [b'[{"id": 1, "amount": "5', b"[" * 100_000, b'[{"id": ' + b"9" * 6000 + b"}]"],
    ids=["cut", "deep", "digits"],
)
def test_a_document_that_breaks_before_its_first_record_is_a_verdict_and_no_fault_of_the_mapping(
    tmp_path: Path, data: bytes
) -> None:
    text = FORMS.replace(
        'kind = "payments"\npreset = "stripe"', 'kind = "payments"\nformat = "json"'
    ).replace(
        'zone = "America/New_York"\naccounts = "dump"',
        'zone = "UTC"\naccounts = "dump"\nroles = {id = "id", amount = "amount"}',
    )
    found = read(tmp_path, parse_mapping(text, name="m").source[1], data)
    assert found.reasons
    assert found.lines["quarantined"] >= 1


def test_a_sheet_that_names_a_column_twice_asks_which_is_meant(tmp_path: Path) -> None:
    data = b"id,email,email\n1,a@example.org,b@example.org\n"
    with pytest.raises(UsageError, match=r"email \(1\), email \(2\)"):
        read(tmp_path, SHEET, data)
    said = parse_mapping(MAPPING.replace('email = "email"}\n', 'email = "email (2)"}\n'), name="m").source[2]
    (row,) = read(tmp_path, said, data).tables["accounts"]
    assert row["email"] == "b@example.org"


def test_a_reader_that_is_killed_in_the_middle_keeps_what_came_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(LINE * 400_000)
    descriptor = os.open(path, os.O_RDONLY)
    rows: dict[str, int] = {}
    reasons: list[str] = []
    pool: set[int] = set()
    try:
        with RecordReader(salt=b"s") as reader:
            for table, batch in reader.read(LOG, exhibit="X", locator="path:log", descriptor=descriptor):
                rows[table.name] = rows.get(table.name, 0) + batch.num_rows
                if table.name == "quarantine":
                    reasons += batch["reason"].to_pylist()
                if not pool:
                    pool = {
                        p.pid
                        for p in psutil.Process().children(recursive=True)
                        if "load_handler" in " ".join(p.cmdline())
                    }
                    for number in pool:
                        os.kill(number, signal.SIGKILL)
    finally:
        os.close(descriptor)
    assert len(pool) == 1
    assert 0 < rows["accesses"] < 400_000
    assert reasons == [
        "the reader of this file was killed, by the computer when memory is short, or by a person"
    ]
    assert not any(psutil.pid_exists(number) for number in pool)
