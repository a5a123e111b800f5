"""Whether two runs said the same: python -m benchmarks.scale.same_tables OPERATION_A OPERATION_B

Compares every table of two operations' folders, rows by key and columns by their values, whatever parts they lie in, and
names the columns that differ. Exit code 1 when any does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pyarrow as pa

from fairlead.engine.parts import PartStore
from fairlead.tables import ALL, Table

_OF_THE_RUN = {"exhibits", "comparisons"}  # when they were added, and how work was cut


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("one", type=Path)
    options.add_argument("other", type=Path)
    asked = options.parse_args()
    differing = 0
    for name, table in ALL.items():
        if name in _OF_THE_RUN:
            continue
        first, second = (_rows(PartStore(place / "tables"), table) for place in (asked.one, asked.other))
        if not first.num_rows and not second.num_rows:
            continue
        columns = [c for c in first.column_names if c in second.column_names]
        unlike = [c for c in columns if first.column(c).combine_chunks() != second.column(c).combine_chunks()]
        if first.num_rows != second.num_rows:
            unlike = ["number of rows"]
        print(f"{name}: {first.num_rows} and {second.num_rows} rows: {', '.join(unlike) or 'equal'}")
        differing += bool(unlike)
    sys.exit(1 if differing else 0)


def _rows(store: PartStore, table: Table) -> pa.Table:
    rows = store.read(table)
    return rows.sort_by([(name, "ascending") for name in table.key]) if rows.num_rows else rows


if __name__ == "__main__":
    main()
