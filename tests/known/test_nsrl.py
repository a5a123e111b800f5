"""The NSRL, full and minimal, with deltas that are read and never run."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fairlead.known.nsrl_delta import DeltaReport, apply_delta
from fairlead.known.read_nsrl import read_nsrl
from fairlead.terms.errors import ItemError

ONE, TWO, THREE = "1A" * 32, "2B" * 32, "3C" * 32
NOTHING = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
MINIMAL = "CREATE TABLE FILE (sha256, sha1, md5, {crc}file_name, file_size, package_id);"
FULL = """CREATE TABLE METADATA (metadata_id, object_id, path, bytes, crc32, md5, sha1, sha256);
CREATE VIEW FILE AS SELECT sha256, sha1, md5, path AS file_name, bytes AS file_size, object_id AS package_id FROM METADATA;"""


def database(path: Path, schema: str, *inserts: tuple[str, tuple[object, ...]]) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.executescript(schema)
        for sql, values in inserts:
            made.execute(sql, values)
        made.commit()
    return path


def values(path: Path) -> list[str]:
    with path.open("rb") as file:
        return sorted(value for _, some in read_nsrl(file.fileno()) for value in some)


def apply(database: Path, delta: Path) -> DeltaReport:
    with database.open("rb+") as copy, delta.open(encoding="utf-8-sig") as file:
        return apply_delta(copy.fileno(), file)


@pytest.mark.parametrize("crc", ["", "crc32, "])
def test_a_minimal_set_is_read_by_column_name_with_and_without_crc(tmp_path: Path, crc: str) -> None:
    row = (
        "INSERT INTO FILE (file_name, sha256, sha1, md5, file_size, package_id) VALUES ('a', ?, '', '', 1, 1)"
    )
    made = database(
        tmp_path / "m.db", MINIMAL.format(crc=crc), (row, (ONE,)), (row, (ONE,)), (row, (NOTHING,))
    )
    assert values(made) == [ONE.lower()]


def test_a_full_set_is_read_from_its_table_and_not_through_a_view(tmp_path: Path) -> None:
    row = "INSERT INTO METADATA (sha256) VALUES (?)"
    assert values(database(tmp_path / "f.db", FULL, (row, (TWO,)), (row, ("zz" * 32,)))) == [TWO.lower()]


def test_a_database_with_views_only_is_refused(tmp_path: Path) -> None:
    made = database(tmp_path / "v.db", "CREATE VIEW FILE AS SELECT 'x' AS sha256;")
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        values(made)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database" * 100)
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        values(tmp_path / "x.db")


def test_a_delta_inserts_updates_and_deletes(tmp_path: Path) -> None:
    row = "INSERT INTO FILE (sha256, file_name) VALUES (?, ?)"
    made = database(tmp_path / "d.db", MINIMAL.format(crc=""), (row, (ONE, "a")), (row, (TWO, "it's; b")))
    delta = tmp_path / "delta.sql"
    delta.write_text(
        f"-- a comment\nBEGIN TRANSACTION;\nINSERT INTO FILE VALUES('{THREE}','','','c;\nd',5,NULL);\n"
        f"DELETE FROM FILE WHERE sha256='{ONE}' AND file_name='a';\n"
        f"""UPDATE "FILE" SET sha256='{"4D" * 32}', file_size = 7 WHERE file_name='it''s; b';\nCOMMIT;\n"""
    )
    report = apply(made, delta)
    assert (report.applied, report.rows, report.left_alone) == (3, 3, 2)
    assert values(made) == [THREE.lower(), "4d" * 32]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE FILE;",
        "DELETE FROM FILE;",
        "DELETE FROM FILE WHERE 1=1;",
        "DELETE FROM FILE WHERE sha256 = sha256;",
        "DELETE FROM FILE WHERE sha256 = 'a' OR 1;",
        "ATTACH DATABASE 'x' AS y;",
        "INSERT INTO FILE SELECT * FROM FILE;",
        "INSERT INTO sqlite_master VALUES (1);",
        "UPDATE FILE SET sha256 = load_extension('x') WHERE file_name = 'a';",
        "UPDATE FILE SET sha256 = 'x' WHERE file_name = 'a'; DROP TABLE FILE;",
        "INSERT INTO FILE (nothing) VALUES (1);",
        "PRAGMA writable_schema = ON;",
    ],
)
def test_a_statement_of_another_form_is_left_alone(tmp_path: Path, statement: str) -> None:
    row = "INSERT INTO FILE (sha256, file_name) VALUES (?, 'a')"
    made = database(tmp_path / "d.db", MINIMAL.format(crc=""), (row, (ONE,)))
    delta = tmp_path / "delta.sql"
    delta.write_text(statement + "\n")
    report = apply(made, delta)
    assert (report.applied, report.rows, report.left_alone) == (0, 0, 1)
    assert values(made) == [ONE.lower()]


def test_a_trigger_that_the_set_brought_along_does_not_run(tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON FILE BEGIN DELETE FROM FILE; END;"
    made = database(tmp_path / "t.db", MINIMAL.format(crc="") + trigger)
    delta = tmp_path / "delta.sql"
    delta.write_text(f"INSERT INTO FILE (sha256) VALUES ('{ONE}');\n")
    apply(made, delta)
    assert values(made) == [ONE.lower()]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_what_is_read_and_changed_through_a_descriptor_is_what_pythons_own_sqlite_says(
    tmp_path: Path, journal: str, page: int
) -> None:
    path = tmp_path / "set.db"
    digests = [hashlib.sha256(str(n).encode()).hexdigest().upper() for n in range(3_000)]
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA page_size = {page}")
        made.execute(f"PRAGMA journal_mode = {journal}")
        made.execute(MINIMAL.format(crc=""))
        made.executemany("INSERT INTO FILE (sha256, file_name) VALUES (?, ?)", [(d, d * 9) for d in digests])
        made.commit()
    delta = tmp_path / "delta.sql"
    delta.write_text("".join(f"DELETE FROM FILE WHERE sha256='{digest}';\n" for digest in digests[::3]))
    assert apply(path, delta).rows == 1_000
    with closing(sqlite3.connect(path)) as again:
        (sound,) = again.execute("PRAGMA integrity_check").fetchone()
        kept = sorted(digest for (digest,) in again.execute("SELECT lower(sha256) FROM FILE"))
    assert sound == "ok"
    assert values(path) == kept == sorted(d.lower() for n, d in enumerate(digests) if n % 3)
