"""Attribution of a made-up population: figures per grade, seconds per stage, peak memory.

python -m benchmarks.linkage.run 100000 --seed 7
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.linkage.generate import population

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.identifiers import IdentifiersStage
from fairlead.attribution.links import LinksStage
from fairlead.attribution.networks import read_networks
from fairlead.attribution.persons import PersonsStage
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACCOUNTS, PAYMENTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    made = population(given.records, given.seed)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = PartStore(Path(folder))
        store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
        store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
        identifiers = IdentifiersStage(read_networks())
        for stage in (identifiers, LinksStage(), PersonsStage(identifiers)):
            began = time.perf_counter()
            for name, rows in stage.gather(Catalogue(store)):
                store.write(stage.writes, f"part-{name}.parquet", rows.to_batches())
            seconds[stage.name] = round(time.perf_counter() - began, 1)
        figures = evaluate(store.read(PERSONS).to_pylist(), {r: str(p) for r, p in made.truth.items()})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        json.dumps(
            {"records": given.records, "seed": given.seed, "seconds": seconds, "peak_gib": round(peak, 2)}
            | figures,
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
