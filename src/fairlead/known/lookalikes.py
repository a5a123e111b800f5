"""SHA-256 and PDQ are both 64 hex digits; which a list holds shows in how many bits are set.

A PDQ hash has a bit for each of 256 coefficients that lies above their median: half of them, but for ties (Hashing/pdq of
ThreatExchange). The bits of a digest fall as coins do: of 256, 128 with a standard deviation of 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairlead.known.entry import KnownEntry, ListItem
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import PDQ_BITS, Algorithm

FEWEST = 8
"""With fewer values nothing is said: of eight digests, seven look like PDQ in one list of three thousand."""
_LOOKED_AT = 64
_NEAR_BITS = 2
_PDQ_FROM, _SHA256_TO = 0.8, 0.6
"""Shares of values within two bits of half: nearly all of PDQ, a quarter of SHA-256."""


def which(values: Iterable[str]) -> Algorithm | None:
    """SHA-256 or PDQ, by values of 64 hex digits; None when they are too few or of neither kind."""
    near = [abs(int(value, 16).bit_count() - PDQ_BITS // 2) <= _NEAR_BITS for value in values]
    if len(near) < FEWEST:
        return None
    share = sum(near) / len(near)
    if share >= _PDQ_FROM:
        return Algorithm.PDQ
    return Algorithm.SHA256 if share <= _SHA256_TO else None


def guarded(items: Iterable[ListItem]) -> Iterator[ListItem]:
    """The items; ItemError once it shows that SHA-256 are given as PDQ, or PDQ as SHA-256."""
    seen: dict[Algorithm, list[str]] = {Algorithm.PDQ: [], Algorithm.SHA256: []}
    for item in items:
        if isinstance(item, KnownEntry) and item.algorithm in seen:
            values = seen[item.algorithm]
            if len(values) < _LOOKED_AT:
                values.append(item.value)
                if len(values) == _LOOKED_AT:
                    _require(item.algorithm, values)
        yield item
    for algorithm, values in seen.items():
        if len(values) < _LOOKED_AT:
            _require(algorithm, values)


def _require(given: Algorithm, values: list[str]) -> None:
    found = which(dict.fromkeys(values))
    if found is Algorithm.SHA256 and given is Algorithm.PDQ:
        raise unreadable("the values are SHA-256 and no PDQ: their bits fall as those of a digest do")
    if found is Algorithm.PDQ and given is Algorithm.SHA256:
        raise unreadable("the values are PDQ and no SHA-256: half of their bits are set in each")
