"""Values as platforms store them, read into times, amounts, addresses and countries. Nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from fairlead.records import zones
from fairlead.records.addresses import read_address
from fairlead.records.money import read_amount
from fairlead.terms.countries import ISO_COUNTRIES

__all__ = ["Clock", "ReadTime", "read_address", "read_amount", "read_birth_date", "read_country"]

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?(?:\d{2})?)?"
)
_ISO_BASIC = re.compile(
    r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?(?:\d{2})?)?"
)
_LEAP_SECOND = 60
_UNIX_FORMS = {"unix": 1, "unix_ms": 1_000, "unix_us": 1_000_000, "unix_ns": 1_000_000_000}
_UNIX_LENGTHS = ((11, "unix"), (14, "unix_ms"), (17, "unix_us"), (20, "unix_ns"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_UNIX_SECOND = 253402300799  # year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTime:
    """A moment in UTC, and on what its zone rests; ``offset_minutes`` only when the text states one."""

    at: datetime
    basis: str
    offset_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a source's times are read: its zone, and by how many seconds its clock was fast."""

    zone: str
    zone_info: ZoneInfo | None
    offset_seconds: int = 0

    def read(self, text: str, form: str | None, *, zone: str | None = None) -> ReadTime | None:
        """Read one time; None when the text is not one in that form, or lacks the zone it should state.

        ``form`` is unix, unix_ms, unix_us, unix_ns, iso, a strptime pattern, or None: a Unix time by its length, or
        ISO 8601. ``zone`` is that of the value itself or of its column: a name, an offset, an abbreviation.
        """
        text = text.strip()
        try:
            read = self._read(text, form, zone)
            at = None if read is None else read.at - timedelta(seconds=self.offset_seconds)
        except (ValueError, OverflowError, InvalidOperation):
            return None
        if read is None or at is None or read.at < _EPOCH:
            return None
        return ReadTime(at=at, basis=read.basis, offset_minutes=read.offset_minutes)

    def _read(self, text: str, form: str | None, zone: str | None) -> ReadTime | None:
        if form is None and text.isdigit():
            form = next((name for longest, name in _UNIX_LENGTHS if len(text) <= longest), None)
        if form in _UNIX_FORMS:
            seconds = Decimal(text) / _UNIX_FORMS[form]
            if not 0 < seconds <= _LAST_UNIX_SECOND:
                return None
            return ReadTime(at=_EPOCH + timedelta(microseconds=int(seconds * 1_000_000)), basis="unix")
        if form in (None, "iso"):
            found = _ISO.fullmatch(text) or _ISO_BASIC.fullmatch(text)
            if found is None:
                return None
            year, month, day, hour, minute, second, fraction, stated = found.groups()
            micro = int((fraction or "0").ljust(6, "0")[:6])
            leap = int(second or 0) == _LEAP_SECOND
            naive = datetime(  # noqa: DTZ001 - the zone is added below
                int(year), int(month), int(day), int(hour or 0), int(minute or 0),
                _LEAP_SECOND - 1 if leap else int(second or 0), micro,
            ) + timedelta(seconds=leap)  # fmt: skip
            return self._placed(naive, stated, zone)
        parsed = datetime.strptime(text, str(form))  # noqa: DTZ007 - the zone is added below
        if parsed.tzinfo is None:
            return self._placed(parsed, None, zone)
        offset = parsed.utcoffset() or timedelta()
        return ReadTime(
            at=parsed.astimezone(UTC), basis="stated", offset_minutes=int(offset.total_seconds() // 60)
        )

    def _placed(self, naive: datetime, stated: str | None, zone: str | None) -> ReadTime | None:
        if stated is not None:
            minutes = _offset_minutes(stated)
            at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(UTC)
            return ReadTime(at=at, basis="stated", offset_minutes=minutes)
        if zone:
            found = zones.place(naive, zone)
            return None if found is None else _read(*found)
        if self.zone == "stated":
            return None
        if self.zone_info is not None:
            found = zones.place(naive, self.zone_info.key)
            return None if found is None else _read(*found)
        return ReadTime(at=naive.replace(tzinfo=UTC), basis=self.zone)


def _read(at: datetime, basis: str, offset_minutes: int | None) -> ReadTime:
    return ReadTime(at=at.astimezone(UTC), basis=basis, offset_minutes=offset_minutes)


def _offset_minutes(text: str) -> int:
    if text in ("Z", "UTC"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if text[0] == "-" else minutes


_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")


def read_birth_date(text: str, form: str | None) -> str | None:
    """A date of birth as ISO date; day and month are never guessed: other forms need ``format``."""
    text = text.strip()
    try:
        if form is not None and form != "iso":
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a date has no zone
        found = _DATE.fullmatch(text)
        if found is None:
            return None
        year, month, day = (int(part) for part in found.groups())
        return datetime(year, month, day).date().isoformat()  # noqa: DTZ001 - a date has no zone
    except ValueError:
        return None


def read_country(text: str) -> str | None:
    """An ISO 3166-1 alpha-2 code; UK is read as GB; names of countries are not guessed."""
    code = text.strip().upper()
    if code == "UK":
        return "GB"
    return code if code in ISO_COUNTRIES else None
