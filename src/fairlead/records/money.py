"""Amounts in every spelling, as exact decimals; states of payments; kinds of instruments."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from fairlead.terms.platform import PaymentKind

_MOST_MONEY = Decimal(99999999999999)
_PLACES = Decimal(1).scaleb(-18)
_DIGITS = 60
_SYMBOLS = {
    "€": "EUR", "£": "GBP", "₿": "BTC", "zł": "PLN", "₽": "RUB", "₴": "UAH", "₹": "INR", "₺": "TRY", "₪": "ILS",
    "₩": "KRW", "฿": "THB", "Kč": "CZK", "US$": "USD", "Ξ": "ETH", "$": None, "kr": None, "¥": None, "kr.": None,
}  # fmt: skip
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True))
_SPELLING = re.compile(
    rf"(?P<sign>[+\-−])?\s*(?P<before>{_SYMBOL}|[A-Z]{{3,5}})?\s*(?P<inner>[+\-−])?\s*"
    rf"(?P<number>\d[\d.,]*(?:[eE][+-]?\d+)?|[.,]\d+)\s*(?P<after>{_SYMBOL}|[A-Z]{{3,5}})?\s*(?P<last>[-−])?"
)
_GROUPED = re.compile(r"\d{1,3}(?P<mark>[.,])(?:\d{2,3}(?P=mark))*\d{3}")


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum with its sign, and the currency where it stands beside it."""

    value: Decimal
    currency: str | None = None


def read_money(text: str, *, decimal: str = ".") -> Amount | None:
    """An amount in any spelling whose marks leave one reading; None when it is not a number.

    Where a mark could be either (``1.234``), ``decimal`` says which it is; ``1.234,50`` and ``49,5`` say it themselves.
    """
    text = re.sub(r"(?<=\d)[\s\u00a0\u202f\u2009'’](?=\d{3})", "", text.strip())
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    bracketed = text.startswith("(") and text.endswith(")")
    found = _SPELLING.fullmatch(text[1:-1].strip() if bracketed else text)
    if found is None:
        return None
    number = _plain(found["number"], decimal)
    if number is None:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        amount = Decimal(number)
        if not amount.is_finite() or abs(amount) > _MOST_MONEY:
            return None
        amount = amount.quantize(_PLACES, rounding=ROUND_HALF_EVEN)
    minus = sum(found[part] in ("-", "−") for part in ("sign", "inner", "last")) + bracketed
    beside = [said for said in (found["before"], found["after"]) if said]
    if minus > 1 or len(beside) > 1:
        return None
    currency = _SYMBOLS.get(beside[0], beside[0]) if beside else None
    return Amount(-amount if minus else amount, currency)


def _plain(number: str, decimal: str) -> str | None:
    """The number with a point for its decimal mark and nothing else in it."""
    mantissa, exponent = re.fullmatch(r"([^eE]*)([eE].*)?", number).groups()  # type: ignore[union-attr]  # fits all
    marks = [mark for mark in ".," if mark in mantissa]
    if len(marks) == 2:
        point = max(marks, key=mantissa.rindex)
        group = "," if point == "." else "."
        whole, _, rest = mantissa.rpartition(point)
        if point in whole or not _GROUPED.fullmatch(whole) or group in rest:
            return None
        mantissa = f"{whole.replace(group, '')}.{rest}"
    elif marks:
        (mark,) = marks
        whole, _, rest = mantissa.rpartition(mark)
        may_group = _GROUPED.fullmatch(mantissa) is not None and not mantissa.startswith("0")
        if mark in whole:
            if not may_group:
                return None
            mantissa = mantissa.replace(mark, "")
        elif may_group and mark != decimal and not exponent:
            mantissa = whole + rest
        else:
            mantissa = f"{whole or '0'}.{rest or '0'}"
    return mantissa + (exponent or "")


def read_amount(text: str, *, decimal: str = ".") -> Decimal | None:
    """The sum alone."""
    read = read_money(text, decimal=decimal)
    return None if read is None else read.value


@lru_cache(maxsize=1)
def shipped_states() -> dict[str, dict[str, PaymentKind]]:
    """What the states of processors and shops mean, by the name of the processor."""
    text = (resources.files("fairlead.records") / "states.toml").read_text("utf-8")
    return {
        name: {state.casefold(): PaymentKind(kind) for kind, states in table.items() for state in states}
        for name, table in tomllib.loads(text).items()
    }


def kind_of_state(table: str, state: str) -> PaymentKind | None:
    """What a processor's state of a payment means; None when its table does not have it."""
    return shipped_states()[table].get(state.strip().casefold())


class InstrumentKind(StrEnum):
    """With what a payment was made. The last digits of a card are a tail, not a card."""

    IBAN = "iban"
    CARD = "card"
    CARD_TAIL = "card_tail"
    WALLET = "wallet"
    ACCOUNT = "account"


_LONGEST_TAIL = 6
_TAIL = re.compile(r"[*xX•.\s-]*(\d{2,6})|\d{4,6}[*xX•.\s-]+(\d{2,4})")


def instrument_kind(kind: str, instrument: str | None) -> InstrumentKind | None:
    """The kind from a closed list; a card of which only the last digits are there is a tail. None if not listed."""
    try:
        known = InstrumentKind(kind.strip().casefold())
    except ValueError:
        return None
    if known is InstrumentKind.CARD and instrument is not None and _TAIL.fullmatch(instrument.strip()):
        return InstrumentKind.CARD_TAIL
    return known


class SmallerUnits(StrEnum):
    """Whose count of the smaller units of a currency an amount follows."""

    ISO_4217 = "minor_units"
    STRIPE = "stripe_units"


_NONE = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
        "XAF", "XOF", "XPF",
    }
)  # fmt: skip
_THOUSAND = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_STRIPE_NONE = _NONE - {"ISK", "UGX", "UYI"} | {"MGA"}
"""https://docs.stripe.com/currencies: zero-decimal currencies; ISK and UGX are given in hundredths."""


def units_in(currency: str, whose: SmallerUnits) -> int:
    """How many smaller units are one of a currency (ISO 4217, column minor unit); 100 where nothing else is known."""
    code = currency.strip().upper()
    if code in (_STRIPE_NONE if whose is SmallerUnits.STRIPE else _NONE):
        return 1
    return 1000 if code in _THOUSAND else 100
