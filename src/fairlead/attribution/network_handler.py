"""Inside the sandbox: a list of networks, or a database of them that is asked about addresses; answers in frames of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TypedDict

import maxminddb
import pyarrow as pa

from fairlead.attribution.network_lists import entries_of
from fairlead.engine.sandbox import write_frame
from fairlead.engine.sandbox.batches import pack_batch
from fairlead.engine.sandbox.warming import load_character_sets

RANGES = pa.schema([(name, pa.string()) for name in ("cidr", "country", "kind", "source")])
PLACES = pa.schema([("country", pa.string()), ("kind", pa.string())])
KINDS = frozenset({"cgnat", "vpn", "tor", "hosting", "mobile", "private", "residential", "university"})
ROWS = 50_000
_TRAITS = {
    "is_tor_exit_node": "tor", "is_anonymous_vpn": "vpn", "is_public_proxy": "vpn", "is_residential_proxy": "vpn",
    "is_hosting_provider": "hosting", "is_anonymous": "vpn",
}  # fmt: skip


class NetworkJob(TypedDict):
    """The list's file name; empty for a database, which is asked about the addresses in the second descriptor."""

    name: str


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for."""
    pa.set_cpu_count(1)
    load_character_sets()


def handle(header: NetworkJob, descriptors: list[int]) -> dict[str, object]:
    """``descriptors``: the list and the pipe, or the database, addresses one a line, and the pipe."""
    with os.fdopen(os.dup(descriptors[0]), "rb") as file:
        if header["name"]:
            entries = entries_of(file.read().decode("utf-8-sig", errors="replace"), header["name"])
            rows: Iterable[dict[str, str | None]] = (
                {name: entry.get(name) for name in RANGES.names} for entry in entries
            )
            schema = RANGES
        else:
            with os.fdopen(os.dup(descriptors[1]), "rb") as asked:
                rows, schema = _placed(maxminddb.open_database(file, maxminddb.MODE_FD), asked.read()), PLACES
        held: list[dict[str, str | None]] = []
        for row in rows:
            held.append(row)
            if len(held) == ROWS:
                write_frame(descriptors[-1], 0, pack_batch(pa.RecordBatch.from_pylist(held, schema)))
                held.clear()
        if held:
            write_frame(descriptors[-1], 0, pack_batch(pa.RecordBatch.from_pylist(held, schema)))
    return {}


def _placed(database: maxminddb.Reader, addresses: bytes) -> Iterator[dict[str, str | None]]:
    for address in addresses.decode("ascii").splitlines():
        entry = database.get(address)
        said: dict[str, object] = dict(entry) if isinstance(entry, dict) else {}
        yield {"country": _country_of(said), "kind": _kind_of(said)}


def _country_of(entry: dict[str, object]) -> str | None:
    country = entry.get("country", entry.get("registered_country"))
    code = country.get("iso_code") if isinstance(country, dict) else entry.get("country_code", country)
    return (
        code
        if isinstance(code, str) and len(code) == len("DK") and code.isascii() and code.isalnum()
        else None
    )


def _kind_of(entry: dict[str, object]) -> str | None:
    """The kind that a database of anonymous networks states, at its top or among its traits."""
    traits = entry.get("traits", {})
    said = entry | (traits if isinstance(traits, dict) else {})
    return next((kind for trait, kind in _TRAITS.items() if said.get(trait) is True), None)
