"""From a raw row and the roles of its columns to a row of a table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Rows
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fairlead.records.directory import AccountDirectory
from fairlead.records.mapping import AccountRoles, ColumnUse, EventRoles, PaymentRoles
from fairlead.records.values import Clock, ReadTime, read_address, read_amount, read_birth_date, read_country
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import PaymentKind, PlatformAct, Role

_SECRET_ROLES = frozenset({"password"})
_LONGEST_TEXT = 4096
_LONGEST_CURRENCY = 12  # ISO 4217 has three letters, tokens have more


class Unusable(Exception):  # noqa: N818 - it is a verdict on a row, raised and caught inside the room
    """The row lacks what its table cannot do without; the reason goes to quarantine."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """What every row of one source is read with."""

    source: str
    account_source: str
    clock: Clock
    directory: AccountDirectory
    salt: bytes
    charset: str = "utf-8"
    decimal: str = "."
    reference_is: str = "free"
    reference_pattern: re.Pattern[str] | None = None
    unread: int = 0
    seen: set[str] = field(default_factory=set)

    def text(self, raw: bytes) -> str:
        """Bytes as text; what the character set has not is shown as an escape."""
        return raw.decode(self.charset, errors="backslashreplace").replace("\x00", "\\x00")


@dataclass(slots=True)
class _Row:
    reader: Reader
    values: Rows[str, bytes | None]
    uses: dict[str, ColumnUse]

    def raw(self, role: str) -> bytes | None:
        use = self.uses.get(role)
        if use is None:
            return None
        if use.constant is not None:
            return use.constant.encode()
        raw = self.values.get(use.column or "")
        if raw is None or raw == b"":
            return None
        if not use.pattern and not use.values:
            return raw
        text = self.reader.text(raw)
        if use.pattern:
            found = re.search(use.pattern, text)
            if found is None or not found.group(1):
                return None
            text = found.group(1)
        if use.values:
            text = use.values.get(text, use.values.get("*", text))
        return text.encode()

    def text(self, role: str) -> str | None:
        raw = self.raw(role)
        if raw is None:
            return None
        use = self.uses[role]
        text = self.reader.text(raw) if use.constant is None else raw.decode()
        return text[:_LONGEST_TEXT] or None

    def time(self, role: str, zone: str | None = None) -> ReadTime | None:
        text = self.text(role)
        if text is None or text.strip("0-: .T") == "":
            return None
        read = self.reader.clock.read(text, self.uses[role].format, zone=zone)
        counted: ReadTime | None = self.counted(read)
        return counted

    def counted(self, read: Any) -> Any:
        if read is None:
            self.reader.unread += 1
        return read

    def address(self, role: str) -> str | None:
        raw = self.raw(role)
        return None if raw is None else self.counted(read_address(raw))

    def country(self, role: str) -> str | None:
        text = self.text(role)
        return None if text is None else self.counted(read_country(text))

    def amount(self, role: str) -> Decimal | None:
        text = self.text(role)
        return None if text is None else read_amount(text, decimal=self.reader.decimal)

    def account(self) -> str | None:
        directory, source = self.reader.directory, self.reader.account_source
        found = None
        if "account_id" in self.uses:
            text = self.text("account_id")
            # the platform's own key is an account even where the account's row was not read
            found = f"{source}:{text}" if text and text not in ("0", "-1") else None
        if found is None and "account_user_name" in self.uses:
            found = directory.by_user_name(source, self.text("account_user_name"))
        if found is None and "account_email" in self.uses:
            found = directory.by_email(source, self.text("account_email"))
        return found

    def original(self) -> str:
        kept: dict[str, str | None] = {}
        for role, use in self.uses.items():
            if use.column is None or role in _SECRET_ROLES:
                continue
            raw = self.values.get(use.column)
            if raw is not None and b"\x00" in raw:
                kept[use.column] = "0x" + raw[:_LONGEST_TEXT].hex()
            else:
                kept[use.column] = None if raw is None else self.reader.text(raw)[:_LONGEST_TEXT]
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)

    def once(self, key: str, what: str) -> str:
        if key in self.reader.seen:
            raise Unusable(f"a second row with the same {what}")
        self.reader.seen.add(key)
        return key


def uses_of(
    roles: AccountRoles | PaymentRoles | EventRoles, columns: tuple[str, ...]
) -> dict[str, ColumnUse]:
    """The roles that this table can fill; a column that the mapping names and the table lacks is an error."""
    uses: dict[str, ColumnUse] = {}
    for role in type(roles).model_fields:
        use: ColumnUse | None = getattr(roles, role)
        if use is None:
            continue
        if use.column is not None and use.column not in columns:
            if use.optional:
                continue
            raise UsageError(
                f"the mapping gives {role} the column {use.column}, which is not there",
                f"Use one of: {', '.join(columns)}.",
                code="MAPPING-004",
            )
        uses[role] = use
    return uses


def build_account(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, role: Role, locator: str
) -> dict[str, Any]:
    """A row of the table accounts."""
    row = _Row(reader, values, uses)
    own = row.text("id") if "id" in uses else locator.rpartition("#bytes=")[2]
    if own is None:
        raise Unusable("an account without an id")
    registered, last = row.time("registered_at"), row.time("last_seen_at")
    birth = row.text("date_of_birth")
    password = row.raw("password")
    full_name = row.text("full_name") or " ".join(
        part for part in (row.text("first_name"), row.text("last_name")) if part
    )
    return {
        "account": row.once(f"{reader.source}:{own}", "id"),
        "source": reader.source,
        "role": role.value,
        "user_name": row.text("user_name"),
        "full_name": full_name or None,
        "date_of_birth": row.counted(read_birth_date(birth, uses["date_of_birth"].format)) if birth else None,
        "email": row.text("email"),
        "phone": row.text("phone"),
        "registered_at": registered.at if registered else None,
        "registered_ip": row.address("registered_ip"),
        "last_seen_at": last.at if last else None,
        "last_ip": row.address("last_ip"),
        "device": row.text("device"),
        "country": row.country("country"),
        "postcode": row.text("postcode"),
        "address": row.text("address"),
        "language": row.text("language"),
        "zone": row.text("zone"),
        "password_key": hashlib.blake2b(password, key=reader.salt, digest_size=16).hexdigest()
        if password
        else None,
        "status": row.text("status"),
        "instrument_kind": row.text("instrument_kind"),
        "instrument": row.text("instrument"),
        "time_basis": registered.basis if registered else last.basis if last else None,
        "original": row.original(),
    }


def build_payments(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, locator: str
) -> list[dict[str, Any]]:
    """Rows of the table payments: the payment, and apart from it what was refunded or charged back."""
    row = _Row(reader, values, uses)
    amount = row.amount("amount")
    if amount is None:
        raise Unusable("a payment without a readable amount")
    own = row.text("id") if "id" in uses else locator.rpartition("#bytes=")[2]
    if own is None:
        raise Unusable("a payment without an id")
    kind = row.text("kind") or PaymentKind.PAYMENT.value
    if kind not in set(PaymentKind):
        raise Unusable("a kind of payment that the mapping does not translate")
    if amount < 0 and kind == PaymentKind.PAYMENT:
        kind = PaymentKind.REFUND.value
    paid = _paid_at(row)
    reference = row.text("reference")
    account = row.account() or reader.directory.in_text(
        reader.account_source, reference, reader.reference_pattern, reader.reference_is
    )
    currency = row.text("currency")
    base: dict[str, Any] = {
        "payment": row.once(f"{reader.source}:{own}", "id"),
        "source": reader.source,
        "account": account,
        "reference": reference,
        "kind": kind,
        "amount": abs(amount),
        "currency": currency.strip().upper()[:_LONGEST_CURRENCY] if currency else None,
        "paid_at": paid.at if paid else None,
        "payer_name": row.text("payer_name"),
        "payer_email": row.text("payer_email"),
        "payer_phone": row.text("payer_phone"),
        "payer_country": row.country("payer_country"),
        "payer_postcode": row.text("payer_postcode"),
        "instrument_kind": row.text("instrument_kind"),
        "instrument": row.text("instrument"),
        "instrument_country": row.country("instrument_country"),
        "ip": row.address("ip"),
        "time_basis": paid.basis if paid else None,
        "original": row.original(),
    }
    built = [base]
    for role, other in (("refunded_amount", PaymentKind.REFUND), ("disputed_amount", PaymentKind.CHARGEBACK)):
        back = row.amount(role) if role in uses else None
        if back:
            built.append(
                base | {"payment": f"{reader.source}:{own}/{other}", "kind": other.value, "amount": abs(back)}
            )
    return built


def _paid_at(row: _Row) -> ReadTime | None:
    if "paid_on" not in row.uses:
        return row.time("paid_at")
    day, clock_time, zone = row.text("paid_on"), row.text("paid_at_time"), row.text("paid_zone")
    form = row.uses["paid_on"].format or "%Y-%m-%d"
    if day is None:
        return None
    read = row.reader.clock.read(f"{day} {clock_time or '00:00:00'}", f"{form} %H:%M:%S", zone=zone)
    counted: ReadTime | None = row.counted(read)
    return counted


def build_event(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, table: str, locator: str
) -> dict[str, Any]:
    """A row of the table events."""
    row = _Row(reader, values, uses)
    act = row.text("act")
    if act not in set(PlatformAct):
        raise Unusable("an act that the mapping does not translate into one of Fairlead's")
    own = row.text("id") if "id" in uses else locator.rpartition("#bytes=")[2]
    if own is None:
        raise Unusable("an event without an id")
    at = row.time("at")
    agent = row.text("agent")
    counterpart = row.text("counterpart_id")
    return {
        "event": row.once(f"{reader.source}:{table}:{own}", "id"),
        "source": reader.source,
        "account": row.account(),
        "kind": act,
        "at": at.at if at else None,
        "ip": row.address("ip"),
        "device": row.text("device"),
        "agent": agent[:512] if agent else None,
        "object": row.text("object"),
        "counterpart": f"{reader.account_source}:{counterpart}" if counterpart else None,
        "time_basis": at.basis if at else None,
        "original": row.original(),
    }
