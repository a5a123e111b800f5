"""Open watermarks of the family dwtDct, found by a matched filter over all messages at once.

The embedder turns a picture to YUV, takes the Haar approximation of U (means of 2 x 2 pixels, times 2), cuts it into
squares of 4 x 4 coefficients (8 x 8 pixels, row by row), and sets the largest of each square but the first to 27
or 9 above a multiple of 36: bit one or zero of a message that repeats. Programs differ in whether they work on
whole numbers (U about 128) or floats (about 0.5), and in the order of red and blue: four variants.

Every square gives a soft bit between -1 and 1; the filter correlates all of them with the repeated message, so that
many damaged squares still add up. z counts standard deviations of that sum under independence. Source:
ShieldMnt/invisible-watermark, maxDct; OpenCV, BGR to YUV.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.provenance.pixels.compiled import compiled_exactly
from fairlead.provenance.pixels.thresholds import WATERMARK_ALIGNED, WATERMARK_CLEAR

_STEP = 36.0
_SQUARE = 8
_LEAST_SQUARES = 200
_NEIGHBOUR = np.float32(0.25)
_VARIANTS = (
    "blue first, whole numbers",
    "blue first, floats",
    "red first, whole numbers",
    "red first, floats",
)

Floats = npt.NDArray[np.float32]
Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Name of the program family, and its bits centred on zero."""

    name: str
    centred: npt.NDArray[np.float64]


class Lock(NamedTuple):
    """The best agreement found: z, message, variant, the best z of the same message shifted, and whether the message
    begins anew in every row of squares.
    """

    z: float
    message: str
    variant: str
    rival: float
    aligned: bool = False

    @property
    def clear(self) -> bool:
        """Whether no shift of the message agrees nearly as well, and upright lines cannot be the reason."""
        return self.z >= WATERMARK_CLEAR * self.rival and not (self.aligned and self.z < WATERMARK_ALIGNED)


@functools.cache
def messages() -> tuple[Message, ...]:
    """All messages of data/watermarks.toml."""
    text = (resources.files("fairlead.provenance") / "data" / "watermarks.toml").read_text("utf-8")
    return tuple(_message(row) for row in tomllib.loads(text)["message"])


def _message(row: dict[str, str]) -> Message:
    bits = bits_of(row)
    return Message(name=row["name"], centred=bits - bits.mean())


def bits_of(row: dict[str, str]) -> npt.NDArray[np.float64]:
    """The bits of a row of data/watermarks.toml, given as digits or as ASCII text."""
    if "text" in row:
        return np.unpackbits(np.frombuffer(row["text"].encode("ascii"), np.uint8)).astype(np.float64)
    return np.array([float(digit) for digit in row["bits"]])


def find_watermark(picture: Rgb) -> Lock | None:
    """The best lock in a picture (height x width x 3, RGB); None when it is too small to tell."""
    rows, columns = picture.shape[0] // _SQUARE, picture.shape[1] // _SQUARE
    if rows * columns < _LEAST_SQUARES:
        return None
    soft = _soft_bits(picture, 0, 0, rows, columns)
    # Of equal ones the first variant, and of its messages the first.
    return max(sorted(_locks(soft), key=_rank), key=_merit)


def _rank(lock: Lock) -> int:
    return _VARIANTS.index(lock.variant)


def _merit(lock: Lock) -> tuple[bool, float]:
    return lock.clear, lock.z


def _locks(soft: Floats) -> Iterator[Lock]:
    every = soft.reshape(len(_VARIANTS), -1).astype(np.float64)
    spread = every.std(axis=1)
    varied = [variant for variant in range(len(_VARIANTS)) if spread[variant]]
    yield from (
        Lock(0.0, messages()[0].name, name, 0.0)
        for name, size in zip(_VARIANTS, spread, strict=True)
        if not size
    )
    if not varied:
        return
    bits = (every[varied] - every[varied].mean(axis=1, keepdims=True)) / spread[varied, None]
    length = bits.shape[1]
    for message in messages():
        period = len(message.centred)
        whole = length // period * period
        phases = bits[:, :whole].reshape(len(varied), -1, period).sum(axis=1)
        phases[:, : length - whole] += bits[:, whole:]
        energy = float((message.centred**2).mean()) * length
        agreements = np.fft.irfft(
            np.fft.rfft(phases, axis=1) * np.conj(np.fft.rfft(message.centred)), period, axis=1
        )
        for variant, found in zip(varied, agreements, strict=True):
            z = float(found[0]) / math.sqrt(energy)
            rival = float(np.abs(found[1:]).max()) / math.sqrt(energy)
            yield Lock(z, message.name, _VARIANTS[variant], rival, soft.shape[2] % period == 0)


def search_watermark(picture: Rgb) -> Lock | None:
    """The best lock when the picture may have been cropped anywhere: all phases, row lengths and offsets.

    With the squares of a phase folded by the message's length in both directions, the sums for every row length
    and offset come out of one two-dimensional Fourier transform.
    """
    best: Lock | None = None
    for y in range(_SQUARE):
        for x in range(_SQUARE):
            rows, columns = (picture.shape[0] - y) // _SQUARE, (picture.shape[1] - x) // _SQUARE
            if rows * columns < _LEAST_SQUARES:
                continue
            soft = _soft_bits(picture, y, x, rows, columns)
            for lock in _aligned(soft):
                if best is None or _merit(lock) > _merit(best):
                    best = lock
    return best


def _aligned(soft: Floats) -> Iterator[Lock]:
    for variant, name in enumerate(_VARIANTS):
        grid = soft[variant].astype(np.float64)
        spread = grid.std()
        if spread == 0:
            continue
        grid = (grid - grid.mean()) / spread
        for message in messages():
            energy = float((message.centred**2).mean()) * grid.size
            peak, rival = _best_alignment(grid, message.centred)
            yield Lock(peak / math.sqrt(energy), message.name, name, rival / math.sqrt(energy))


def _best_alignment(grid: npt.NDArray[np.float64], message: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The largest sum over all row lengths and offsets, modulo the message's length, and its largest rival.

    Rivals are other offsets with the same row length.
    """
    period = len(message)
    folded = np.zeros((period, period))
    rows, columns = grid.shape
    wide = np.zeros((rows, -(-columns // period) * period))
    wide[:, :columns] = grid
    by_column = wide.reshape(rows, -1, period).sum(axis=1)
    np.add.at(folded, np.arange(rows) % period, by_column)
    spectrum = np.fft.fft2(folded)
    turns, frequencies = np.meshgrid(np.arange(period), np.arange(period), indexing="ij")
    strides = spectrum[(turns * frequencies) % period, frequencies]
    sums = np.fft.ifft(strides * np.conj(np.fft.fft(message))[None, :], axis=1).real
    stride, offset = np.unravel_index(int(sums.argmax()), sums.shape)
    return float(sums[stride, offset]), float(np.abs(np.delete(sums[stride], offset)).max())


def _soft_bits(picture: Rgb, top: int, left: int, rows: int, columns: int) -> Floats:
    soft = np.empty((4, rows, columns), np.float32)
    _fill(picture, top, left, soft)
    # 27 and 9 of 36 become 1 and -1; what lies between, a value between
    np.multiply(soft, np.float32(-2 * math.pi / _STEP), out=soft)
    np.sin(soft, out=soft)
    # Flat areas give long runs of the same value, which no message does: take the neighbours' mean away.
    white = soft.copy()
    white[:, :, 1:-1] -= (soft[:, :, :-2] + soft[:, :, 2:]) * _NEIGHBOUR
    white[:, 1:-1] -= (soft[:, :-2] + soft[:, 2:]) * _NEIGHBOUR
    return white


@compiled_exactly
def _fill(picture: Rgb, top: int, left: int, out: Floats) -> None:
    """The largest coefficient of every square, by magnitude, for four variants (4 x rows x columns).

    Loops run along whole rows of pixels, so that a processor does several at once.
    """
    pairs = out.shape[2] * 4
    colours = np.empty((3, 2, 2, pairs), np.float32)  # colour, row and column in a square of 2 x 2, its place
    found = np.empty((4, pairs), np.float32)
    out[:] = np.float32(-1.0)
    for row in range(out.shape[1]):
        for i in range(4):
            _spread(picture, top + row * 8 + 2 * i, left, colours)
            _transform(colours, found)
            _keep_largest(found, out[:, row], i == 0)


@compiled_exactly
def _spread(picture: Rgb, y: int, left: int, colours: Floats) -> None:
    """Two rows of pixels, by colour and place in their squares of 2 x 2."""
    for a in range(2):
        for pair in range(colours.shape[3]):
            for b in range(2):
                x = left + 2 * pair + b
                colours[0, a, b, pair] = np.float32(picture[y + a, x, 0])
                colours[1, a, b, pair] = np.float32(picture[y + a, x, 1])
                colours[2, a, b, pair] = np.float32(picture[y + a, x, 2])


@compiled_exactly
def _transform(colours: Floats, found: Floats) -> None:
    """The Haar approximation of U in each square of 2 x 2, for four variants."""
    half = np.float32(0.5)
    for pair in range(found.shape[1]):
        whole_blue = whole_red = float_blue = float_red = np.float32(0.0)
        for a in range(2):
            for b in range(2):
                red, green, blue = colours[0, a, b, pair], colours[1, a, b, pair], colours[2, a, b, pair]
                middle = np.float32(0.587) * green
                u_blue = np.float32(0.492) * (
                    blue - (np.float32(0.299) * red + middle + np.float32(0.114) * blue)
                )
                u_red = np.float32(0.492) * (
                    red - (np.float32(0.299) * blue + middle + np.float32(0.114) * red)
                )
                whole_blue += np.floor(u_blue + half)
                whole_red += np.floor(u_red + half)
                float_blue += u_blue + half
                float_red += u_red + half
        found[0, pair] = (whole_blue + np.float32(512.0)) * half  # four times 128
        found[1, pair] = abs(float_blue) * half
        found[2, pair] = (whole_red + np.float32(512.0)) * half
        found[3, pair] = abs(float_red) * half


@compiled_exactly
def _keep_largest(found: Floats, out: Floats, first: bool) -> None:
    """The largest of four coefficients of each square, and of what is there; without the very first one."""
    for variant in range(4):
        for column in range(out.shape[1]):
            at = 4 * column
            best = max(found[variant, at + 1], found[variant, at + 2], found[variant, at + 3])
            if not first:
                best = max(best, found[variant, at])
            out[variant, column] = max(out[variant, column], best)


def warm() -> None:
    """Compile the loop, while a compiler may still be used."""
    find_watermark(np.zeros((160, 160, 3), np.uint8))
