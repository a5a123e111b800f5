"""Which videos are near-duplicates, and which times of one the other does not cover.

Two videos are near-duplicates when at least 80 of 100 of the different frames of good quality of *each* are in the
other, and at least as many of all frames that were sampled: so neither holds much that the other does not. A group has
a representative, and every member is a near-duplicate of it: no chain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.known.grouping import group_hashes
from fairlead.known.index import HammingIndex
from fairlead.terms.matching import PDQ_BITS

_BLOCK = 4096  # frames looked up at a time, and compared at a time
_ROWS = 64  # frames compared with a block at once
_ALL_COMPARED = 50  # videos of a group that are all compared with each other

Hashes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFrames:
    """The frames of one video in their order: seconds, hashes (n, 32), and which of them are of good quality."""

    sha256: str
    times: NDArray[np.float64]
    hashes: Hashes
    good: NDArray[np.bool_]

    @property
    def different(self) -> Hashes:
        """The hashes of good quality, each once."""
        return np.unique(self.hashes[self.good], axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of one video is in another.

    ``percent`` is the share of its different frames of good quality, ``distance`` the most bits of one that is there,
    ``missing`` says for every sampled frame whether it is not.
    """

    percent: float
    distance: int
    missing: NDArray[np.bool_]

    def is_enough(self, percent: float) -> bool:
        """Whether so much of the different frames, and of all that were sampled, is in the other."""
        return self.percent >= percent and 100 * (1 - self.missing.mean()) >= percent


def cover(one: VideoFrames, other: VideoFrames, radius: int) -> Coverage:
    """How much of ``one`` is in ``other``. A frame below the quality gate is never taken as covered."""
    there = other.different
    different, place = np.unique(one.hashes, axis=0, return_inverse=True)
    nearest = np.full(len(different), PDQ_BITS)
    for low in range(0, len(there), _BLOCK):
        block = there[low : low + _BLOCK].view(np.uint64)
        for start in range(0, len(different), _ROWS):
            rows = different[start : start + _ROWS].view(np.uint64)[:, None]
            apart = np.bitwise_count(block ^ rows).sum(axis=2, dtype=np.int64).min(axis=1)
            nearest[start : start + _ROWS] = np.minimum(nearest[start : start + _ROWS], apart)
    found = one.good & (nearest[place.reshape(-1)] <= radius)
    good = np.unique(place.reshape(-1)[one.good])
    near = nearest[good]
    near = near[near <= radius]
    return Coverage(
        percent=100 * len(near) / len(good) if len(good) else 0.0,
        distance=int(near.max(initial=0)),
        missing=~found,
    )


def group_videos(videos: list[VideoFrames], radius: int, percent: float) -> dict[int, list[int]]:
    """Groups of at least two near-duplicates: representative → its other members, as numbers of ``videos``.

    The video with the most near-duplicates (the first among equals) takes them all, then the next of what is left.
    """
    near: dict[int, set[int]] = defaultdict(set)
    for one, other in sorted(_candidates(videos, radius, percent)):
        there, back = (cover(*pair, radius) for pair in _both_ways(videos[one], videos[other]))
        if there.is_enough(percent) and back.is_enough(percent):
            near[one].add(other)
            near[other].add(one)
    waiting = [(-len(others), number) for number, others in near.items()]
    heapify(waiting)
    groups: dict[int, list[int]] = {}
    gone: set[int] = set()
    while waiting:
        size, lead = heappop(waiting)
        left = near[lead] - gone
        if lead in gone or not left:
            continue
        if len(left) < -size:
            heappush(waiting, (-len(left), lead))
            continue
        groups[lead] = sorted(left)
        gone |= {lead, *left}
    return groups


def least_agreement(videos: list[VideoFrames], radius: int) -> tuple[int, float | None]:
    """Of all pairs of a group: the most bits of a frame that is in the other, and the least share of one in another.

    Of more than 50 videos not all pairs are compared: the radius stands for the bits, nothing for the share.
    """
    if len(videos) > _ALL_COMPARED:
        return radius, None
    pairs = [cover(a, b, radius) for a in videos for b in videos if a is not b]
    return max(p.distance for p in pairs), min(p.percent for p in pairs)


def spans(times: NDArray[np.float64], chosen: NDArray[np.bool_]) -> str:
    """Runs of chosen frames as text: ``3-7 s, 12 s``, the times of their first and last frame."""
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
    runs = [(times[a], times[b - 1]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return ", ".join(f"{low:g} s" if low == high else f"{low:g}-{high:g} s" for low, high in runs)


def _both_ways(one: VideoFrames, other: VideoFrames) -> tuple[tuple[VideoFrames, VideoFrames], ...]:
    return (one, other), (other, one)


def _candidates(videos: list[VideoFrames], radius: int, percent: float) -> set[tuple[int, int]]:
    """All pairs that can be near-duplicates.

    If so many frames of a video are in another, then of any choice of frames larger than the rest at least one is.
    The frames in the smallest groups of frames are chosen, so that a title that all begin with makes no pairs.
    """
    every = [video.different for video in videos]
    if not sum(map(len, every)):
        return set()
    hashes, place = np.unique(np.concatenate(every), axis=0, return_inverse=True)
    owner = np.repeat(np.arange(len(videos)), [len(e) for e in every])
    place = place.reshape(-1)
    order = np.argsort(place, kind="stable")
    begins = np.searchsorted(place[order], np.arange(len(hashes) + 1))
    shared = np.empty(len(hashes), np.int64)
    for members in group_hashes(hashes, radius).values():
        shared[members] = np.diff(begins)[members].sum()
    index = HammingIndex.build(hashes)
    chosen: dict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(np.split(place, np.cumsum([len(e) for e in every])[:-1])):
        rest = int(len(own) * (100 - percent) / 100 + 1e-9)
        for frame in own[np.argsort(shared[own], kind="stable")][: rest + 1].tolist():
            chosen[frame].append(number)
    pairs: set[tuple[int, int]] = set()
    for asked, found in _look_up(index, hashes, sorted(chosen), radius):
        for number in chosen[asked]:
            others = owner[order[begins[found] : begins[found + 1]]].tolist()
            pairs |= {(min(number, other), max(number, other)) for other in others if other != number}
    return pairs


def _look_up(index: HammingIndex, hashes: Hashes, asked: list[int], radius: int) -> Iterator[tuple[int, int]]:
    for low in range(0, len(asked), _BLOCK):
        block = asked[low : low + _BLOCK]
        found: Any = index.search(hashes[block], radius)
        for query, entry in zip(
            found.column("query").to_pylist(), found.column("entry").to_pylist(), strict=True
        ):
            yield block[query], entry
