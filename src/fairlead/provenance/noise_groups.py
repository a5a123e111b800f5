"""Groups pictures that share sensor noise, without any device: what one camera took lies in one group.

Cores are pairs that agree far beyond chance; a core's mean noise then draws in the rest, and every member must agree
with the mean of the others. A pure function of the noises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_PAIR, _MEMBER = 6.5, 8.0  # standard deviations under independence
_LEAST = 3

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseGroup:
    """Places of the members, the earliest first, and how each agrees with the mean of the others (z)."""

    members: tuple[int, ...]
    agreement: tuple[float, ...]


def group_noise(noises: Sequence[Floats]) -> list[NoiseGroup]:
    """Groups of at least three of the noises, all of one size; most pictures are in none."""
    if len(noises) < _LEAST:
        return []
    flat = np.stack([_normed(noise.reshape(-1)) for noise in noises])
    scale = float(np.sqrt(flat.shape[1]))
    near = (flat @ flat.T) * scale
    np.fill_diagonal(near, 0)
    free = np.ones(len(flat), bool)
    groups: list[NoiseGroup] = []
    for seed in np.argsort(-(near > _PAIR).sum(axis=1), kind="stable"):
        core = np.flatnonzero((near[seed] > _PAIR) & free)
        if not free[seed] or len(core) < _LEAST - 1:
            continue
        members = np.union1d(core, [seed])
        for _ in range(3):
            mean = _normed(flat[members].mean(axis=0))
            drawn = np.flatnonzero((flat @ mean * scale > _MEMBER) & free)
            members = np.union1d(members, drawn)
        total = flat[members].sum(axis=0)
        agreement = np.array([float(_normed(total - flat[m]) @ flat[m]) * scale for m in members])
        kept = agreement > _MEMBER if len(members) > _LEAST else agreement > _PAIR
        if kept.sum() >= _LEAST:
            free[members[kept]] = False
            chosen = zip(members[kept].tolist(), agreement[kept].tolist(), strict=True)
            order = sorted(chosen)
            groups.append(
                NoiseGroup(members=tuple(m for m, _ in order), agreement=tuple(a for _, a in order))
            )
    return sorted(groups, key=lambda group: group.members)


def agreeing(noises: Sequence[Floats]) -> list[int]:
    """Places of the noises that are one sensor's: those that agree with the mean of the others.

    When they fall into several groups, several sensors took them, and only the largest group is kept.
    """
    groups = group_noise(noises)
    largest = max(groups, key=lambda group: len(group.members)) if len(groups) > 1 else None
    flat = np.stack([_normed(noise.reshape(-1)) for noise in noises])
    scale = float(np.sqrt(flat.shape[1]))
    kept = list(largest.members) if largest else list(range(len(flat)))
    while len(kept) > 1:
        total = flat[kept].sum(axis=0)
        z = [float(_normed(total - flat[place]) @ flat[place]) * scale for place in kept]
        worst = int(np.argmin(z))
        if z[worst] > _MEMBER:
            break
        kept.pop(worst)
    return kept if len(kept) > 1 else []


def _normed(values: Floats) -> Floats:
    level = values.astype(np.float32) - np.float32(values.mean())
    size = float(np.sqrt((level.astype(np.float64) ** 2).sum()))
    normed: Floats = level / np.float32(size) if size > 0 else level
    return normed
