"""What a range of addresses is known for: its country, and whether many people sit behind one address."""

from __future__ import annotations

import hashlib
import ipaddress
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pyarrow as pa

from fairlead.attribution.network_handler import KINDS
from fairlead.attribution.network_reading import RangeRead, ask_database, read_list
from fairlead.attribution.partition import part_of, parts_for
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import ADDRESSES, NORMAL_FORMS
from fairlead.terms.countries import ISO_COUNTRIES
from fairlead.terms.errors import UsageError

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
        return self.look_up_all([address])[0]

    def look_up_all(self, addresses: Sequence[str]) -> list[Placed]:
        """Country and kind of each address, in their order; what is no address is placed nowhere.

        Ranges say first; what they leave open, the database is asked in one go.
        """
        placed = [self._in_ranges(address) for address in addresses]
        if self.mmdb is None:
            return placed
        open_ones = [
            place
            for place, (address, known) in enumerate(zip(addresses, placed, strict=True))
            if (known.country is None or known.kind is None) and _may_be_asked(address)
        ]
        if not open_ones:
            return placed
        said = ask_database(self.mmdb, [addresses[place] for place in open_ones])
        for place, entry in zip(open_ones, said, strict=True):
            known = placed[place]
            placed[place] = Placed(
                country=known.country or entry["country"],
                kind=known.kind or entry["kind"],
                range=known.range,
                source=known.source or self.mmdb.name,
            )
        return placed

    def _in_ranges(self, address: str) -> Placed:
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
        return Placed(country=country, kind=kind, range=cidr, source=source)


def _may_be_asked(text: str) -> bool:
    """Whether it is an address; one of a zone says nothing outside its computer."""
    try:
        return not getattr(ipaddress.ip_address(text), "scope_id", None)
    except ValueError:
        return False


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
            addresses = rows.column("value").to_pylist()
            for address, placed in zip(addresses, self.networks.look_up_all(addresses), strict=True):
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
        ranges += [_range(entry, file.name) for entry in read_list(file)]
    return Networks(ranges, mmdb=mmdb)


_NOWHERE_IN_PARTICULAR = frozenset({"", "ZZ", "XX", "EU", "AP", "A1", "A2", "O1", "T1", "-", "??"})
"""What publishers write where they know no country, or more than one (ISO 3166-1 reserves ZZ and XX for users)."""


def _country(said: str, source: str) -> str | None:
    """A country by its two letters; UK is GB. UsageError for anything else: it would vanish without a word."""
    if said in _NOWHERE_IN_PARTICULAR:
        return None
    code = "GB" if said == "UK" else said
    if code not in ISO_COUNTRIES:
        raise UsageError(
            f"{source}: a range has a country that is none of ISO 3166-1",
            "Write countries as in ISO 3166-1: DK, SE, GB.",
            code="NETWORKS-002",
        )
    return code


def check_networks(files: Iterable[Path], mmdb: Path | None) -> None:
    """Raise UsageError for a list that cannot be read or a database that cannot be asked."""
    read_networks(files, mmdb=mmdb).look_up("192.0.2.1")


def _range(entry: RangeRead, source: str) -> Range:
    kind = (entry.get("kind") or "").strip().lower() or None
    cidr = (entry.get("cidr") or "").strip()
    if not cidr or (kind is not None and kind not in KINDS):
        raise UsageError(
            f"{source}: a range lacks its cidr or has an unknown kind",
            f"Use the columns cidr, country, kind; kinds: {', '.join(sorted(KINDS))}.",
            code="NETWORKS-002",
        )
    country = (entry.get("country") or "").strip().upper()
    return Range(
        cidr=cidr,
        country=_country(country, source),
        kind=kind,
        source=entry.get("source") or source,
    )
