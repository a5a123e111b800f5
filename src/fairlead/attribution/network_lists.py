"""Inside the sandbox: lists of networks in the forms in which they are published.

They are CSV, TOML, JSON, or one range or address a line.

A column may be called what publishers call it (``network``, ``prefix``, ``ip_prefix``); a list without a kind is of the
kind that its file name says (`tor-exits.txt`).
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePath

_CIDR = (
    "cidr", "network", "range", "prefix", "subnet", "ip", "address", "ip_prefix", "ipv6_prefix", "ipv4prefix", "ipv6prefix",
    "exitaddress",
)  # fmt: skip
_KIND = ("kind", "type", "category", "usage_type")
_COUNTRY = ("country", "country_code", "country_iso_code", "iso_code", "cc", "country_name")
_KINDS_IN_NAMES = {
    "cgnat": "cgnat", "nat": "cgnat", "vpn": "vpn", "proxy": "vpn", "proxies": "vpn", "anonymous": "vpn",
    "anonymisers": "vpn", "tor": "tor", "exit": "tor", "hosting": "hosting", "cloud": "hosting", "datacenter": "hosting",
    "mobile": "mobile", "cellular": "mobile", "private": "private", "university": "university", "campus": "university",
    "eduroam": "university", "residential": "residential",
}  # fmt: skip


NetworkEntry = dict[str, str]
"""``cidr`` and, where said, ``country``, ``kind`` and ``source``."""


def entries_of(text: str, name: str) -> list[NetworkEntry]:
    """The entries of a list with its file's name; none when nothing can be read."""
    file = PurePath(name)
    try:
        found = [_entry(raw, file) for raw in _raw(file, text)]
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, csv.Error):
        return []
    return [entry for entry in found if entry.get("cidr")]


def _raw(file: PurePath, text: str) -> Iterator[dict[str, object]]:
    if file.suffix == ".toml":
        yield from _objects(tomllib.loads(text))
    elif text.lstrip()[:1] in ("{", "["):
        try:
            parsed = json.loads(text)
        except json.JSONDecodeError:
            parsed = [json.loads(line) for line in text.splitlines() if line.strip()]
        yield from _objects(parsed)
    elif re.search(r"[,;\t]", text.splitlines()[0] if text else ""):
        delimiter = next(sign for sign in ",;\t" if sign in text.splitlines()[0])
        for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
            yield {str(key): value for key, value in row.items()}
    else:
        for line in text.splitlines():
            said = re.fullmatch(
                r"(?:ExitAddress\s+)?([0-9A-Fa-f:.]{3,}(?:/\d{1,3})?)(?:\s.*)?", line.split("#")[0].strip()
            )
            if said:
                yield {"cidr": said[1]}


def _objects(parsed: object) -> Iterator[dict[str, object]]:
    """Every object that names a range, however deep it lies, and every text in a list of texts."""
    if isinstance(parsed, dict):
        if any(str(key).lower() in _CIDR and isinstance(value, str) for key, value in parsed.items()):
            yield {str(key): value for key, value in parsed.items()}
            return
        for value in parsed.values():
            if isinstance(value, (dict, list)):
                yield from _objects(value)
    elif isinstance(parsed, list):
        for value in parsed:
            if isinstance(value, str):
                yield {"cidr": value}
            else:
                yield from _objects(value)


def _entry(raw: dict[str, object], file: PurePath) -> dict[str, str]:
    said = {
        key.strip().lower(): value.strip()
        for key, value in raw.items()
        if isinstance(value, str) and value.strip()
    }
    entry = {}
    for name, columns in (("cidr", _CIDR), ("kind", _KIND), ("country", _COUNTRY), ("source", ("source",))):
        value = next((said[column] for column in columns if column in said), None)
        if value is not None:
            entry[name] = value
    if "kind" not in entry:
        words = re.split(r"[^a-z]+", file.stem.lower())
        kind = next((_KINDS_IN_NAMES[word] for word in words if word in _KINDS_IN_NAMES), None)
        kind = kind or next((_KINDS_IN_NAMES[w[:-1]] for w in words if w[:-1] in _KINDS_IN_NAMES), None)
        if kind is not None:
            entry["kind"] = kind
    return entry
