"""From a raw row and the roles of its columns to a row of a table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Rows
from dataclasses import dataclass, field
from decimal import Decimal

from fairlead.records import charsets, zones
from fairlead.records.directory import AccountDirectory
from fairlead.records.expressions import Unread
from fairlead.records.mapping import AccountRoles, ColumnUse, EventRoles, PaymentRoles
from fairlead.records.money import (
    Amount,
    SmallerUnits,
    instrument_kind,
    kind_of_state,
    read_money,
    units_in,
)
from fairlead.records.values import Clock, ReadTime, read_address, read_birth_date, read_country
from fairlead.tables.rows import AccountRow, EventRow, PaymentRow, ValidityRow
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import PaymentKind, PlatformAct, Role

_SECRET_ROLES = frozenset({"password"})
_LONGEST_TEXT = 4096
_MOST_SHAPES = 3
_NOT = frozenset({"false", "0", "no", "f", "n"})
ANOTHER_PERSON = "a second row with the same id, which says somebody else"
_LONGEST_CURRENCY = 12  # ISO 4217 has three letters, tokens have more


class Unusable(Exception):  # noqa: N818 - it is a verdict on a row, raised and caught inside the room
    """The row lacks what its table cannot do without; the reason goes to quarantine."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many values of one mapped column there were, how many could not be read, and what those look like.

    ``shapes`` are up to three of them with every digit as 9 and every letter as a: the form, without content.
    """

    seen: int = 0
    unread: int = 0
    reason: str = ""
    shapes: list[str] = field(default_factory=list)


Tallies = dict[tuple[str, str, str], Tally]
"""By source, table (empty where there is none) and role."""


@dataclass(frozen=True, slots=True)
class Note:
    """A value of a row that could not be read."""

    role: str
    column: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Reader:
    """What every row of one source is read with.

    ``key`` begins the keys of rows here, ``account_key`` those of the accounts that they name; it is None where
    ``account_problem`` says why nobody can tell which accounts these are.
    """

    source: str
    account_source: str
    clock: Clock
    directory: AccountDirectory
    salt: bytes
    charset: str | None = None
    decimal: str = "."
    reference_is: str = "free"
    reference_pattern: re.Pattern[str] | None = None
    unread: int = 0
    seen: set[str] = field(default_factory=set)
    legs: bool = False
    exhibit: str = ""
    table: str = ""
    key: str = ""
    account_key: str | None = None
    account_problem: str = ""
    charset_here: str = "utf-8"
    zones_here: Rows[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    tallies: Tallies = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = self.key or self.source
        self.charset_here = self.charset or "utf-8"
        if self.account_key is None and not self.account_problem:
            self.account_key = self.account_source

    def at_table(self, table: str, key: str, account_key: str | None, problem: str) -> None:
        """Go on with rows of another table."""
        self.table, self.key = table, key
        self.account_key, self.account_problem = account_key, problem

    def stated(self, charset: str | None, zones_here: Rows[str, str]) -> None:
        """Take what the file itself says of its character set, which the mapping's word outdoes, and of zones."""
        self.charset_here = self.charset or charset or "utf-8"
        self.zones_here = zones_here

    def forget_notes(self) -> None:
        """Take back what was told of a row that is not kept: the whole row is in quarantine."""
        self.unread -= len(self.notes)
        self.notes.clear()

    def text(self, raw: bytes) -> str:
        """Bytes as text; what the character set has not is shown as an escape."""
        return charsets.decoded(raw, self.charset_here)[0].replace("\x00", "\\x00")

    def tally(self, role: str) -> Tally:
        """The count of one role here."""
        key = (self.source, self.table, role)
        found = self.tallies.get(key)
        if found is None:
            found = self.tallies[key] = Tally()
        return found


@dataclass(slots=True)
class _Row:
    reader: Reader
    values: Rows[str, bytes | None]
    uses: dict[str, ColumnUse]

    def raw(self, role: str) -> bytes | None:
        use = self.uses.get(role)
        if use is None or use.constant is not None:
            return None if use is None else (use.constant or "").encode()
        raw = self.values.get(use.column or "")
        if raw is None or raw == b"":
            return None
        if isinstance(raw, Unread):
            self.note(role, "an expression that cannot be evaluated", raw)
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

    def note(self, role: str, reason: str, raw: bytes | None = None) -> None:
        """Tell of a value that cannot be read; a role is told of once a row."""
        reader = self.reader
        use = self.uses[role]
        if any(note.role == role for note in reader.notes):
            return
        reader.unread += 1
        reader.notes.append(Note(role, use.column or "", reason))
        tally = reader.tally(role)
        tally.unread += 1
        tally.reason = reason
        if raw is None:
            raw = self.values.get(use.column or "") or b""
        shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", self.reader.text(raw)))[:40]
        if len(tally.shapes) < _MOST_SHAPES and shape not in tally.shapes:
            tally.shapes.append(shape)

    def text(self, role: str) -> str | None:
        raw = self.raw(role)
        if raw is None:
            return None
        if self.uses[role].constant is not None:
            return raw.decode()[:_LONGEST_TEXT] or None
        text, whole = charsets.decoded(raw, self.reader.charset_here)
        if not whole:
            self.note(role, f"bytes that are no text in {self.reader.charset_here}; they are kept", raw)
        return text.replace("\x00", "\\x00")[:_LONGEST_TEXT] or None

    def time(self, role: str, zone: str | None = None) -> ReadTime | None:
        text = self.text(role)
        if text is None or text.strip("0-: .T") == "":
            return None
        use = self.uses[role]
        zone = zone or use.zone or self.reader.zones_here.get(use.column or "")
        self.reader.tally(role).seen += 1
        read = self.reader.clock.read(text, use.format, zone=zone)
        if read is None:
            self.note(role, _why_no_time(zone, self.reader.clock))
        return read

    def address(self, role: str) -> str | None:
        raw = self.raw(role)
        if raw is None:
            return None
        self.reader.tally(role).seen += 1
        read = read_address(raw)
        if read is None:
            self.note(role, "not an internet address")
        return read

    def country(self, role: str) -> str | None:
        text = self.text(role)
        if text is None:
            return None
        self.reader.tally(role).seen += 1
        read = read_country(text)
        if read is None:
            self.note(role, "not a country in two letters (ISO 3166-1)")
        return read

    def birth_date(self) -> str | None:
        text = self.text("date_of_birth")
        if text is None:
            return None
        self.reader.tally("date_of_birth").seen += 1
        read = read_birth_date(text, self.uses["date_of_birth"].format)
        if read is None:
            self.note("date_of_birth", "not a date in the form that the mapping gives")
        return read

    def instrument(self) -> tuple[str | None, str | None]:
        """Kind and instrument; the last digits of a card are a tail, whatever the mapping calls them."""
        kind, value = self.text("instrument_kind"), self.text("instrument")
        if value is None and "card_tail" in self.uses and (tail := self.text("card_tail")):
            return "card_tail", tail
        if kind is None:
            return None, value
        known = instrument_kind(kind, value)
        if known is None:
            self.note("instrument_kind", "not one of iban, card, card_tail, wallet, account")
        return (known.value if known is not None else None), value

    def money(self, role: str) -> Amount | None:
        text = self.text(role)
        read = None if text is None else read_money(text, decimal=self.reader.decimal)
        stated = self.uses[role].divide_by if role in self.uses else None
        if read is None or stated is None:
            return read
        said = self.text("currency") or read.currency or ""
        units = units_in(said, stated) if isinstance(stated, SmallerUnits) else stated
        return Amount(read.value / units, read.currency)

    def amount(self, role: str) -> Decimal | None:
        if self.text(role) is None:
            return None
        read = self.money(role)
        if read is None:
            self.note(role, "not an amount")
        return read.value if read is not None else None

    def account(self) -> str | None:
        directory, source = self.reader.directory, self.reader.account_source
        found = None
        if "account_id" in self.uses:
            text = self.text("account_id")
            # the platform's own key is an account even where the account's row was not read
            if text and text not in ("0", "-1"):
                if self.reader.account_key is None:
                    self.note("account_id", self.reader.account_problem)
                else:
                    found = f"{self.reader.account_key}:{text}"
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
                continue
            if raw is None:
                kept[use.column] = None
                continue
            text, whole = charsets.decoded(raw, self.reader.charset_here)
            kept[use.column] = text[:_LONGEST_TEXT]
            if not whole:
                kept[f"{use.column} (bytes)"] = "0x" + raw[:_LONGEST_TEXT].hex()
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)

    def once(self, key: str, what: str) -> str:
        if key in self.reader.seen:
            raise Unusable(f"a second row with the same {what}")
        self.reader.seen.add(key)
        return key

    def one_person(self, key: str, *who: object) -> str:
        """The key of an account; a second row of it is told apart by whether it says the same person."""
        seen = self.reader.seen
        mark = f"{key}\x00{hashlib.blake2b(repr(who).encode(), digest_size=8).hexdigest()}"
        if key in seen:
            raise Unusable("a second row with the same id" if mark in seen else ANOTHER_PERSON)
        seen.update((key, mark))
        return key

    def leg(self, key: str, *what: object) -> str:
        """The key of a payment. One transaction may have several legs, which differ in amount or in who is at the end."""
        seen = self.reader.seen
        mark = hashlib.blake2b(repr(what).encode(), digest_size=8).hexdigest()
        if f"{key}\x00{mark}" in seen:
            raise Unusable("a second row with the same id")
        seen.add(f"{key}\x00{mark}")
        number = 1
        named = key
        while named in seen:
            number += 1
            named = f"{key}/leg-{number}"
        seen.add(named)
        return named


def _why_no_time(zone: str | None, clock: Clock) -> str:
    if zone is not None and (why := zones.unclear(zone)):
        return why
    if clock.zone == "stated" and zone is None:
        return "not a time in the form that the mapping gives, or one that does not state its zone"
    return "not a time in the form that the mapping gives"


def uses_of(
    roles: AccountRoles | PaymentRoles | EventRoles, columns: tuple[str, ...], where: str = "the mapping"
) -> dict[str, ColumnUse]:
    """The roles that this table can fill; a column that the mapping names and the table lacks is an error."""
    uses: dict[str, ColumnUse] = {}
    for role in type(roles).model_fields:
        use: ColumnUse | None = getattr(roles, role)
        if use is None:
            continue
        if use.column is not None and use.column not in columns:
            other = next((name for name in use.or_columns if name in columns), None)
            if other is not None:
                uses[role] = use.model_copy(update={"column": other})
                continue
            if use.optional:
                continue
            raise UsageError(
                f"{where}: the mapping gives {role} the column {use.column}, which is not there",
                f"Use one of: {', '.join(columns)}.",
                code="MAPPING-004",
            )
        uses[role] = use
    return uses


def build_account(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, role: Role, locator: str
) -> AccountRow:
    """A row of the table accounts."""
    row = _Row(reader, values, uses)
    own = row.text("id") if "id" in uses else locator.rpartition("#bytes=")[2]
    if own is None:
        raise Unusable("an account without an id")
    registered, last = row.time("registered_at"), row.time("last_seen_at")
    password = row.raw("password")
    kind_of_instrument, instrument = row.instrument()
    full_name = row.text("full_name") or " ".join(
        part for part in (row.text("first_name"), row.text("last_name")) if part
    )
    who = (row.text("user_name"), full_name or None, row.birth_date(), row.text("email"), row.text("phone"))
    return {
        "account": row.one_person(f"{reader.key}:{own}", *who),
        "source": reader.source,
        "role": role.value,
        "user_name": who[0],
        "full_name": who[1],
        "date_of_birth": who[2],
        "email": who[3],
        "phone": who[4],
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
        "instrument_kind": kind_of_instrument,
        "instrument": instrument,
        "time_basis": registered.basis if registered else last.basis if last else None,
        "original": row.original(),
        "exhibit": reader.exhibit,
        "locator": locator,
    }


def validity_of(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, account: Rows[str, object]
) -> ValidityRow | None:
    """From when to when a reply says that its record holds; None when it does not say."""
    row = _Row(reader, values, uses)
    begins, ends = row.time("valid_from"), row.time("valid_to")
    if begins is None and ends is None:
        return None
    return {
        "account": str(account["account"]),
        "source": reader.source,
        "from_at": begins.at if begins else None,
        "to_at": ends.at if ends else None,
        "time_basis": begins.basis if begins else ends.basis if ends else None,
        "exhibit": reader.exhibit,
        "locator": str(account["locator"]),
    }


def build_payments(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, locator: str
) -> list[PaymentRow]:
    """Rows of the table payments: the payment, and apart from it what was refunded or charged back."""
    row = _Row(reader, values, uses)
    money = row.money("amount")
    if money is None:
        raise Unusable("a payment without a readable amount")
    amount = money.value
    own = row.text("id") if "id" in uses else locator.rpartition("#bytes=")[2]
    if own is None:
        raise Unusable("a payment without an id")
    kind = _kind(row)
    if amount < 0 and kind is PaymentKind.PAYMENT:
        kind = PaymentKind.REFUND
    paid = _paid_at(row)
    reference = row.text("reference")
    account = row.account() or reader.directory.in_text(
        reader.account_source, reference, reader.reference_pattern, reader.reference_is
    )
    currency = row.text("currency") or money.currency
    kind_of_instrument, instrument = row.instrument()
    key = f"{reader.key}:{own}"
    key = row.leg(key, amount, reference, instrument) if reader.legs else row.once(key, "id")
    base: PaymentRow = {
        "payment": key,
        "source": reader.source,
        "account": account,
        "reference": reference,
        "kind": kind.value,
        "amount": abs(amount),
        "currency": currency.strip().upper()[:_LONGEST_CURRENCY] if currency else None,
        "paid_at": paid.at if paid else None,
        "payer_name": row.text("payer_name"),
        "payer_email": row.text("payer_email"),
        "payer_phone": row.text("payer_phone"),
        "payer_country": row.country("payer_country"),
        "payer_postcode": row.text("payer_postcode"),
        "instrument_kind": kind_of_instrument,
        "instrument": instrument,
        "instrument_country": row.country("instrument_country"),
        "ip": row.address("ip"),
        "time_basis": paid.basis if paid else None,
        "original": row.original(),
        "exhibit": reader.exhibit,
        "locator": locator,
    }
    built = [base]
    for role, other in (("refunded_amount", PaymentKind.REFUND), ("disputed_amount", PaymentKind.CHARGEBACK)):
        back = row.amount(role) if role in uses else None
        if back and kind is PaymentKind.PAYMENT:
            built.append({**base, "payment": f"{key}/{other}", "kind": other.value, "amount": abs(back)})
    return built


def _kind(row: _Row) -> PaymentKind:
    """What the row is: its kind, unless its state says that no money came."""
    kind = _stated_kind(row)
    if kind is PaymentKind.PAYMENT and (row.text("captured") or "").strip().casefold() in _NOT:
        return PaymentKind.PENDING
    confirmations = (row.text("confirmations") or "").strip()
    if kind is PaymentKind.PAYMENT and (confirmations == "0" or confirmations.startswith("-")):
        # https://developer.bitcoin.org/reference/rpc/listtransactions.html: below zero, another one was confirmed instead
        return PaymentKind.PENDING if confirmations == "0" else PaymentKind.FAILED
    return kind


def _stated_kind(row: _Row) -> PaymentKind:
    """The kind that the row states, or its state does."""
    said = row.text("kind")
    kind = PaymentKind.PAYMENT
    if said is not None:
        of_table = row.uses["kind"].states
        found = _known(said) or (kind_of_state(of_table, said) if of_table else None)
        if found is None and not of_table:
            raise Unusable("a kind of payment that the mapping does not translate")
        if found is None:
            row.note("kind", "a kind of payment that its table does not have: not counted as paid")
        kind = found or PaymentKind.UNCLEAR
    state = row.text("state")
    if state is None:
        return kind
    row.reader.tally("state").seen += 1
    meant = _known(state) or kind_of_state(row.uses["state"].states or "platform", state)
    if meant is None:
        row.note("state", "a state of payments that its table does not have: not counted as paid")
        return PaymentKind.UNCLEAR
    return (
        meant if kind is PaymentKind.PAYMENT or meant in (PaymentKind.FAILED, PaymentKind.PENDING) else kind
    )


def _known(said: str) -> PaymentKind | None:
    return PaymentKind(said) if said in set(PaymentKind) else None


def _paid_at(row: _Row) -> ReadTime | None:
    if "paid_on" not in row.uses:
        return row.time("paid_at")
    day, clock_time, zone = row.text("paid_on"), row.text("paid_at_time"), row.text("paid_zone")
    form = row.uses["paid_on"].format or "%Y-%m-%d"
    if day is None:
        return None
    row.reader.tally("paid_on").seen += 1
    time_form = row.uses["paid_at_time"].format if "paid_at_time" in row.uses else None
    text, whole_form = f"{day} {clock_time or '00:00:00'}", f"{form} {time_form or '%H:%M:%S'}"
    read = row.reader.clock.read(text, whole_form, zone=zone)
    if read is None:
        row.note("paid_on", _why_no_time(zone, row.reader.clock))
    return read


def build_event(
    values: Rows[str, bytes | None], uses: dict[str, ColumnUse], reader: Reader, *, table: str, locator: str
) -> EventRow:
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
        "counterpart": f"{reader.account_key}:{counterpart}" if counterpart and reader.account_key else None,
        "time_basis": at.basis if at else None,
        "original": row.original(),
        "exhibit": reader.exhibit,
        "locator": locator,
    }
