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
_SHA256_EXACT = 0.25
"""Of digests one in twenty has exactly half its bits set; where a quarter has, PDQ stand among them."""
_LOOKED_AT = 256
_ENOUGH = 32
_NEAR_BITS = 2
_PDQ_FROM, _SHA256_TO = 0.95, 0.6
"""Shares of values within two bits of half: all of PDQ (804 of 804 pictures of the training world), a quarter of SHA-256."""


def which(values: Iterable[str]) -> Algorithm | None:
    """SHA-256 or PDQ, by values of 64 hex digits; None when they are too few or of neither kind."""
    away = [abs(int(value, 16).bit_count() - PDQ_BITS // 2) for value in values]
    if len(away) < FEWEST:
        return None
    share = sum(bits <= _NEAR_BITS for bits in away) / len(away)
    if share >= _PDQ_FROM:
        return Algorithm.PDQ
    some_pdq = len(away) >= _ENOUGH and away.count(0) > _SHA256_EXACT * len(away)
    return Algorithm.SHA256 if share <= _SHA256_TO and not some_pdq else None


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
    if len(different := list(dict.fromkeys(values))) < FEWEST:
        return
    found = which(different)
    if given is Algorithm.PDQ and found is Algorithm.SHA256:
        raise unreadable("the values are SHA-256 and no PDQ: their bits fall as those of a digest do")
    if given is Algorithm.SHA256 and found is Algorithm.PDQ:
        raise unreadable("the values are PDQ and no SHA-256: half of their bits are set in each")
    if found is None and (given is Algorithm.PDQ or len(different) >= _ENOUGH):
        raise unreadable(
            "PDQ and SHA-256 stand mixed among the values of 64 hex digits: give them in two lists"
        )
