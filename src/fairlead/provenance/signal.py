"""What was observed in a file, and the signal it becomes when the table of weights has said what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from fairlead.terms.provenance import Finding, SignalKind, Strength

_MOST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A fact about a content: a kind and a state of the table of weights, what was found, and where.

    ``signed`` says that a signature was checked and is intact. ``bound`` lowers the bound of the table, for
    signals that bring their own measure. ``detail`` holds no prompt text.
    """

    kind: SignalKind
    state: str
    detail: str
    tool: str | None = None
    signed: bool = False
    bound: float | None = None
    offset: int | None = None
    length: int | None = None


class SignalColumns(TypedDict):
    """A signal as columns of the tables signals and searched, without their keys."""

    kind: str
    state: str
    finding: str
    strength: str
    bound: float
    basis: str
    cause: str
    decides: bool
    vouched: bool
    signed: bool
    against: str
    tool: NotRequired[str | None]
    detail: str
    caveat: str
    forgery: str
    source: str
    offset: NotRequired[int | None]
    length: NotRequired[int | None]


class ItemColumns(TypedDict):
    """A metadata item as the tables that have some hold it."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A row of the table signals without its keys: an observation with its weight.

    ``bound`` limits the likelihood ratio that may be claimed, against ``against``; ``cause`` names what it
    shares with other signals; ``decides`` says whether a conclusion may rest on it alone.
    """

    kind: SignalKind
    state: str
    finding: Finding
    strength: Strength
    bound: float
    basis: str
    cause: str
    decides: bool
    vouched: bool
    signed: bool
    against: str
    tool: str | None
    detail: str
    caveat: str
    forgery: str
    source: str
    offset: int | None
    length: int | None

    def columns(self) -> SignalColumns:
        """As columns of the table signals."""
        return {
            "kind": self.kind.value,
            "state": self.state,
            "finding": self.finding.value,
            "strength": self.strength.value,
            "bound": self.bound,
            "basis": self.basis,
            "cause": self.cause,
            "decides": self.decides,
            "vouched": self.vouched,
            "signed": self.signed,
            "against": self.against,
            "tool": self.tool,
            "detail": self.detail,
            "caveat": self.caveat,
            "forgery": self.forgery,
            "source": self.source,
            "offset": self.offset,
            "length": self.length,
        }


def signal_of(columns: SignalColumns) -> Signal:
    """A signal from its columns."""
    return Signal(
        kind=SignalKind(columns["kind"]),
        state=columns["state"],
        finding=Finding(columns["finding"]),
        strength=Strength(columns["strength"]),
        bound=columns["bound"],
        basis=columns["basis"],
        cause=columns["cause"],
        decides=columns["decides"],
        vouched=columns["vouched"],
        signed=columns["signed"],
        against=columns["against"],
        tool=columns["tool"],
        detail=columns["detail"],
        caveat=columns["caveat"],
        forgery=columns["forgery"],
        source=columns["source"],
        offset=columns["offset"],
        length=columns["length"],
    )


def observation_of(columns: SignalColumns) -> Observation:
    """What was observed, from the columns of a signal; a plug-in's own measure is kept."""
    kind = SignalKind(columns["kind"])
    return Observation(
        kind=kind,
        state=columns["state"],
        detail=columns["detail"],
        tool=columns["tool"],
        signed=bool(columns["signed"]),
        bound=columns["bound"] if kind is SignalKind.DETECTOR else None,
        offset=columns["offset"],
        length=columns["length"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One metadata item of a content, as the table metadata holds it."""

    namespace: str
    key: str
    value: str
    offset: int | None
    length: int | None


def item_of(columns: ItemColumns) -> Item:
    """A metadata item from its columns."""
    return Item(
        namespace=columns["namespace"],
        key=columns["key"],
        value=columns["value"] or "",
        offset=columns["offset"],
        length=columns["length"],
    )


def printable(untrusted_name: object, most: int = _MOST_NAME) -> str:
    """A name out of evidence, fit to be shown: printable characters only, and not many."""
    if not isinstance(untrusted_name, str):
        return ""
    return "".join(character for character in untrusted_name if character.isprintable())[:most]
