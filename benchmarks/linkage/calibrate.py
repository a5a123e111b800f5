"""How often pairs of each rule were one person, at several sizes: writes `attribution/data/measured.toml`.

python -m benchmarks.linkage.calibrate 10000 100000 1000000 --seed 99
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from importlib import resources
from pathlib import Path

import pyarrow as pa
from benchmarks.linkage.generate import population

from fairlead.attribution.networks import read_networks
from fairlead.attribution.pairs import build_pairs
from fairlead.attribution.scoring import score_pairs, shipped_weights
from fairlead.attribution.webs import WebsStage
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import WEBS
from fairlead.tables.records import ACCOUNTS, PAYMENTS

HEAD = """# How often pairs that fulfil a rule of linkage.toml were one person: records in the truth = [right, all].
# Written by `python -m benchmarks.linkage.calibrate {given}`. The truth is made up; it says
# nothing about a real platform.
"""


def scored(records: int, seed: int, folder: Path) -> Catalogue:
    """Compared and weighed pairs of a population, with ``truth(rid, person)`` beside them."""
    made = population(records, seed)
    store = PartStore(folder)
    store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
    store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
    stages = attribution_stages(read_networks())
    with LocalEngine(store, alone_up_to=1_000_000) as engine:
        for stage in stages[: [stage.writes for stage in stages].index(WEBS)]:
            engine.run(stage)
    catalogue = Catalogue(store, WebsStage.reads)
    build_pairs(catalogue)
    score_pairs(catalogue, shipped_weights())
    catalogue.hold("known", pa.table({"owner": list(made.truth), "person": list(made.truth.values())}))
    catalogue.prepare(
        """CREATE TEMP TABLE truth AS SELECT DISTINCT r.rid, k.person
        FROM known k JOIN profiles p USING (owner) JOIN records r USING (profile)"""
    )
    return catalogue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="+")
    parser.add_argument("--seed", type=int, default=99)
    given = parser.parse_args()
    counted: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for records in given.records:
        with tempfile.TemporaryDirectory() as folder:
            catalogue = scored(records, given.seed, Path(folder))
            for row in catalogue.rows(
                """SELECT pattern, sum((a.person = b.person)::INT) AS agreed, count(*) AS pairs
                FROM scored s JOIN truth a ON a.rid = s.l JOIN truth b ON b.rid = s.r
                WHERE refusal IS NULL AND pattern IS NOT NULL GROUP BY pattern"""
            ):
                counted[row["pattern"]][records] = (int(row["agreed"]), row["pairs"])
            catalogue.close()
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
