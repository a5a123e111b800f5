"""What a file declares without a signature: generator metadata and the IPTC digital source type."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from fairlead.provenance.generators import generator_rules
from fairlead.provenance.signal import Item, Observation, printable
from fairlead.terms.provenance import SignalKind

_DATA = Path(__file__).parent / "data"
_SOURCE_TYPE_KEYS = {"Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:digitalSourceType"}


@functools.cache
def source_type_states() -> dict[str, str]:
    """What each IPTC digital source type points to: machine, derived, camera, edited or other."""
    table = tomllib.loads((_DATA / "source_types.toml").read_text("utf-8"))
    return dict(table["states"])


def find_generator_signals(items: Sequence[Item]) -> Iterator[Observation]:
    """One for each program named, and one more where it says that a picture was its input."""
    for item in items:
        for rule in generator_rules():
            if not rule.matches(item, items):
                continue
            tool = rule.tool_of(item)
            yield Observation(
                kind=SignalKind.GENERATOR_METADATA,
                state="declared",
                tool=tool,
                detail=f"{item.namespace} item {_shown(item.key)} has the form that {rule.name} writes ({rule.id})",
                offset=item.offset,
                length=item.length,
            )
            if rule.names_input(item):
                yield Observation(
                    kind=SignalKind.GENERATOR_METADATA,
                    state="derived",
                    tool=tool,
                    detail=f"{item.namespace} item {_shown(item.key)} names a picture as input ({rule.id})",
                    offset=item.offset,
                    length=item.length,
                )


def find_source_type_signals(items: Sequence[Item]) -> Iterator[Observation]:
    """One for each IPTC digital source type in XMP."""
    for item in items:
        if item.namespace != "xmp" or item.key not in _SOURCE_TYPE_KEYS:
            continue
        code = item.value.strip().rstrip("/").rpartition("/")[2]
        state = source_type_states().get(code)
        yield Observation(
            kind=SignalKind.DIGITAL_SOURCE_TYPE,
            state=state or "other",
            detail=f"IPTC digital source type {code}" if state else "an unknown IPTC digital source type",
            offset=item.offset,
            length=item.length,
        )


def _shown(key: str) -> str:
    return printable(key, 40)
