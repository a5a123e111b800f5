"""Sensor noise (PRNU): what each element of a sensor adds to the light it sees, the same in every picture.

The noise of one picture is what a wavelet filter takes away; the fingerprint of a device is the mean over many
pictures, weighted by light; the two are compared by peak to correlation energy (PCE). Sources: Lukas, Fridrich,
Goljan 2006; Chen et al. 2008; Goljan, Fridrich, Filler 2009.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.provenance.pixels.box import local_mean
from fairlead.provenance.pixels.compiled import compiled

Floats = npt.NDArray[np.float32]
Plane = npt.NDArray[np.uint8]

_LEVELS = 4
_SIGMA2 = 9.0  # variance of the noise that the filter takes away
_WINDOWS = (3, 5, 7, 9)
_AROUND_PEAK = 5
_SATURATED, _DARK = 250, 5
# Daubechies' filter with four vanishing moments (Ten Lectures on Wavelets, table 6.1).
_LOW = np.array(
    [
        0.23037781330885523, 0.7148465705525415, 0.6308807679295904, -0.02798376941698385,
        -0.18703481171888114, 0.030841381835986965, 0.032883011666982945, -0.010597401784997278,
    ],
    np.float32,
)  # fmt: skip
_HIGH = (_LOW[::-1] * np.array([1, -1] * 4, np.float32)).astype(np.float32)


class Agreement(NamedTuple):
    """Peak to correlation energy with its sign, and how far the peak lies from where it should (rows, columns)."""

    pce: float
    rows: int
    columns: int


def usable(plane: Plane) -> Plane:
    """The plane cut to whole multiples of 16 pixels, which the filter needs."""
    height, width = (side // 16 * 16 for side in plane.shape)
    return np.ascontiguousarray(plane[:height, :width])


def extract_noise(plane: Plane) -> Floats:
    """The noise of one plane of 8 bits (height and width multiples of 16), without rows', columns' and periods' share.

    Elements that are nearly black or white carry no noise and become 0.
    """
    noise = _filter(plane.astype(np.float32), 0)
    noise[(plane >= _SATURATED) | (plane <= _DARK)] = 0
    return clean(noise)


def clean(noise: Floats) -> Floats:
    """Take away what all elements of a row or column share, and every period: they come from processing."""
    level = noise - noise.mean(axis=0, keepdims=True)
    level -= level.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft2(level)
    size = np.abs(spectrum) / np.sqrt(level.size)
    expected = float(level.std())
    excess = np.minimum.reduce([local_mean(size**2, window) for window in (3, 5)]) - expected**2
    keep = expected**2 / (np.maximum(excess, 0) + expected**2)
    cleaned: Floats = np.fft.irfft2(spectrum * keep, s=level.shape).astype(np.float32)
    return cleaned


def combine_noise(pairs: list[tuple[Floats, Plane]]) -> Floats:
    """The fingerprint of a device from noise and plane of its pictures, all of one size."""
    above = np.zeros(pairs[0][0].shape, np.float64)
    below = np.full(above.shape, 1e-3)
    for noise, plane in pairs:
        light = plane.astype(np.float32)
        above += noise * light
        below += light * light
    return clean((above / below).astype(np.float32))


def compare_noise(noise: Floats, plane: Plane, fingerprint: Floats) -> Agreement:
    """PCE of a picture's noise against a fingerprint of the same size."""
    expected = plane.astype(np.float32) * fingerprint
    one, other = noise - noise.mean(), expected - expected.mean()
    spectrum = np.fft.rfft2(one) * np.conj(np.fft.rfft2(other))
    surface = np.fft.irfft2(spectrum, s=one.shape)
    place = int(np.abs(surface).argmax())
    row, column = divmod(place, surface.shape[1])
    peak = float(surface[row, column])
    rows = (np.arange(-_AROUND_PEAK, _AROUND_PEAK + 1) + row) % surface.shape[0]
    columns = (np.arange(-_AROUND_PEAK, _AROUND_PEAK + 1) + column) % surface.shape[1]
    near = float((surface[np.ix_(rows, columns)] ** 2).sum())
    energy = (float((surface**2).sum()) - near) / (surface.size - len(rows) * len(columns))
    pce = float(np.sign(peak)) * peak * peak / energy if energy > 0 else 0.0
    height, width = surface.shape
    return Agreement(
        pce, (row + height // 2) % height - height // 2, (column + width // 2) % width - width // 2
    )


def _filter(plane: Floats, level: int) -> Floats:
    """The noise part of a plane, scale by scale; the coarsest scale is all picture."""
    if level == _LEVELS:
        return np.zeros_like(plane)
    low, high = _analyse(plane)
    low_low, low_high = (np.ascontiguousarray(part.T) for part in _analyse(np.ascontiguousarray(low.T)))
    high_low, high_high = (np.ascontiguousarray(part.T) for part in _analyse(np.ascontiguousarray(high.T)))
    parts = [_filter(low_low, level + 1), *(_noise_part(band) for band in (low_high, high_low, high_high))]
    turned = [np.ascontiguousarray(part.T) for part in parts]
    low = np.ascontiguousarray(_synthesise(turned[0], turned[1]).T)
    high = np.ascontiguousarray(_synthesise(turned[2], turned[3]).T)
    return _synthesise(low, high)


def _noise_part(band: Floats) -> Floats:
    """The share of each coefficient that is noise, by the least local variance over four windows."""
    power = band * band
    excess = np.minimum.reduce([local_mean(power, window) for window in _WINDOWS]) - np.float32(_SIGMA2)
    part: Floats = band * (_SIGMA2 / (np.maximum(excess, 0) + _SIGMA2)).astype(np.float32)
    return part


def _analyse(plane: Floats) -> tuple[Floats, Floats]:
    low, high = (np.empty((plane.shape[0], plane.shape[1] // 2), np.float32) for _ in range(2))
    _split(plane, _LOW, _HIGH, low, high)
    return low, high


def _synthesise(low: Floats, high: Floats) -> Floats:
    plane = np.zeros((low.shape[0], low.shape[1] * 2), np.float32)
    _join(low, high, _LOW, _HIGH, plane)
    return plane


@compiled
def _split(plane: Floats, low: Floats, high: Floats, out_low: Floats, out_high: Floats) -> None:
    """Each row into its smooth and its detailed half, around the edge."""
    rows, columns = plane.shape
    for y in range(rows):
        for x in range(columns // 2):
            smooth = np.float32(0)
            detail = np.float32(0)
            for k in range(8):
                place = 2 * x + k
                if place >= columns:
                    place -= columns
                smooth += low[k] * plane[y, place]
                detail += high[k] * plane[y, place]
            out_low[y, x] = smooth
            out_high[y, x] = detail


@compiled
def _join(smooth: Floats, detail: Floats, low: Floats, high: Floats, out: Floats) -> None:
    """The inverse of ``_split``."""
    rows, half = smooth.shape
    columns = 2 * half
    for y in range(rows):
        for x in range(half):
            for k in range(8):
                place = 2 * x + k
                if place >= columns:
                    place -= columns
                out[y, place] += low[k] * smooth[y, x] + high[k] * detail[y, x]


def warm() -> None:
    """Compile the loops, while a compiler may still be used."""
    plane = np.full((64, 64), 99, np.uint8)
    compare_noise(extract_noise(plane), plane, np.ones((64, 64), np.float32))
