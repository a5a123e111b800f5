"""How the index divides 256 bits, and which keys a search has to look up.

Generalised pigeonhole: cut the bits into m chunks and give chunk c a radius r(c) so that the sum of r(c) + 1
is the search radius + 1. Two hashes at most that radius apart then agree in at least one chunk up to r(c) bits
(Qin, Wang et al., *GPH: Similarity Search in Hamming Space*, ICDE 2018). So looking up, in each chunk's table,
every key within r(c) bits of the query's finds all neighbours; the distance itself is computed for each.

Most of what a lookup finds is no neighbour. A neighbour is found at least once by a chunk c whose distance d(c), with
that of the chunk after it (the first comes after the last), is at most r(c) + r(c+1) + 1: the numbers d(c) - r(c) - 1
have a negative sum, and of such a circle of numbers some place begins a run of negative partial sums (Raney's lemma;
Qin and Xiao, *Pigeonring*, PVLDB 12, 2018). So 16 bits of the chunk after, kept beside the row's number, turn away
most rows before the hash itself is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from fairlead.terms.matching import PDQ_BITS

_SCAN_BELOW = 20_000  # entries; below, comparing all is as fast as looking up
_CHUNKS = ((1_500_000, 16), (6_000_000, 12))  # up to so many entries: chunks; above: 11
_MOST_CHUNKS_LOOKED_UP = 11
# Measured: one comparison in a scan takes 3 ns; a lookup or a candidate from memory takes about 15.
_RANDOM_ACCESS = 5.0
_SKEW = 3.0  # natural hashes fill buckets less evenly than random ones


def chunk_widths(entries: int) -> tuple[int, ...]:
    """Bits of each chunk for an index of so many entries; none when comparing all is best."""
    if entries < _SCAN_BELOW:
        return ()
    chunks = next((m for most, m in _CHUNKS if entries <= most), _MOST_CHUNKS_LOOKED_UP)
    width, wider = divmod(PDQ_BITS, chunks)
    return tuple(width + (c < wider) for c in range(chunks))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Radius of each chunk (-1: not looked up), and the bit masks to try, chunk after chunk."""

    radii: NDArray[np.int64]
    masks: NDArray[np.int64]
    mask_from: NDArray[np.int64]

    def most_apart(self, chunk: int) -> int:
        """How many bits this chunk and the one after it may differ in, together."""
        return int(self.radii[chunk] + self.radii[(chunk + 1) % len(self.radii)] + 1)


def plan_search(widths: tuple[int, ...], entries: int, radius: int) -> SearchPlan | None:
    """The lookups for a radius; None when comparing with every entry costs less."""
    if not widths:
        return None
    radii = chunk_radii(widths, radius)
    keys = [sum(comb(w, k) for k in range(r + 1)) for w, r in zip(widths, radii, strict=True)]
    found = sum(entries * k / 2**w for w, k in zip(widths, keys, strict=True))
    if (sum(keys) + _SKEW * found) * _RANDOM_ACCESS > entries:
        return None
    masks = [_masks(w, r) for w, r in zip(widths, radii, strict=True)]
    return SearchPlan(
        radii=np.array(radii, np.int64),
        masks=np.concatenate([np.array(m, np.int64) for m in masks]),
        mask_from=np.cumsum([0] + [len(m) for m in masks], dtype=np.int64),
    )


def chunk_radii(widths: tuple[int, ...], radius: int) -> tuple[int, ...]:
    """A radius for each chunk, so that the sum of radius + 1 is ``radius + 1``; wider chunks get more."""
    base, more = divmod(radius + 1, len(widths))
    return tuple(base + (c < more) - 1 for c in range(len(widths)))


def _masks(width: int, radius: int) -> list[int]:
    return [
        sum(1 << bit for bit in bits) for k in range(radius + 1) for bits in combinations(range(width), k)
    ]
