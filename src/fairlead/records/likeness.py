"""What values and names of columns look like: the signs by which a draft of a mapping is made."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from fairlead.records.money import read_money
from fairlead.records.values import read_address, read_country

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_HASH = re.compile(
    r"\$(?:2[abxy]?|5|6|argon2\w*|P|H|S|wp)\$.+|[0-9a-f]{32,128}|pbkdf2\w*[$:].+|\{[A-Z0-9-]+\}.+|sha\d+[$:].+|.{0,12}:[0-9a-f]{32}",
    re.IGNORECASE,
)  # fmt: skip
_PHONE = re.compile(r"\+?[\d ()./-]{6,20}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?[./-]\d\d?[./-]\d{2,4}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CURRENCY = re.compile(r"[A-Za-z]{3,5}")
_EPOCHS = (("unix", 9e8, 2.2e9), ("unix_ms", 9e11, 2.2e12), ("unix_us", 9e14, 2.2e15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The names of a role, and what its values look like."""

    name: re.Pattern[str]
    value: str


@lru_cache(maxsize=1)
def shipped() -> tuple[dict[str, dict[str, Rule]], dict[str, re.Pattern[str]], dict[str, re.Pattern[str]]]:
    """Roles by kind of rows, patterns of names of tables, and of acts."""
    told = tomllib.loads((resources.files("fairlead.records") / "roles.toml").read_text("utf-8"))
    roles = {
        kind: {
            role: Rule(name=re.compile("|".join(f"(?:{one})" for one in said["names"])), value=said["value"])
            for role, said in told[kind].items()
        }
        for kind in ("accounts", "payments", "events")
    }
    tables = {name: re.compile(pattern) for name, pattern in told["tables"].items()}
    return roles, tables, {name: re.compile(pattern) for name, pattern in told["acts"].items()}


def plain_name(name: str) -> str:
    """A name in lower case, its words joined by underscores, without accents."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2])
    letters = unicodedata.normalize("NFKD", parted.replace("ø", "o").replace("ß", "ss").replace("ł", "l"))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def plain_names(column: str, table: str) -> tuple[str, ...]:
    """The names by which a column may be known: its own, and without the table's where that stands before it."""
    own, of = plain_name(column), plain_name(table).rpartition("_")[2]
    fronts = [f"{of}_", f"{of.removesuffix('s')}_", f"{of}s_"]
    return (own, *(own.removeprefix(front) for front in fronts if own.startswith(front)))


def time_form(values: list[str]) -> tuple[str, float]:
    """How most values would be read as times, and the share that fits."""
    best, share = "", 0.0
    for form, low, high in _EPOCHS:
        fits = sum(v.isascii() and v.isdigit() and low <= int(v[:17]) <= high for v in values) / len(values)
        if fits > share:
            best, share = form, fits
    iso = sum(_ISO.fullmatch(v) is not None for v in values) / len(values)
    return ("iso", iso) if iso > share else (best, share)


def _binary_address(value: str) -> bool:
    printable = value.isascii() and value.isprintable()
    if printable and "." not in value and ":" not in value:
        return False  # four letters are no packed address
    return read_address(value.encode("latin-1", "replace")) is not None


_LOOKS: dict[str, Callable[[str], bool]] = {
    "email": lambda v: _EMAIL.fullmatch(v) is not None,
    "address": _binary_address,
    "hash": lambda v: _HASH.fullmatch(v) is not None,
    "phone": lambda v: _PHONE.fullmatch(v) is not None,
    "date": lambda v: _DATE.fullmatch(v) is not None,
    "country": lambda v: len(v) == 2 and read_country(v) is not None,
    "currency": lambda v: _CURRENCY.fullmatch(v) is not None,
    "money": lambda v: read_money(v) is not None,
    "key": lambda v: _KEY.fullmatch(v) is not None,
    "agent": lambda v: len(v) > 10 and ("/" in v or " " in v),
    "word": lambda v: 0 < len(v) <= 120,
    "words": lambda v: 0 < len(v) <= 120 and not v.isdigit() and "@" not in v,
}


def share_of(kind: str, values: list[str]) -> float:
    """Which share of values look like a kind; 0 where there are none."""
    if not values:
        return 0.0
    if kind == "time":
        return time_form(values)[1]
    look = _LOOKS[kind]
    return sum(map(look, values)) / len(values)
