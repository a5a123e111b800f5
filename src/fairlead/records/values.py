"""Values as platforms store them, read into times, amounts, addresses and countries. Nothing is guessed."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?(?:\d{2})?)?"
)
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

        ``form`` is unix, unix_ms, iso, a strptime pattern, or None: Unix seconds or ISO 8601.
        """
        text = text.strip()
        try:
            read = self._read(text, form, zone)
        except (ValueError, OverflowError):
            return None
        if read is None or read.at < _EPOCH:
            return None
        if not self.offset_seconds:
            return read
        return ReadTime(
            at=read.at - timedelta(seconds=self.offset_seconds),
            basis=read.basis,
            offset_minutes=read.offset_minutes,
        )

    def _read(self, text: str, form: str | None, zone: str | None) -> ReadTime | None:
        if form in ("unix", "unix_ms") or (form is None and text.isdigit()):
            seconds = Decimal(text) / (1000 if form == "unix_ms" else 1)
            if not 0 < seconds <= _LAST_UNIX_SECOND:
                return None
            return ReadTime(at=_EPOCH + timedelta(microseconds=int(seconds * 1_000_000)), basis="unix")
        if form in (None, "iso"):
            found = _ISO.fullmatch(text)
            if found is None:
                return None
            year, month, day, hour, minute, second, fraction, stated = found.groups()
            micro = int((fraction or "0").ljust(6, "0")[:6])
            naive = datetime(  # noqa: DTZ001 - the zone is added below
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
            )
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
            return _in_zone(naive, ZoneInfo(zone)) if "/" in zone or zone in ("UTC", "GMT") else None
        if self.zone == "stated":
            return None
        if self.zone_info is not None:
            return _in_zone(naive, self.zone_info)
        return ReadTime(at=naive.replace(tzinfo=UTC), basis=self.zone)


def _in_zone(naive: datetime, zone: ZoneInfo) -> ReadTime:
    """A wall-clock time in a zone; of an hour that occurs twice the first is taken, and said so."""
    first = naive.replace(tzinfo=zone, fold=0)
    second = naive.replace(tzinfo=zone, fold=1)
    basis = zone.key if first.utcoffset() == second.utcoffset() else f"{zone.key} (ambiguous hour)"
    return ReadTime(at=first.astimezone(UTC), basis=basis)


def _offset_minutes(text: str) -> int:
    if text in ("Z", "UTC"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if text[0] == "-" else minutes


_MOST_MONEY = Decimal(99999999999999)


def read_amount(text: str, *, decimal: str = ".") -> Decimal | None:
    """An amount with sign; grouping marks are taken off; None when it is not a number of that style."""
    text = text.strip().replace("\u00a0", "").replace(" ", "").replace("\u202f", "").replace("'", "")
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()")
    group = "," if decimal == "." else "."
    if not re.fullmatch(rf"[+-]?\d+(?:{re.escape(group)}\d{{3}})*(?:{re.escape(decimal)}\d+)?", text):
        return None
    try:
        amount = Decimal(text.replace(group, "").replace(decimal, "."))
    except InvalidOperation:
        return None
    if abs(amount) > _MOST_MONEY:
        return None
    amount = round(amount, 18)
    return -amount if negative else amount


def read_address(raw: bytes) -> str | None:
    """An IP address in text or in 4 or 16 packed bytes; None when it is neither."""
    text = raw.decode("ascii", errors="replace").strip()
    try:
        return str(ipaddress.ip_address(text.removeprefix("::ffff:") if "." in text else text))
    except ValueError:
        pass
    if len(raw) in (4, 16):
        return str(ipaddress.ip_address(raw))
    if re.fullmatch(r"[0-9a-fA-F]{8}|[0-9a-fA-F]{32}", text):  # phpBB 2 and MyBB exports write packed hex
        return str(ipaddress.ip_address(bytes.fromhex(text)))
    return None


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
    return code if re.fullmatch(r"[A-Z]{2}", code) else None
