"""Hash lists that attack their reader: it works in the sandbox, and what it says is looked at before it is believed."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.known import list_reading
from fairlead.known.list_reading import ListReader
from fairlead.known.list_rows import FOUND, REFUSED, batches_of
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.terms.errors import ItemError

MD5 = "0123456789abcdef0123456789abcdef"


def read(tmp_path: Path, form: str, data: bytes, **columns: str) -> list[pa.RecordBatch]:
    path = tmp_path / "list"
    path.write_bytes(data)
    reader = ListReader()
    try:
        return [batch for _, batch in reader.read(HASH_LISTS.get(form), path, ListOptions(columns=columns))]
    finally:
        reader.close()


def test_no_octet_of_a_list_is_parsed_by_the_program_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed in the open")

    monkeypatch.setattr("fairlead.known.lists.read_csv", refuse)
    (batch,) = read(tmp_path, "csv", f"a\n{MD5}\n".encode(), md5="a")
    assert batch["entry"].to_pylist() == [f"md5:{MD5}"]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("vics", b"[" * 2_000_000),
        ("vics", b'{"value": [{"MediaID": 1, "Category": "' + b"x" * (300 << 20)),
        ("ncmec", b"<a>" * 400_000),
        ("csv", b"md5\n" + b'"' + b"y" * (300 << 20)),
        ("pdq", b"f" * (300 << 20)),
    ],
    ids=["nested", "an unfinished text", "elements in elements", "an unfinished cell", "one line"],
)
def test_a_list_made_to_overwhelm_is_refused_or_read_with_its_losses_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, data: bytes
) -> None:
    monkeypatch.setattr(list_reading, "_LIMITS", replace(list_reading._LIMITS, memory_bytes=1 << 30))
    assert losses(tmp_path, form, data)


def losses(tmp_path: Path, form: str, data: bytes) -> list[str]:
    """Why a list was refused, or its items were."""
    try:
        batches = read(tmp_path, form, data, md5="md5")
    except ItemError as problem:
        return [problem.code]
    return [reason for b in batches if b.schema == REFUSED for reason in b["reason"].to_pylist()]


class Answers:
    """What a worker that was taken over could say."""

    def __init__(self, kind: int, data: bytes, reply: SandboxReply) -> None:
        self.frames, self.reply = [(kind, bytearray(data))], reply

    def __iter__(self) -> Iterator[tuple[int, bytearray]]:
        return iter(self.frames)


def found(**changed: object) -> bytes:
    row = (
        dict.fromkeys(FOUND.names)
        | {"entry": f"md5:{MD5}", "algorithm": "md5", "value": MD5, "row": 1}
        | changed
    )
    return bytes(pack_batch(pa.RecordBatch.from_pylist([row], schema=FOUND)))


OK = SandboxReply(outcome=Outcome.OK)


@pytest.mark.parametrize(
    ("kind", "data", "reply"),
    [
        (0, found(value="short"), OK),
        (0, found(algorithm="pdq"), OK),
        (0, found(algorithm="unheard-of"), OK),
        (0, found(value=None), OK),
        (0, found(entry=None), OK),
        (1, found(), OK),
        (9, found(), OK),
        (0, found()[:-30], OK),
        (0, found(), SandboxReply(outcome=Outcome.CRASHED, detail="SIGSEGV")),
        (0, found(), SandboxReply(outcome=Outcome.OK, body={"code": "RUN-000", "fact": "x", "remedy": "y"})),
    ],
)
def test_a_reader_that_was_taken_over_or_died_gives_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int, data: bytes, reply: SandboxReply
) -> None:
    monkeypatch.setattr(list_reading.SandboxPool, "stream", lambda *_, **__: Answers(kind, data, reply))
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        read(tmp_path, "csv", b"x", md5="a")


def test_rows_are_the_same_in_the_sandbox_and_out_of_it(tmp_path: Path) -> None:
    data = b"a,b\n" + b"".join(f"{n:032x},{n % 7}\n".encode() for n in range(1, 60_000)) + b"wrong,1\n"
    inside = read(tmp_path, "csv", data, md5="a", category="b")
    form, told = HASH_LISTS.get("csv"), ListOptions(columns={"md5": "a", "category": "b"})
    assert form.read is not None
    outside = [batch for _, batch in batches_of(form.read(io.BytesIO(data), told))]
    assert [b.to_pylist() for b in inside] == [b.to_pylist() for b in outside]
    assert [b.schema for b in inside] == [FOUND, FOUND, REFUSED]


@pytest.mark.parametrize(
    "column",
    ["sha256 AS (hex(zeroblob(490000000)))", "sha256 AS (printf('%.2000000000c', 'a'))"],
    ids=["a blob of 490 MB", "a text of 2 GB"],
)
def test_a_set_whose_own_columns_are_made_to_overwhelm_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    monkeypatch.setattr(list_reading, "_LIMITS", replace(list_reading._LIMITS, memory_bytes=1 << 30))
    made = sqlite3.connect(tmp_path / "set.db")
    made.execute(f"CREATE TABLE FILE (file_name, {column})")
    made.execute("INSERT INTO FILE (file_name) VALUES ('a')")
    made.commit()
    made.close()
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        read(tmp_path, "nsrl", (tmp_path / "set.db").read_bytes())


def test_no_octet_of_the_nsrl_is_parsed_by_the_program_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed in the open")

    monkeypatch.setattr("apsw.Connection", refuse)
    made = sqlite3.connect(tmp_path / "set.db")
    made.execute("CREATE TABLE FILE (md5)")
    made.execute("INSERT INTO FILE VALUES (?)", (MD5,))
    made.commit()
    made.close()
    (batch,) = read(tmp_path, "nsrl", (tmp_path / "set.db").read_bytes())
    assert batch["entry"].to_pylist() == [f"md5:{MD5}"]
