"""Planted corruptions: `fairlead doctor` finds each one by itself and names it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fairlead.engine.parts import PartStore
from fairlead.register.embedded import start_embedded
from fairlead.tables import ALL
from tests.end_to_end.conftest import fairlead

_KEPT = ("operations", "keys", "ledger-tree", "checkpoint.txt")


@dataclass(frozen=True)
class Patient:
    """A finished operation in a workspace, whose database is kept running by this process."""

    root: Path
    database: str

    @property
    def operation(self) -> Path:
        return self.root / "operations" / "lanternfish"

    @property
    def store(self) -> PartStore:
        return PartStore(self.tables)

    @property
    def tables(self) -> Path:
        return self.operation / "tables"

    def part(self, table: str) -> Path:
        parts = (self.tables / table / part.name for part in self.store.parts(ALL[table]))
        return max(parts, key=lambda part: pq.read_metadata(part).num_rows)

    def rewrite(self, table: str, change: Callable[[pa.Table], pa.Table]) -> str:
        """Write a part anew with other rows, digest and all: as a fault of the program would."""
        part = self.part(table)
        rows = change(pq.read_table(part))
        self.store.write(ALL[table], part.name, rows.cast(ALL[table].schema).to_batches())
        return part.name

    def say(self, sql: str, *values: Any) -> Any:
        """One statement as the owner of the database, past every rule of the program."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            done = connection.execute(sql, values)
            return done.fetchall() if done.description else None

    def findings(self) -> list[str]:
        done = fairlead("doctor", "--workspace", self.root, "--json")
        answer = json.loads(done.stdout.splitlines()[-1])
        found = [f"{c['question']} {said}" for c in answer["checks"] for said in c["found"]]
        assert answer["healthy"] is (found == [])
        assert done.returncode == (0 if answer["healthy"] else 1)
        return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor") / "demo"
    fairlead("demo", "--workspace", folder, "--seed", "11", "--scale", "0.2", "--json")
    return folder / "denmark"


@pytest.fixture(scope="module")
def database(finished: Path) -> str:
    return start_embedded(finished / "register")


@pytest.fixture
def patient(finished: Path, database: str, tmp_path: Path) -> Iterator[Patient]:
    for name in _KEPT:
        copy = shutil.copytree if (finished / name).is_dir() else shutil.copy2
        copy(finished / name, tmp_path / name)
    made = Patient(root=finished, database=database)
    yield made
    made.say("UPDATE register_intentrow SET state = 'dropped' WHERE state = 'open'")
    for name in _KEPT:
        if (finished / name).is_dir():
            shutil.rmtree(finished / name)
        else:
            (finished / name).unlink()
        shutil.move(tmp_path / name, finished / name)


def test_a_finished_operation_is_healthy(patient: Patient) -> None:
    assert patient.findings() == []


def flip_a_byte(patient: Patient) -> tuple[str, str]:
    part = patient.part("files")
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 0x10
    part.write_bytes(data)
    return f"table files, {part.name}: its bytes are not", ""


def cut_off_the_end(patient: Patient) -> tuple[str, str]:
    part = patient.part("examined")
    part.write_bytes(part.read_bytes()[:-100])
    return f"table examined, {part.name}: its bytes are not", ""


def lose_a_part(patient: Patient) -> tuple[str, str]:
    part = patient.part("known")
    part.unlink()
    return f"table known, {part.name}: it is gone; written again by: fairlead known update", ""


def slip_in_a_part(patient: Patient) -> tuple[str, str]:
    part = patient.part("signals")
    shutil.copy(part, part.with_name("part-0123456789abcdef01234567.parquet"))
    return "table signals, part-0123456789abcdef01234567.parquet: no digest", ""


def part_of_another_table(patient: Patient) -> tuple[str, str]:
    target = patient.tables / "matches" / "part-0123456789abcdef01234567.parquet"
    shutil.copy(patient.part("files"), target)
    return f"table matches, {target.name}: it has not the columns", ""


def lose_a_file(patient: Patient) -> tuple[str, str]:
    row = pq.read_table(patient.part("files")).to_pylist()[0]
    patient.rewrite("files", lambda rows: rows.slice(1))
    return f"exhibit {row['exhibit']}, {row['locator']}: listed, and no verdict", ""


def file_without_digest(patient: Patient) -> tuple[str, str]:
    patient.rewrite(
        "files", lambda rows: rows.set_column(rows.schema.get_field_index("md5"), "md5", pa.nulls(len(rows)))
    )
    return "read, and a digest is missing", ""


def lose_a_content(patient: Patient) -> tuple[str, str]:
    sha256 = pq.read_table(patient.part("contents")).column("sha256")[0].as_py()
    patient.rewrite("contents", lambda rows: rows.slice(1))
    return f"table contents, {sha256}: in an exhibit, and no verdict", ""


def lose_metadata(patient: Patient) -> tuple[str, str]:
    sha256 = pq.read_table(patient.part("metadata")).column("sha256")[0].as_py()
    patient.rewrite("metadata", lambda rows: rows.slice(1))
    return f"table metadata, {sha256}: ", ""


def shorten_a_list(patient: Patient) -> tuple[str, str]:
    name = pq.read_table(patient.part("known")).column("set")[0].as_py()
    patient.rewrite("known", lambda rows: rows.filter(pc.not_equal(rows["algorithm"], "vpdq")).slice(1))
    return f"hash set {name}: ", ""


def match_with_nothing(patient: Patient) -> tuple[str, str]:
    patient.rewrite(
        "matches", lambda rows: rows.set_column(2, "entry", pa.array(["md5:" + "0" * 32] * len(rows)))
    )
    return "md5:00000000000000000000000000000000: no such entry", ""


def lose_a_match(patient: Patient) -> tuple[str, str]:
    row = pq.read_table(patient.part("matches")).to_pylist()[0]
    patient.rewrite("matches", lambda rows: rows.slice(1))
    return f"table matches, {row['sha256']}, {row['set']}, {row['entry']}: found, neither matched", ""


def break_a_group(patient: Patient) -> tuple[str, str]:
    sha256 = pq.read_table(patient.part("contents")).column("sha256")[0].as_py()
    alone = {"sha256": sha256, "exhibit": "NSK/1", "locator": "/x", "cluster": sha256, "representative": True,
             "size": 2, "distance": 0, "diameter": 0}  # fmt: skip
    patient.rewrite("clusters", lambda rows: pa.Table.from_pylist([alone], schema=rows.schema))
    return f"table clusters, {sha256}: 1 of 2 contents", ""


def lines_that_do_not_add_up(patient: Patient) -> tuple[str, str]:
    sources = pq.read_table(patient.part("sources"))
    patient.rewrite("sources", lambda rows: rows.set_column(
        rows.schema.get_field_index("lines_in"), "lines_in", pc.add(rows["lines_in"], 5)))  # fmt: skip
    return f"table sources, {sources.column('source')[0].as_py()}, exhibit", ""


def empty_the_quarantine(patient: Patient) -> tuple[str, str]:
    name = pq.read_table(patient.part("quarantine")).column("source")[0].as_py()
    patient.rewrite("quarantine", lambda rows: rows.slice(1))
    return f"table quarantine, {name}, exhibit", ""


def account_in_two_persons(patient: Patient) -> tuple[str, str]:
    persons = pq.read_table(patient.part("persons")).to_pylist()
    member = next(m for p in persons for m in p["members"] if p["roles"] == ["account_user"])
    for person in persons[:2]:
        person["members"] = sorted({*person["members"], member})
    patient.rewrite("persons", lambda rows: pa.Table.from_pylist(persons, schema=rows.schema))
    return f"table persons, account {member}: in ", ""


def person_gone_that_was_published(patient: Patient) -> tuple[str, str]:
    lead, person = patient.say("SELECT lead, person FROM register_leadrow ORDER BY lead LIMIT 1")[0]
    for part in patient.store.parts(ALL["persons"]):
        rows = part.read()
        kept = rows.filter(pc.not_equal(rows["person"], person))
        patient.store.write(ALL["persons"], part.name, kept.cast(ALL["persons"].schema).to_batches())
    return f"lead {lead}: the table persons has no such person", ""


def key_twice(patient: Patient) -> tuple[str, str]:
    patient.rewrite("exhibits", lambda rows: pa.concat_tables([rows, rows]))
    return "table exhibits: a key stands there 2 times", ""


def exhibit_with_another_digest(patient: Patient) -> tuple[str, str]:
    number = pq.read_table(patient.part("exhibits")).column("exhibit")[0].as_py()
    patient.rewrite("exhibits", lambda rows: rows.set_column(
        rows.schema.get_field_index("sha256"), "sha256", pa.array(["0" * 64] * len(rows))))  # fmt: skip
    return f"exhibit {number}: the table exhibits and the ledger state different digests", ""


def custody_record_gone(patient: Patient) -> tuple[str, str]:
    number = pq.read_table(patient.part("exhibits")).column("exhibit")[0].as_py()
    patient.say("UPDATE register_custodyrow SET exhibit = 'elsewhere' WHERE exhibit = %s", number)
    return (
        f"exhibit {number}: it has no custody record",
        f"UPDATE register_custodyrow SET exhibit = '{number}' WHERE exhibit = 'elsewhere'",
    )


def change_a_package(patient: Patient) -> tuple[str, str]:
    package = patient.operation / "packages" / "lanternfish-SE-0001.tar.age"
    package.write_bytes(package.read_bytes() + b"\0")
    return "package lanternfish-SE-0001: its bytes are not those that were released", ""


def lose_a_package(patient: Patient) -> tuple[str, str]:
    (patient.operation / "packages" / "lanternfish-SE-0001.tar.age").unlink()
    return "package lanternfish-SE-0001: the file is gone", ""


def slip_in_a_package(patient: Patient) -> tuple[str, str]:
    (patient.operation / "packages" / "lanternfish-SE-0002.tar.age").write_bytes(b"age")
    return "package lanternfish-SE-0002: the register does not know it", ""


def operation_nobody_opened(patient: Patient) -> tuple[str, str]:
    (patient.root / "operations" / "stray").mkdir()
    return "operation stray: the register does not know it", ""


def change_a_ledger_entry(patient: Patient) -> tuple[str, str]:
    patient.say("UPDATE register_ledger SET leaf = leaf || 'x'::bytea WHERE index = 3")
    return (
        "entry 3 is not what was seen before",
        "UPDATE register_ledger SET leaf = substring(leaf FROM 1 FOR length(leaf) - 1) WHERE index = 3",
    )


def change_the_words_of_an_entry(patient: Patient) -> tuple[str, str]:
    patient.say(
        "UPDATE register_ledgerdetail SET detail = jsonb_set(detail, '{actor}', '\"x\"') WHERE entry_id = 4"
    )
    return (
        "entry 4 does not fit its commitment",
        """UPDATE register_ledgerdetail d SET detail = jsonb_set(d.detail, '{actor}', e.detail->'actor')
           FROM register_ledgerdetail e WHERE d.entry_id = 4 AND e.entry_id = 5""",
    )


def change_the_checkpoint(patient: Patient) -> tuple[str, str]:
    kept = patient.root / "checkpoint.txt"
    lines = kept.read_text().split("\n")
    lines[1] = str(int(lines[1]) + 1)
    kept.write_text("\n".join(lines))
    return "the checkpoint kept here: ", ""


def key_that_others_can_read(patient: Patient) -> tuple[str, str]:
    key = next((patient.root / "keys").glob("*.key"))
    key.chmod(0o644)
    return f"keys/{key.name}: others may read it", ""


def leftover_of_a_killed_run(patient: Patient) -> tuple[str, str]:
    left = patient.tables / "files" / ".part-0123456789abcdef01234567.parquet.77"
    left.write_bytes(b"PAR1")
    return f"tables/files/{left.name}", ""


def leftover_of_a_killed_doctor(patient: Patient) -> tuple[str, str]:
    left = patient.operation / ".spill-x1" / "duckdb_temp_1.tmp"
    left.parent.mkdir()
    left.write_bytes(b"compared")
    return "operations/lanternfish/.spill-x1", ""


CORRUPTIONS = (
    flip_a_byte, cut_off_the_end, lose_a_part, slip_in_a_part, part_of_another_table, lose_a_file, file_without_digest,
    lose_a_content, lose_metadata, shorten_a_list, match_with_nothing, lose_a_match, break_a_group,
    lines_that_do_not_add_up, empty_the_quarantine, account_in_two_persons, person_gone_that_was_published, key_twice,
    exhibit_with_another_digest, custody_record_gone, change_a_package, lose_a_package, slip_in_a_package,
    operation_nobody_opened, change_a_ledger_entry, change_the_words_of_an_entry, change_the_checkpoint,
    key_that_others_can_read, leftover_of_a_killed_run, leftover_of_a_killed_doctor,
)  # fmt: skip


@pytest.mark.parametrize("plant", CORRUPTIONS, ids=lambda plant: plant.__name__)
def test_a_planted_corruption_is_found_and_named(
    patient: Patient, plant: Callable[[Patient], tuple[str, str]]
) -> None:
    named, undo = plant(patient)
    try:
        found = patient.findings()
    finally:
        if undo:
            patient.say(undo)
    assert [said for said in found if named in said], found


@pytest.mark.parametrize("table", ["examined", "contents", "clusters"])
def test_a_corrupted_part_is_made_again_by_the_next_run_and_is_what_it_was(
    patient: Patient, table: str
) -> None:
    part = patient.part(table)
    before = part.read_bytes()
    part.write_bytes(before[:-60] + bytes(60))
    fairlead("process", "--workspace", patient.root)
    assert part.read_bytes() == before
    assert patient.findings() == []


def test_a_run_stops_at_a_corrupted_table_that_it_cannot_make_again(patient: Patient) -> None:
    part = patient.part("known")
    part.write_bytes(part.read_bytes()[:-60])
    done = fairlead("process", "--workspace", patient.root, check=False)
    assert done.returncode == 2
    assert "RUN-PART: table known: " + part.name in done.stderr
    assert any("process, begun" in said and "RUN-PART" in said for said in patient.findings())


def test_parts_of_an_older_version_without_digests_are_read_and_get_them(patient: Patient) -> None:
    shutil.rmtree(patient.tables / ".digests")
    assert {said.partition("? ")[0] for said in patient.findings()} == {"Is a digest kept of every part"}
    done = json.loads(fairlead("process", "--workspace", patient.root, "--json").stdout.splitlines()[-1])
    assert sum(stage["done"] for stage in done["stages"]) == 0
    fairlead("doctor", "--adopt", "--workspace", patient.root)
    assert patient.findings() == []


def test_leftovers_are_removed_when_asked(patient: Patient) -> None:
    leftover_of_a_killed_run(patient)
    leftover_of_a_killed_doctor(patient)
    fairlead("doctor", "--tidy", "--workspace", patient.root)
    assert patient.findings() == []
