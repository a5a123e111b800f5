"""Exhibits and tables in object storage, worked by a real Spark cluster, against the same worked on this computer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.engine.parts import PartStore
from fairlead.engine.places import ObjectPlace
from fairlead.tables import ALL
from tests.end_to_end.test_killed import TABLES
from tests.engine.object_server import BUCKET, ObjectServer, needs_s3, object_server
from tests.engine.spark_cluster import SparkCluster, needs_spark, start_cluster

pytestmark = [needs_s3, pytest.mark.long]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture(scope="module")
def environment(server: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    others = {k: v for k, v in os.environ.items() if not k.startswith(("FAIRLEAD", "AWS_"))}
    return others | server.environment | {"FAIRLEAD_CACHE": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def run(environment: dict[str, str]) -> Run:
    def fairlead(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "fairlead", *map(str, arguments)],
            capture_output=True, text=True, env=environment, check=False,
        )  # fmt: skip
        if check and done.returncode not in (0, 1):
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return fairlead


@pytest.fixture(scope="module")
def made(run: Run, server: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "made"
    run("training", "make", folder, "--seed", "31", "--scale", "0.05")
    # What object storage can hold of a folder: regular files with names of printable text.
    for path in sorted((folder / "exhibits" / "webserver").rglob("*"), reverse=True):
        if path.is_symlink() or not (path.is_dir() or (path.is_file() and path.name.isprintable())):
            path.unlink()
    server.put_folder(folder / "exhibits", "exhibits")
    return folder


def prepare(run: Run, workspace: Path, made: Path, *, tables: str = "", exhibits: str = "") -> Path:
    here = ("--workspace", workspace)
    run("init", workspace)
    run("operation", "new", "x", "--lead", "DK", *(("--tables", tables) if tables else ()), *here)
    place = exhibits or str(made / "exhibits")
    for name, number in (("webserver", "NSK/1"), ("server.dd", "NSK/3")):
        run("exhibit", "add", f"{place}/{name}", "--exhibit", number, "--authority", "order", *here)
    run("known", "import", made / "lists" / "partner-pdq.txt", "--format", "pdq", "--set", "p",
        "--meaning", "of-interest", *here)  # fmt: skip
    return workspace


def sorted_tables(store: PartStore) -> dict[str, pa.Table]:
    return {
        name: store.read(ALL[name]).sort_by([(k, "ascending") for k in ALL[name].key]).combine_chunks()
        for name in TABLES
    }


@pytest.fixture(scope="module")
def local(run: Run, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = prepare(run, tmp_path_factory.mktemp("local") / "w", made)
    run("process", "--workers", "2", "--workspace", workspace)
    return workspace


@pytest.fixture(scope="module")
def cluster(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    with pytest.MonkeyPatch.context() as patched:
        for name in (
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ):  # a machine of the cluster signs in by itself
            patched.setenv(name, environment[name])
        started = start_cluster(tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def there(
    run: Run,
    made: Path,
    local: Path,
    cluster: SparkCluster,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The same operation with tables and exhibits in object storage, worked by the cluster."""
    del local  # before the cluster: both want this computer's cores
    workspace = prepare(
        run, tmp_path_factory.mktemp("there") / "w", made,
        tables=f"s3://{BUCKET}/tables", exhibits=f"s3://{BUCKET}/exhibits",
    )  # fmt: skip
    cache = ("--spark-conf", f"spark.executorEnv.FAIRLEAD_CACHE={environment['FAIRLEAD_CACHE']}")
    done = run("process", *cluster.options, *cache, "--workspace", workspace)
    assert "testing" not in done.stdout + done.stderr
    return workspace


@needs_spark
def test_a_cluster_with_everything_in_object_storage_gives_the_tables_of_this_computer(
    there: Path,
    local: Path,
    server: ObjectServer,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = sorted_tables(PartStore(ObjectPlace(BUCKET, "tables")))
    expected = sorted_tables(PartStore(local / "operations" / "x" / "tables"))
    for name in TABLES:
        # A file system and object storage state other times of a file; nothing else may differ.
        times = [c for c in found[name].column_names if c.endswith("_at") or c == "time_source"]
        by_place = times if name in ("files", "listing") else []
        rows, wanted = (t.drop_columns(by_place).to_pylist() for t in (found[name], expected[name]))
        assert rows == wanted, name
    assert server.keys("tables/.digests") != []
    assert not (there / "operations" / "x" / "tables" / "files").exists()


@needs_spark
def test_the_doctor_is_content_and_finds_an_altered_object_which_the_next_run_makes_again(
    there: Path, run: Run, server: ObjectServer
) -> None:
    here = ("--workspace", there)
    assert json.loads(run("doctor", "--json", *here).stdout.splitlines()[-1])["healthy"] is True
    key = next(key for key in server.keys("tables/contents") if key.endswith(".parquet"))
    whole = server.get(key)
    server.put(key, whole[:-60] + bytes(60))
    told = run("doctor", *here)
    assert told.returncode == 1
    assert (
        f"table contents, {key.rpartition('/')[2]}: its bytes are not those that were written" in told.stdout
    )
    run("process", "--no-verify-exhibits", *here)
    assert server.get(key) == whole
    assert json.loads(run("doctor", "--json", *here).stdout.splitlines()[-1])["healthy"] is True
    files = run("sql", "SELECT count(*) AS n FROM files", "--json", *here).stdout
    assert '"n": ' in files


def test_a_killed_run_goes_on_and_comes_to_the_same_tables(
    made: Path,
    local: Path,
    run: Run,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    place = ObjectPlace(BUCKET, "killed")
    workspace = prepare(run, tmp_path / "w", made, tables=str(place))
    store = PartStore(place)
    for table in ("listing", "files", "examined"):
        process = subprocess.Popen(
            [sys.executable, "-m", "fairlead", "process", "--workers", "1", "--workspace", str(workspace)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        ends = time.monotonic() + 120
        while not store.parts(ALL[table]) and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    run("process", "--workspace", workspace)
    expected = sorted_tables(PartStore(local / "operations" / "x" / "tables"))
    found = sorted_tables(store)
    assert [name for name in TABLES if not found[name].equals(expected[name])] == []


def test_an_exhibit_that_changed_in_object_storage_stops_the_run_and_places_in_use_are_refused(
    run: Run, server: ObjectServer, tmp_path: Path
) -> None:
    here = ("--workspace", tmp_path / "w")
    run("init", tmp_path / "w")
    server.put("taken/something", b"1")
    refused = run(
        "operation", "new", "x", "--lead", "DK", "--tables", f"s3://{BUCKET}/taken", *here, check=False
    )
    assert refused.returncode == 64
    assert "USAGE-FOLDER" in refused.stderr
    run("operation", "new", "x", "--lead", "DK", "--tables", f"s3://{BUCKET}/free", *here)
    for number in range(5):
        server.put(f"seized/folder/{number}.txt", b"text %d" % number)
    run("exhibit", "add", f"s3://{BUCKET}/seized", "--exhibit", "A/1", "--authority", "order", *here)
    run("process", "--workers", "1", *here)
    server.put("seized/folder/3.txt", b"text X")
    changed = run("process", "--workers", "1", *here, check=False)
    assert changed.returncode == 2
    assert "CUSTODY-CHANGED" in changed.stderr
    verified = run("exhibit", "verify", "A/1", *here, check=False)
    assert verified.returncode == 1


def test_tables_are_not_looked_for_in_another_object_storage_where_they_would_seem_empty(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    here = ("--workspace", str(tmp_path / "w"))
    run("init", tmp_path / "w")
    run("operation", "new", "x", "--lead", "DK", "--tables", f"s3://{BUCKET}/held", *here)
    assert '"n": 0' in run("sql", "SELECT count(*) AS n FROM files", "--json", *here).stdout
    with object_server(tmp_path) as another:
        for command in (("sql", "SELECT count(*) FROM files"), ("process",), ("serve",)):
            refused = subprocess.run(
                [sys.executable, "-m", "fairlead", *command, *here],
                capture_output=True, text=True, env=environment | another.environment, check=False, timeout=120,
            )  # fmt: skip
            assert refused.returncode == 2, command
            assert "RUN-OBJECTS-OTHER" in refused.stderr
        assert another.keys("") == [], "nothing is written there"
