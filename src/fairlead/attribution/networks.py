"""What a range of addresses is known for: its country, and whether many people sit behind one address."""

from __future__ import annotations

import csv
import hashlib
import ipaddress
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import maxminddb

from fairlead.terms.errors import UsageError

KINDS = frozenset({"cgnat", "vpn", "tor", "hosting", "mobile", "private", "residential"})
MASS_KINDS = frozenset({"cgnat", "vpn", "tor", "hosting", "mobile", "private"})


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

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_reader": None}

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
        if country is None and self.mmdb is not None:
            country = self._in_database(address)
            source = source or self.mmdb.name
        return Placed(country=country, kind=kind, range=cidr, source=source)

    def _in_database(self, address: str) -> str | None:
        if self._reader is None:
            self._reader = maxminddb.open_database(str(self.mmdb))
        entry = self._reader.get(address)
        if not isinstance(entry, dict):
            return None
        country = entry.get("country", entry.get("registered_country"))
        code = country.get("iso_code") if isinstance(country, dict) else entry.get("country_code", country)
        return code if isinstance(code, str) and len(code) == 2 else None


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
    """The shipped ranges, then those of the operator's files (CSV with cidr,country,kind, or TOML)."""
    shipped = (resources.files("fairlead.attribution") / "data" / "networks.toml").read_text("utf-8")
    ranges = [_range(entry, "shipped") for entry in tomllib.loads(shipped)["range"]]
    for file in files:
        if file.suffix == ".toml":
            entries = tomllib.loads(file.read_text("utf-8")).get("range", [])
        else:
            with file.open(encoding="utf-8", newline="") as text:
                entries = list(csv.DictReader(text))
        ranges += [_range(entry, file.name) for entry in entries]
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
