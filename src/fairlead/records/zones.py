"""Zones as records write them: names, offsets, and abbreviations with what they may mean."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?")
_LONGEST_OFFSET = 14

# Minutes from UTC, and a place whose clocks show whether the abbreviation was in use on a date.
_ABBREVIATIONS: dict[str, tuple[int, str]] = {
    "WET": (0, "Europe/Lisbon"), "WEST": (60, "Europe/Lisbon"), "CET": (60, "Europe/Berlin"),
    "CEST": (120, "Europe/Berlin"), "MEZ": (60, "Europe/Berlin"), "MESZ": (120, "Europe/Berlin"),
    "EET": (120, "Europe/Helsinki"), "EEST": (180, "Europe/Helsinki"), "MSK": (180, "Europe/Moscow"),
    "TRT": (180, "Europe/Istanbul"), "PST": (-480, "America/Los_Angeles"), "PDT": (-420, "America/Los_Angeles"),
    "MST": (-420, "America/Denver"), "MDT": (-360, "America/Denver"), "EST": (-300, "America/New_York"),
    "EDT": (-240, "America/New_York"), "AKST": (-540, "America/Anchorage"), "AKDT": (-480, "America/Anchorage"),
    "HST": (-600, "Pacific/Honolulu"), "NST": (-210, "America/St_Johns"), "NDT": (-150, "America/St_Johns"),
    "JST": (540, "Asia/Tokyo"), "KST": (540, "Asia/Seoul"), "HKT": (480, "Asia/Hong_Kong"),
    "SGT": (480, "Asia/Singapore"), "PHT": (480, "Asia/Manila"), "ICT": (420, "Asia/Bangkok"),
    "WIB": (420, "Asia/Jakarta"), "AEST": (600, "Australia/Sydney"), "AEDT": (660, "Australia/Sydney"),
    "ACST": (570, "Australia/Adelaide"), "ACDT": (630, "Australia/Adelaide"), "AWST": (480, "Australia/Perth"),
    "NZST": (720, "Pacific/Auckland"), "NZDT": (780, "Pacific/Auckland"), "SAST": (120, "Africa/Johannesburg"),
    "BRT": (-180, "America/Sao_Paulo"), "IDT": (180, "Asia/Jerusalem"),
}  # fmt: skip
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "CST": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "CDT": ("America/Chicago", "America/Havana"),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "AMT": ("America/Manaus", "Asia/Yerevan"),
    "GST": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "SST": ("Pacific/Pago_Pago", "Asia/Singapore"),
}
"""Abbreviations that stand for zones in different parts of the world: a person has to say which."""


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(text: str) -> bool:
    """Whether a text names one zone: an IANA name, an offset, or an abbreviation with one meaning."""
    return text in _names() or text in _ABBREVIATIONS or offset_minutes(text) is not None


def offset_minutes(text: str) -> int | None:
    """Minutes of an offset such as ``+02:00``, ``+0200``, ``GMT+2``; None when it is none."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    if int(hours) > _LONGEST_OFFSET:
        return None
    total = int(hours) * 60 + int(minutes or 0)
    return -total if sign == "-" else total


def unclear(text: str) -> str | None:
    """Why a zone cannot be used, for a person who has to decide; None when it can."""
    name = text.strip()
    if name.upper() in AMBIGUOUS:
        places = ", ".join(AMBIGUOUS[name.upper()])
        return f"the zone {name.upper()} may be {places}: say which in `values` of that role"
    return None if is_zone(name) or is_zone(name.upper()) else "a zone that is not known"


def place(naive: datetime, text: str) -> tuple[datetime, str, int | None] | None:
    """A wall-clock time as a moment, on what that rests, and the offset where one is stated; None if unclear.

    Of an hour that occurs twice the first is taken, and said so. An abbreviation is its offset even where no clock
    showed it at that date, and that is said, too.
    """
    name = text.strip()
    if (minutes := offset_minutes(name)) is not None:
        return naive.replace(tzinfo=timezone(timedelta(minutes=minutes))), "stated", minutes
    if name in ("UTC", "GMT", "Z", "Etc/UTC", "utc"):
        return naive.replace(tzinfo=ZoneInfo("UTC")), "UTC", None
    known = _ABBREVIATIONS.get(name.upper())
    if known is not None:
        minutes, where = known
        at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        used = at.astimezone(ZoneInfo(where)).utcoffset() == timedelta(minutes=minutes)
        return at, "stated" if used else f"stated as {name.upper()}, not in use at that date", minutes
    if name.upper() in AMBIGUOUS or name not in _names():
        return None
    zone = ZoneInfo(name)
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    same = first.utcoffset() == second.utcoffset()
    return first, name if same else f"{name} (ambiguous hour)", None
