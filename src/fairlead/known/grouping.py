"""Groups hashes that are near one hash of the group: no chains of resemblance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairlead.known.index import HammingIndex
from fairlead.terms.matching import PDQ_BITS

_MOST_COMPARED = 2_000  # different hashes of a chain that are all compared with each other for the medoid
Groups = dict[int, NDArray[np.int64]]


def group_hashes(hashes: NDArray[np.uint8], radius: int) -> Groups:
    """Groups of hashes (n, 32), all different: representative → members, itself included, none left out.

    In each chain of resemblance the hash with the most neighbours (the lowest among equals) takes all its
    neighbours, then the next of what is left. Chains of more than 2,000 hashes are taken in the order given.
    """
    roots = HammingIndex.build(hashes).components(radius)
    order = np.argsort(roots, kind="stable")
    bounds = np.flatnonzero(np.diff(roots[order], prepend=-1, append=-1))
    groups: Groups = {}
    for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if high - low == 1:
            groups[int(order[low])] = order[low:high]
        else:
            groups.update(_stars(hashes, order[low:high], radius))
    return groups


def _stars(hashes: NDArray[np.uint8], chain: NDArray[np.int64], radius: int) -> Groups:
    near = _near(hashes[chain], radius) if len(chain) <= _MOST_COMPARED else None
    left = np.ones(len(chain), bool)
    neighbours = np.zeros(len(chain), np.int64) if near is None else near.sum(axis=1)
    groups: Groups = {}
    while left.any():
        if near is None:
            lead = int(left.argmax())
            taken = left & (distances(hashes[chain], hashes[chain[lead]]) <= radius)
        else:
            lead = int(np.where(left, neighbours, -1).argmax())
            taken = left & near[lead]
            neighbours -= near[:, taken].sum(axis=1)
        groups[int(chain[lead])] = chain[taken]
        left &= ~taken
    return groups


def distances(hashes: NDArray[np.uint8], one: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bits in which each hash differs from one."""
    count: NDArray[np.int64] = np.bitwise_count(hashes ^ one).sum(axis=1, dtype=np.int64)
    return count


def _near(hashes: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    return np.stack([distances(hashes, one) <= radius for one in hashes])


def diameter_of(hashes: NDArray[np.uint8], radius: int) -> int:
    """The largest distance between two; for more than 2,000 hashes the bound that the radius gives."""
    if len(hashes) > _MOST_COMPARED:
        return min(PDQ_BITS, 2 * radius)
    return max(int(distances(hashes, one).max()) for one in hashes)
