"""Attribution of a made-up population: figures per grade, calibration, seconds per stage, peak memory.

python -m benchmarks.linkage.run 100000 --seed 7 [--export DIR]

``--export`` writes records, candidate pairs and truth for `peers.py`.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from benchmarks.linkage.generate import Population, population

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.networks import read_networks
from fairlead.attribution.pairs import build_pairs
from fairlead.attribution.webs import WebsStage
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import LINKS, PERSONS, WEBS
from fairlead.tables.records import ACCOUNTS, PAYMENTS

BUCKETS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1.0)


def calibration(links: pa.Table, truth: dict[str, int]) -> list[dict[str, object]]:
    """Per bucket of the probability shown: how many pairs, the mean shown, the share that were one person."""
    shown = links.select(["left", "right", "probability"]).filter(links["probability"].is_valid())
    said = shown["probability"].to_numpy()
    ends = zip(shown["left"].to_pylist(), shown["right"].to_pylist(), strict=True)
    right = np.fromiter((truth[a] == truth[b] for a, b in ends), bool, len(said))
    rows = []
    for low, high in itertools.pairwise(BUCKETS):
        chosen = (said >= low) & (said < high)
        if chosen.any():
            mean, share = float(said[chosen].mean()), float(right[chosen].mean())
            rows.append({"from": low, "to": high, "pairs": int(chosen.sum()), "shown": round(mean, 4),
                         "right": round(share, 4), "error": round(abs(mean - share), 4)})  # fmt: skip
    return rows


def export(store: PartStore, made: Population, folder: Path) -> None:
    """Records, candidate pairs and truth as Parquet, for the peers."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(store, WebsStage.reads)
    build_pairs(catalogue)
    country = {r["account"]: r["country"] for r in made.accounts.select(["account", "country"]).to_pylist()}
    country |= {
        r["payment"]: r["payer_country"]
        for r in made.payments.select(["payment", "payer_country"]).to_pylist()
    }
    known = pa.table({"owner": list(made.truth), "person": list(made.truth.values()),
                      "country": [country[owner] for owner in made.truth]})  # fmt: skip
    catalogue.hold("known", known)
    kinds = ", ".join(
        f"max(value) FILTER (kind = '{k}') AS {k}"
        for k in ("email", "phone", "iban", "device", "ip", "user_name")
    )
    for name, select in {
        "records": f"""WITH held AS (
                SELECT profile, {kinds} FROM identifiers i JOIN profiles p USING (owner) GROUP BY profile),
            stated AS (SELECT profile, max(country) AS country FROM known JOIN profiles p USING (owner) GROUP BY profile)
            SELECT r.rid, r.first AS first_name, coalesce(r.last, r.only_name) AS last_name, r.dob, r.postcode,
                s.country, h.* EXCLUDE (profile)
            FROM records r LEFT JOIN held h USING (profile) LEFT JOIN stated s USING (profile) ORDER BY rid""",
        "pairs": "SELECT l, r FROM compared ORDER BY l, r",
        "truth": """SELECT r.rid, k.person FROM known k JOIN profiles p USING (owner) JOIN records r USING (profile)
            ORDER BY r.rid""",
    }.items():
        catalogue.write(select, folder / f"{name}.parquet", rows_per_group=122_880)
    catalogue.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--export", type=Path)
    parser.add_argument(
        "--workers", type=int, help="processes that share the tasks; none but this one if not given"
    )
    given = parser.parse_args()
    made = population(given.records, given.seed)
    gc.freeze()  # the truth is no part of the work, and a dictionary of a million entries slows every collection
    seconds: dict[str, float] = {}
    processor: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = PartStore(Path(folder))
        store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
        store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
        alone_up_to = 0 if given.workers else 1_000_000
        with LocalEngine(store, workers=given.workers, alone_up_to=alone_up_to) as engine:
            for stage in attribution_stages(read_networks()):
                began, used = time.perf_counter(), time.process_time()
                engine.run(stage)
                seconds[stage.name] = round(time.perf_counter() - began, 1)
                processor[stage.name] = round(time.process_time() - used, 1)
        gc.unfreeze()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        parts = duckdb.sql(
            f"""SELECT person, grade, members, probable_group, possible_group
            FROM '{store.place}/{PERSONS.name}/*.parquet'"""
        ).to_arrow_table()
        truth = {r: str(p) for r, p in made.truth.items()}
        figures = evaluate(parts.to_pylist(), truth, store.read(LINKS).to_pylist())
        figures["webs"] = (
            duckdb.sql(
                f"""SELECT count(*) AS webs, max(len(records)) AS records_at_most, max(len(pairs)) AS pairs_at_most
            FROM '{store.place}/{WEBS.name}/*.parquet' WHERE web NOT LIKE 'between %'"""
            )
            .to_arrow_table()
            .to_pylist()[0]
        )
        figures["calibration"] = calibration(store.read(LINKS), made.truth)
        if given.export:
            export(store, made, given.export)
    said = {
        "records": given.records, "seed": given.seed, "seconds": seconds, "processor_seconds": processor,
        "all_seconds": round(sum(seconds.values()), 1), "peak_gib": round(peak, 2),
    }  # fmt: skip
    print(json.dumps(said | figures, indent=1))


if __name__ == "__main__":
    main()
