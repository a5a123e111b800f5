"""How often pairs of each rule were one person, at several sizes: writes `attribution/data/measured.toml`.

python -m benchmarks.linkage.calibrate 10000 100000 1000000 --seed 99
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa
from benchmarks.linkage.generate import population

from fairlead.attribution.identifiers import IdentifiersStage
from fairlead.attribution.networks import read_networks
from fairlead.attribution.pairs import build_pairs
from fairlead.attribution.scoring import score_pairs, shipped_weights
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.tables.records import ACCOUNTS, PAYMENTS

HEAD = """# How often pairs that fulfil a rule of linkage.toml were one person: records in the truth = [right, all].
# Written by `python -m benchmarks.linkage.calibrate {given}`. The truth is made up; it says
# nothing about a real platform.
"""


def scored(records: int, seed: int, folder: Path) -> duckdb.DuckDBPyConnection:
    """Compared and weighed pairs of a population, with ``truth(rid, person)`` beside them."""
    made = population(records, seed)
    store = PartStore(folder)
    store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
    store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
    identifiers = IdentifiersStage(read_networks())
    for name, rows in identifiers.gather(Catalogue(store)):
        store.write(identifiers.writes, f"part-{name}.parquet", rows.to_batches())
    connection = build_pairs(Catalogue(store), [])
    score_pairs(connection, shipped_weights())
    connection.register("known", pa.table({"owner": list(made.truth), "person": list(made.truth.values())}))
    connection.execute(
        """CREATE TABLE truth AS SELECT DISTINCT r.rid, k.person
        FROM known k JOIN profiles p USING (owner) JOIN records r USING (profile)"""
    )
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="+")
    parser.add_argument("--seed", type=int, default=99)
    given = parser.parse_args()
    counted: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for records in given.records:
        with tempfile.TemporaryDirectory() as folder:
            connection = scored(records, given.seed, Path(folder))
            for rule, right, pairs in connection.sql(
                """SELECT pattern, sum((a.person = b.person)::INT), count(*)
                FROM scored s JOIN truth a ON a.rid = s.l JOIN truth b ON b.rid = s.r
                WHERE refusal IS NULL AND pattern IS NOT NULL GROUP BY pattern"""
            ).fetchall():
                counted[rule][records] = (int(right), pairs)
            connection.close()
    text = HEAD.format(given=f"{' '.join(map(str, given.records))} --seed {given.seed}")
    for rule in shipped_weights().rules:
        if counted[rule.name]:
            text += f"\n[rule.{rule.name}]\n"
            text += "".join(f"{size} = [{a}, {b}]\n" for size, (a, b) in sorted(counted[rule.name].items()))
    target = resources.files("fairlead.attribution") / "data" / "measured.toml"
    Path(str(target)).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
