"""A made-up platform in a few rows, and what attribution says of it."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairlead.attribution.networks import Networks, Range, read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
ORIGIN = {"exhibit": "NSK/1", "locator": "path:x"}


def account(name: str, **columns: Any) -> dict[str, Any]:
    base = {"account": f"platform:{name}", "source": "platform", "role": "account_user", "status": "member"}
    return ORIGIN | base | columns


def subscriber(name: str, **columns: Any) -> dict[str, Any]:
    return ORIGIN | {"account": f"provider:{name}", "source": "provider", "role": "subscriber"} | columns


def payment(name: str, **columns: Any) -> dict[str, Any]:
    return ORIGIN | {"payment": f"card:{name}", "source": "card", "kind": "payment"} | columns


def visits(
    name: str, ip: str, *, days: int, first_day: int = 0, agent: str = "Made Up/1"
) -> list[dict[str, Any]]:
    return [
        {
            "exhibit": "NSK/1", "locator": f"path:log#bytes={name}{ip}{first_day + n}", "source": "web",
            "account": f"platform:{name}", "at": START + timedelta(days=first_day + n), "ip": ip,
            "status": 200, "agent": agent,
        }
        for n in range(days)
    ]  # fmt: skip


def networks() -> Networks:
    shipped = read_networks()
    del shipped
    return Networks(
        [
            Range(cidr="100.64.0.0/10", kind="cgnat"),
            Range(cidr="198.18.0.0/15", kind="vpn", country="CH"),
            Range(cidr="192.0.2.0/24", kind="tor"),
            Range(cidr="198.51.100.0/25", country="DK", kind="residential"),
            Range(cidr="198.51.100.128/25", country="SE", kind="residential"),
            Range(cidr="203.0.113.0/24", country="DE", kind="residential"),
        ]
    )


class Operation:
    """All stages over rows; the folder goes when the object goes."""

    def __init__(
        self, *rows: dict[str, Any] | list[dict[str, Any]], judgements: tuple[Any, ...] = ()
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fl")
        self.store = PartStore(Path(self._folder.name))
        flat = [row for entry in rows for row in (entry if isinstance(entry, list) else [entry])]
        for table, key in ((PAYMENTS, "payment"), (ACCOUNTS, "role"), (ACCESSES, "agent"), (EVENTS, "event")):
            chosen = [row for row in flat if key in row]
            self.store.write(
                table, "part-1.parquet", [pa.RecordBatch.from_pylist(chosen, schema=table.schema)]
            )
        with LocalEngine(self.store, alone_up_to=100) as engine:
            for stage in attribution_stages(networks(), judgements):
                engine.run(stage)
        self.catalogue = Catalogue(self.store)

    def person(self, record: str) -> dict[str, Any]:
        found = self.catalogue.rows("SELECT * FROM persons WHERE list_contains(members, ?)", [record])
        assert len(found) == 1
        return found[0]

    def same(self, *records: str) -> bool:
        return len({self.person(record)["person"] for record in records}) == 1

    def link(self, left: str, right: str) -> dict[str, Any]:
        a, b = sorted((left, right))
        return self.catalogue.rows('SELECT * FROM links WHERE "left" = ? AND "right" = ?', [a, b])[0]
