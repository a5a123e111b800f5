"""Fairlead's grades beside Splink's defaults, recordlinkage and nomenklatura, on the same records and pairs.

python -m benchmarks.linkage.run 100000 --export DIR      (Fairlead's figures, and DIR for the peers)
python benchmarks/linkage/peers.py DIR splink             (in an environment that has only the peer)
python benchmarks/linkage/peers.py DIR splink_by_name     (for the labelled sets of `compare`)
python benchmarks/linkage/peers.py DIR recordlinkage
python benchmarks/linkage/peers.py DIR nomenklatura

Every peer gets the candidate pairs that Fairlead compares. Its pairs above a threshold are closed into groups, and
pairs inside groups are counted against the truth, as in `fairlead.attribution.evaluate`. All thresholds are tried:
the best recall at a precision of 0.99 and the best F1 are the peer's own best, chosen with the truth in view.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

PERSONAL = ("first_name", "last_name", "dob", "postcode", "country")
HELD = ("email", "phone", "iban", "device", "ip", "user_name")
PRECISION = 0.99


def of_splink(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Splink's default training: u by sampling, m by expectation maximisation, term frequencies on."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    def exact(column: str):
        return cl.ExactMatch(column).configure(term_frequency_adjustments=True)

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rid",
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "last_name"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.EmailComparison("email"),
            *(exact(c) for c in (*HELD[1:], "postcode", "country")),
        ],
        blocking_rules_to_generate_predictions=[
            *(block_on(f"{c}_key") for c in HELD),
            block_on("first_name", "last_name", "dob"),
            block_on("last_name", "postcode"),
        ],
        retain_intermediate_calculation_columns=False,
    )
    connection = duckdb.connect()
    keys = ", ".join(
        f"CASE WHEN count(*) OVER (PARTITION BY {c}) <= 20 THEN {c} END AS {c}_key" for c in HELD
    )
    connection.execute(f"CREATE TABLE keyed AS SELECT *, {keys} FROM '{folder}/records.parquet'")
    api = DuckDBAPI(connection)
    linker = Linker(
        api.register(connection.table("keyed").to_arrow_table(), dataset_display_name="flat"), settings
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on("email_key"), block_on("phone_key"), block_on("iban_key")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for columns in (
        ("email_key",),
        ("first_name", "last_name"),
        ("iban_key",),
        ("device_key",),
        ("phone_key",),
    ):
        kept = linker._settings_obj.core_model_settings.copy()  # failed training leaves it broken in 5.0.0
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
        except Exception as error:  # noqa: BLE001
            print(f"training on {columns} failed: {type(error).__name__}", file=sys.stderr)
            linker._settings_obj.core_model_settings = kept
    found = linker.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation()
    rows = found.project("rid_l, rid_r, match_probability").fetchnumpy()
    return rows["rid_l"], rows["rid_r"], rows["match_probability"]


def of_splink_by_name(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Splink as its tutorials link names, dates of birth and homes, on the labelled sets; only the same pairs count."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE keyed AS SELECT * FROM '{folder}/records.parquet'").fetchall()
    flat = connection.table("keyed").to_arrow_table()
    columns = [c for c in ("postcode", "address", "email") if flat[c].null_count < len(flat)]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rid",
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "last_name"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            *(
                cl.JaroWinklerAtThresholds(c, [0.9, 0.8]).configure(term_frequency_adjustments=True)
                for c in columns
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("dob"),
            block_on("first_name", "last_name"),
            *(block_on(c, name) for c in columns for name in ("first_name", "last_name")),
            *(block_on(c) for c in columns if c != "address"),
        ],
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register(flat, dataset_display_name="flat"), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("first_name", "last_name", "dob")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (("dob",), ("first_name", "last_name"), *((c, "first_name") for c in columns)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = linker.inference.predict(threshold_match_probability=0.001).as_duckdbpyrelation()
    rows = found.project("rid_l, rid_r, match_probability").fetchnumpy()
    left, right = (np.asarray(rows[end], np.int64) for end in ("rid_l", "rid_r"))
    pairs = pq.read_table(folder / "pairs.parquet")
    width = int(max(left.max(), right.max(), pairs["r"].to_numpy().max())) + 1
    same = np.isin(
        np.minimum(left, right) * width + np.maximum(left, right),
        pairs["l"].to_numpy() * width + pairs["r"].to_numpy(),
    )
    return left[same], right[same], np.asarray(rows["match_probability"])[same]


def of_recordlinkage(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """recordlinkage's ECM classifier, as its documentation shows it."""
    import pandas
    import recordlinkage

    flat = pq.read_table(folder / "records.parquet").to_pandas().set_index("rid")
    pairs = pq.read_table(folder / "pairs.parquet").to_pandas()
    index = pandas.MultiIndex.from_arrays([pairs["l"], pairs["r"]])
    compare = recordlinkage.Compare()
    for column in ("first_name", "last_name"):
        compare.string(column, column, method="jarowinkler", threshold=0.88, label=column)
    for column in (*PERSONAL[2:], *HELD):
        compare.exact(column, column, label=column)
    vectors = compare.compute(index, flat)
    model = recordlinkage.ECMClassifier(binarize=0.5)
    model.fit(vectors)
    score = model.prob(vectors)
    return pairs["l"].to_numpy(), pairs["r"].to_numpy(), np.asarray(score)


def of_nomenklatura(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """nomenklatura's matcher logic-v2 on records written as FollowTheMoney persons."""
    from followthemoney import EntityProxy, model
    from nomenklatura.matching import LogicV2, ScoringConfig

    schema = {"dob": "birthDate", "email": "email", "phone": "phone", "country": "country"}
    proxies = {}
    for row in pq.read_table(folder / "records.parquet").to_pylist():
        proxy = EntityProxy.from_dict({"id": str(row["rid"]), "schema": "Person", "properties": {}})
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        for prop, value in (("name", name or row["user_name"]), *((p, row[c]) for c, p in schema.items())):
            if value:
                proxy.add(prop, value)
        proxies[row["rid"]] = proxy
    pairs = pq.read_table(folder / "pairs.parquet")
    config = ScoringConfig.defaults()
    left, right = pairs["l"].to_numpy(), pairs["r"].to_numpy()
    score = [LogicV2.compare(proxies[a], proxies[b], config).score for a, b in zip(left, right, strict=True)]
    assert model is not None
    return left, right, np.asarray(score)


def figures(left: np.ndarray, right: np.ndarray, score: np.ndarray, folder: Path) -> dict[str, object]:
    """The peer's best over all thresholds, counted over the records behind each profile."""
    truth = pq.read_table(folder / "truth.parquet")
    rid, person = truth["rid"].to_numpy(), truth["person"].to_numpy()
    size = int(max(rid.max(), left.max(), right.max())) + 1
    counts = np.unique(person, return_counts=True)[1]
    all_true = int((counts * (counts - 1) // 2).sum())
    rows = []
    odds = np.log2(np.clip(score, 1e-12, 1 - 1e-12) / (1 - np.clip(score, 1e-12, 1 - 1e-12)))
    for bits in np.unique(np.quantile(odds, np.linspace(0, 1, 300))):
        chosen = odds >= bits
        graph = coo_matrix(
            (np.ones(chosen.sum(), np.int8), (left[chosen], right[chosen])), shape=(size, size)
        )
        label = connected_components(graph, directed=False)[1][rid]
        sizes = np.unique(label, return_counts=True)[1].astype(np.int64)
        both = np.unique(label.astype(np.int64) * (person.max() + 1) + person, return_counts=True)[1].astype(
            np.int64
        )
        pairs, right_pairs = int((sizes * (sizes - 1) // 2).sum()), int((both * (both - 1) // 2).sum())
        precision, recall = right_pairs / max(pairs, 1), right_pairs / all_true
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        rows.append({"bits": round(float(bits), 2), "precision": precision, "recall": recall, "f1": f1})
    safe = [row for row in rows if row["precision"] >= PRECISION]
    return {
        "best_recall_at_0.99": max(safe, key=lambda r: r["recall"]) if safe else None,
        "best_f1": max(rows, key=lambda r: r["f1"]),
        "most_precise": max(rows, key=lambda r: r["precision"]),
    }


def main() -> None:
    folder, peer = Path(sys.argv[1]), sys.argv[2]
    began = time.perf_counter()
    left, right, score = {
        "splink": of_splink, "splink_by_name": of_splink_by_name,
        "recordlinkage": of_recordlinkage, "nomenklatura": of_nomenklatura
    }[peer](folder)  # fmt: skip
    took = time.perf_counter() - began
    said = {"peer": peer, "pairs": len(left), "seconds": round(took, 1)} | figures(left, right, score, folder)
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
