"""Hashes that lie as those of real pictures do: bits that hang together, and a third near-duplicates."""

from __future__ import annotations

import numpy as np

_FACTORS = 96
_BLOCK = 50_000


def natural_hashes(n: int, seed: int) -> np.ndarray:
    """``n`` hashes of 32 bytes: signs of mixed factors; every third one is an earlier one with 0 to 40 bits changed."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(_FACTORS, 256)).astype(np.float32) * (rng.random((_FACTORS, 256)) < 0.15)
    out = np.empty((n, 32), np.uint8)
    for low in range(0, n, _BLOCK):
        rows = min(_BLOCK, n - low)
        noise = rng.normal(size=(rows, 256)).astype(np.float32) * 1.5
        bits = (rng.normal(size=(rows, _FACTORS)).astype(np.float32) @ mix + noise) > 0
        out[low : low + rows] = np.packbits(bits, axis=1)
        copies = np.arange(low, low + rows)[rng.random(rows) < 0.33]
        if low:
            out[copies] = flipped(out[rng.integers(0, low, len(copies))], 40, rng)
    return out


def spread_hashes(base: np.ndarray, copies: int, seed: int) -> np.ndarray:
    """``copies`` times as many hashes: the base, and copies of it with a quarter of the bits changed, each row otherwise.

    For sizes for which drawing every hash would take an hour.
    """
    rng = np.random.default_rng(seed)
    out = np.empty((len(base) * copies, 32), np.uint8)
    out[: len(base)] = base
    for copy in range(1, copies):
        for low in range(0, len(base), _BLOCK * 20):
            rows = base[low : low + _BLOCK * 20]
            masks = (np.frombuffer(rng.bytes(rows.size), np.uint8).reshape(rows.shape) for _ in range(2))
            at = copy * len(base) + low
            out[at : at + len(rows)] = rows ^ (next(masks) & next(masks))
    return out


def flipped(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Rows with 0 to ``most`` bits changed each."""
    order = rng.random((len(rows), 256), dtype=np.float32).argsort(axis=1)
    change = order < rng.integers(0, most + 1, (len(rows), 1))
    return np.packbits(np.unpackbits(rows, axis=1) ^ change.astype(np.uint8), axis=1)


def queries_for(entries: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Half entries with 0 to 40 bits changed, half with 60 to 100: strangers."""
    rng = np.random.default_rng(seed)
    near = flipped(entries[rng.integers(0, len(entries), n // 2)], 40, rng)
    far = np.unpackbits(entries[rng.integers(0, len(entries), n - n // 2)], axis=1)
    for row in far:
        row[rng.choice(256, rng.integers(60, 101), replace=False)] ^= 1
    return np.concatenate([near, np.packbits(far, axis=1)])[rng.permutation(n)]
