"""One provenance signal: what was found, where, how strong it is and how it could be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.terms.provenance import Finding, SignalKind, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A row of the table signals without its keys.

    ``signed`` says that a signature was checked and is intact; ``strength`` says who signed: only a signer on
    the trust list makes it strong.
    """

    kind: SignalKind
    finding: Finding
    strength: Strength
    signed: bool = False
    tool: str | None = None
    detail: str
    caveat: str
    offset: int | None = None
    length: int | None = None

    def columns(self) -> dict[str, Any]:
        """As columns of the table signals."""
        return {
            "kind": self.kind.value,
            "finding": self.finding.value,
            "strength": self.strength.value,
            "signed": self.signed,
            "tool": self.tool,
            "detail": self.detail,
            "caveat": self.caveat,
            "offset": self.offset,
            "length": self.length,
        }


def signal_of(columns: dict[str, Any]) -> Signal:
    """A signal from its columns."""
    return Signal(
        kind=SignalKind(columns["kind"]),
        finding=Finding(columns["finding"]),
        strength=Strength(columns["strength"]),
        signed=bool(columns["signed"]),
        tool=columns["tool"],
        detail=columns["detail"],
        caveat=columns["caveat"],
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


def item_of(columns: dict[str, Any]) -> Item:
    """A metadata item from its columns."""
    return Item(
        namespace=columns["namespace"],
        key=columns["key"],
        value=columns["value"] or "",
        offset=columns["offset"],
        length=columns["length"],
    )
