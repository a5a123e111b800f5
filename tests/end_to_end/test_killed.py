"""`fairlead process` killed at random points gives the same tables, byte for byte."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.engine.parts import PartStore
from fairlead.tables import ALL
from tests.end_to_end.conftest import fairlead

pytestmark = pytest.mark.long

TABLES = (
    "listing",
    "files",
    "worklist",
    "examined",
    "contents",
    "metadata",
    "frames",
    "matches",
    "traced",
    "signals",
    "generation_facts",
    "tool_files",
    "generation_links",
    "assessed_acts",
    "origins_of",
)


KILLS = 20


def prepared(folder: Path, made: Path) -> Path:
    workspace = folder / "ws"
    fairlead("init", workspace)
    fairlead("operation", "new", "x", "--lead", "DK", "--workspace", workspace)
    for number, name in enumerate(("webserver", "laptop.zip", "server.dd", "damaged.zip"), start=1):
        fairlead(
            "exhibit", "add", made / "exhibits" / name, "--exhibit", f"AB/{number}", "--authority", "x", "--workspace",
            workspace,
        )  # fmt: skip
    fairlead(
        "known", "import", made / "lists" / "partner-pdq.txt", "--format", "pdq", "--set", "p", "--meaning",
        "of-interest", "--workspace", workspace,
    )  # fmt: skip
    return workspace


def sorted_bytes(workspace: Path) -> dict[str, bytes]:
    store = PartStore(workspace / "operations" / "x" / "tables")
    answer = {}
    for name in TABLES:
        table = ALL[name]
        rows = store.read(table).sort_by([(k, "ascending") for k in table.key]).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        answer[name] = bytes(sink.getvalue())
    return answer


def test_killed_at_random_points_and_run_again_the_tables_are_the_same(tmp_path: Path) -> None:
    made = tmp_path / "made"
    fairlead("training", "make", made, "--seed", "31", "--scale", "0.3")
    whole = prepared(tmp_path / "whole", made)
    fairlead("process", "--workspace", whole)
    killed = prepared(tmp_path / "killed", made)
    rng = random.Random(41)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    expected, kills = sorted_bytes(whole), 0
    while kills < KILLS:
        process = subprocess.Popen(
            [sys.executable, "-m", "fairlead", "process", "--workspace", str(killed)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        try:
            process.wait(timeout=rng.uniform(1.0, 4.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert sorted_bytes(killed) == expected
        for name in TABLES:  # done before all kills were: once more from the beginning
            shutil.rmtree(killed / "operations" / "x" / "tables" / name)
    done = fairlead("process", "--workspace", killed)
    assert done.returncode in (0, 1)
    found = sorted_bytes(killed)
    for name in TABLES:
        assert found[name] == expected[name], name
