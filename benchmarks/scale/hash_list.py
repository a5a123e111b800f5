"""A large list of known hashes, by the commands a user types: python -m benchmarks.scale.hash_list --entries 100000000

A made-up operation is processed with its partner's list, then again with a list that holds the same hashes among many
others: by two processes here, or with --spark by a cluster of two workers, started here on loopback. Prints what each
command cost, and that the large list found what the small one found.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from tests.engine.spark_cluster import start_cluster

from benchmarks.known.hashes import natural_hashes, spread_hashes
from benchmarks.scale.commands import fairlead, say
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.tables.known import COMPARISONS, KNOWN, MATCHES

_BASE = 1_000_000
_AT_ONCE = 1_000_000
_FOUND = "SELECT sha256, entry, frame, transform, distance FROM matches WHERE set = '{set}'"
_COUNTED = f"""
SELECT (SELECT count(*) FROM ({_FOUND.format(set="partner")})) AS found_by_small,
       (SELECT count(*) FROM ({_FOUND.format(set="partner")} EXCEPT {_FOUND.format(set="large")})) AS lost_by_large,
       (SELECT count(*) FROM ({_FOUND.format(set="large")} EXCEPT {_FOUND.format(set="partner")})) AS only_by_large,
       (SELECT count(*) FROM known WHERE set = 'large') AS entries_kept,
       (SELECT count(*) FROM comparisons WHERE set = 'large') AS tasks
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--spark", action="store_true")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        with ExitStack() as until_done:
            engine: list[str] = ["--workers", "2"]
            beside: tuple[int, ...] = ()
            if asked.spark:
                cluster = start_cluster(folder)
                until_done.callback(cluster.stop)
                engine, beside = cluster.options, tuple(p.pid for p in cluster.processes)
            work(folder, asked.entries, engine, beside)
    finally:
        shutil.rmtree(folder)


def work(folder: Path, entries: int, engine: list[str], beside: tuple[int, ...]) -> None:
    made, workspace, large = folder / "made", folder / "ws", folder / "large.txt"
    small = made / "lists" / "partner-pdq.txt"
    here = ("--workspace", str(workspace))
    fairlead("training", "make", str(made), "--seed", "31", "--scale", "0.5")
    fairlead("init", str(workspace))
    fairlead("operation", "new", "x", "--lead", "DK", *here)
    for number, exhibit in enumerate(("webserver", "server.dd", "replies")):
        path = str(made / "exhibits" / exhibit)
        fairlead("exhibit", "add", path, "--exhibit", f"X/{number}", "--authority", "order", *here)
    known = ("--format", "pdq", "--meaning", "of-interest", *here)
    fairlead("known", "import", str(small), "--set", "partner", *known)
    fairlead("process", "--workers", "2", *here)
    write_list(large, entries, small.read_text())
    fairlead("known", "import", str(large), "--set", "large", *known)
    size = large.stat().st_size
    large.unlink()
    fairlead("process", *engine, *here, beside=beside)
    fairlead("process", *engine, *here, beside=beside)
    fairlead("doctor", *here)
    operation = workspace / "operations" / "x"
    catalogue = Catalogue(PartStore(operation / "tables"), (MATCHES, KNOWN, COMPARISONS))
    try:
        told = catalogue.rows(_COUNTED)[0]
    finally:
        catalogue.close()
    kept = {
        place: sum(p.stat().st_size for p in (operation / place).rglob("*") if p.is_file())
        for place in ("tables", "indexes")
    }
    say({"entries": entries, **told, "list_bytes": size, **{f"{k}_bytes": v for k, v in kept.items()}})


def write_list(path: Path, entries: int, besides: str) -> None:
    """So many hashes, a line each as a list of PDQ has them, and those of another list at the end."""
    base = natural_hashes(min(entries, _BASE), 3)
    with path.open("w") as handle:
        for seed in range(-(-entries // _BASE)):
            rows = base if seed == 0 else spread_hashes(base, 2, seed)[len(base) :]
            rows = rows[: entries - seed * _BASE]
            for low in range(0, len(rows), _AT_ONCE):
                text = np.ascontiguousarray(rows[low : low + _AT_ONCE]).tobytes().hex()
                handle.writelines(text[at : at + 64] + "\n" for at in range(0, len(text), 64))
        handle.write(besides)


if __name__ == "__main__":
    main()
