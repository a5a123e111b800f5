"""What a range of addresses is known for: its country, and whether many people sit behind one address."""

from __future__ import annotations

import hashlib
import ipaddress
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import maxminddb
import pyarrow as pa

from fairlead.attribution.network_lists import entries_of
from fairlead.attribution.partition import part_of, parts_for
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import ADDRESSES, NORMAL_FORMS
from fairlead.terms.errors import UsageError

KINDS = frozenset({"cgnat", "vpn", "tor", "hosting", "mobile", "private", "residential", "university"})
MASS_KINDS = frozenset({"cgnat", "vpn", "tor", "hosting", "mobile", "private", "university"})
MASS_SQL = ", ".join(f"'{kind}'" for kind in sorted(MASS_KINDS))
ADDRESSES_A_PART = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One range: network in CIDR form, country or None, kind or None, and who says so."""

    cidr: str
    country: str | None = None
    kind: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What is known of one address."""

    country: str | None
    kind: str | None
    range: str | None
    source: str


_NOWHERE = Placed(country=None, kind=None, range=None, source="")


class Networks:
    """Looks addresses up by longest prefix, then in the given MMDB for what no range says."""

    def __init__(self, ranges: Iterable[Range], *, mmdb: Path | None = None) -> None:
        self._by_length: dict[tuple[int, int], dict[int, Range]] = {}
        self.mmdb = mmdb
        self._reader: Any = None
        hasher = hashlib.blake2b(digest_size=12)
        for entry in ranges:
            network = _network(entry.cidr)
            table = self._by_length.setdefault((network.version, network.prefixlen), {})
            table[int(network.network_address)] = entry
            hasher.update(f"{entry.cidr}|{entry.country}|{entry.kind}\n".encode())
        if mmdb is not None:
            hasher.update(hashlib.sha256(mmdb.read_bytes()).digest())
        self.digest = hasher.hexdigest()
        self._lengths = sorted(self._by_length, reverse=True)

    def look_up(self, address: str) -> Placed:
        """Country and kind of one address; both None when nobody says."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return _NOWHERE
        number, width = int(parsed), parsed.max_prefixlen
        kind = country = cidr = None
        source = ""
        for version, length in self._lengths:
            if version != parsed.version:
                continue
            found = self._by_length[version, length].get(number >> (width - length) << (width - length))
            if found is None:
                continue
            kind, country = kind or found.kind, country or found.country
            cidr, source = cidr or found.cidr, source or found.source
        if self.mmdb is not None and (country is None or kind is None):
            entry = self._in_database(address)
            country, kind = country or _country_of(entry), kind or _kind_of(entry)
            source = source or self.mmdb.name
        return Placed(country=country, kind=kind, range=cidr, source=source)

    def _in_database(self, address: str) -> dict[str, object]:
        if self._reader is None:
            self._reader = maxminddb.open_database(str(self.mmdb))
        entry = self._reader.get(address)
        return entry if isinstance(entry, dict) else {}


def _country_of(entry: dict[str, object]) -> str | None:
    country = entry.get("country", entry.get("registered_country"))
    code = country.get("iso_code") if isinstance(country, dict) else entry.get("country_code", country)
    return code if isinstance(code, str) and len(code) == 2 else None


_TRAITS = {
    "is_tor_exit_node": "tor", "is_anonymous_vpn": "vpn", "is_public_proxy": "vpn", "is_residential_proxy": "vpn",
    "is_hosting_provider": "hosting", "is_anonymous": "vpn",
}  # fmt: skip


def _kind_of(entry: dict[str, object]) -> str | None:
    """The kind that a database of anonymous networks states, at its top or among its traits."""
    traits = entry.get("traits", {})
    said = entry | (traits if isinstance(traits, dict) else {})
    return next((kind for trait, kind in _TRAITS.items() if said.get(trait) is True), None)


class AddressesStage:
    """Looks every address up that records or log lines hold. Where the ranges come from, only this computer knows."""

    name = "addresses"
    reads: tuple[Table, ...] = (NORMAL_FORMS,)
    writes = ADDRESSES

    def __init__(self, networks: Networks) -> None:
        self.networks = networks
        self.version = f"1-{networks.digest}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield addresses of which anything is known."""
        parts = parts_for(
            catalogue.scalar("SELECT count(*) FROM normal_forms WHERE kind = 'ip' AND valid"),
            ADDRESSES_A_PART,
        )
        statement = f"""SELECT DISTINCT {part_of("value", parts)} AS part, value FROM normal_forms
            WHERE kind = 'ip' AND valid ORDER BY part, value"""
        for part, rows in catalogue.runs(statement, "part"):
            known = []
            for address in rows.column("value").to_pylist():
                placed = self.networks.look_up(address)
                if placed != _NOWHERE:
                    known.append(
                        {
                            "address": address, "country": placed.country, "network": placed.kind,
                            "range": placed.range, "source": placed.source,
                        }
                    )  # fmt: skip
            if known:
                yield f"{part:05d}", pa.Table.from_batches([ADDRESSES.batch(known)])


def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError as problem:
        raise UsageError(
            "a network file holds a range that is not in CIDR form",
            "Write ranges like 192.0.2.0/24.",
            code="NETWORKS-001",
        ) from problem


def read_networks(files: Iterable[Path] = (), *, mmdb: Path | None = None) -> Networks:
    """The shipped ranges, then those of the operator's files (see ``network_lists``)."""
    shipped = (resources.files("fairlead.attribution") / "data" / "networks.toml").read_text("utf-8")
    ranges = [_range(entry, "shipped") for entry in tomllib.loads(shipped)["range"]]
    for file in files:
        ranges += [_range(entry, file.name) for entry in entries_of(file)]
    return Networks(ranges, mmdb=mmdb)


def _range(entry: dict[str, str], source: str) -> Range:
    kind = (entry.get("kind") or "").strip().lower() or None
    if "cidr" not in entry or (kind is not None and kind not in KINDS):
        raise UsageError(
            f"{source}: a range lacks its cidr or has an unknown kind",
            f"Use the columns cidr, country, kind; kinds: {', '.join(sorted(KINDS))}.",
            code="NETWORKS-002",
        )
    return Range(
        cidr=entry["cidr"].strip(),
        country=(entry.get("country") or "").strip().upper() or None,
        kind=kind,
        source=entry.get("source") or source,
    )
