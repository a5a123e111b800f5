"""References of a case's own devices: the structure of their files, and the noise of their sensors."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fairlead.engine.sandbox import Outcome
from fairlead.provenance.pixels.thresholds import PCE
from fairlead.provenance.sandboxed import NOISE, shared_pool
from fairlead.provenance.signal import Item, Observation
from fairlead.terms.provenance import SignalKind

LEAST_PICTURES = 4
"""Fewer pictures than this make no fingerprint: the pictures' own detail would be in it."""

Floats = npt.NDArray[np.float32]
Noise = tuple[Floats, npt.NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One reference: structures as digests, or a fingerprint of one size; ``pictures`` are those it was made from."""

    name: str
    structures: frozenset[str]
    fingerprint: Floats | None
    pictures: frozenset[str]


def structure_of(items: Sequence[Item]) -> str:
    """A digest of how a JPEG was written: order of segments, tables, sampling. Empty for other files.

    Also empty for the free library's own structure, which every program writes and which tells no device.
    """
    container = {item.key: item.value for item in items if item.namespace == "container"}
    markers = container.get("jpeg-markers", "")
    if not markers or (markers.startswith("APP0") and container.get("jpeg-ijg-quality")):
        return ""
    parts = (markers, container.get("jpeg-quantisation", ""), container.get("jpeg-sampling", ""))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def extract_noise(descriptor: int, *, crop: int = 0) -> Noise | None:
    """Noise and plane of one picture, taken in the sandbox; None when it cannot be decoded."""
    with _memory(b"") as out:
        pool = shared_pool(NOISE)
        reply = pool.call({"do": "extract", "crop": crop}, [descriptor, out])
        if reply.outcome is not Outcome.OK:
            return None
        height, width = reply.body.get("height"), reply.body.get("width")
        if not isinstance(height, int) or not isinstance(width, int):
            return None
        size = height * width
        data = os.pread(out, 3 * size, 0)
    if len(data) != 3 * size or not size:
        return None
    noise = np.frombuffer(data, np.float16, size).astype(np.float32).reshape(height, width)
    return noise, np.frombuffer(data, np.uint8, size, 2 * size).reshape(height, width)


def compare_with(descriptor: int, devices: Sequence[Device]) -> Iterator[Observation]:
    """One observation for each device whose noise the picture carries, at its own place."""
    for device in devices:
        if device.fingerprint is None:
            continue
        height, width = device.fingerprint.shape
        with _memory(device.fingerprint.astype(np.float32).tobytes()) as held:
            pool = shared_pool(NOISE)
            job = {"do": "compare", "height": height, "width": width}
            reply = pool.call(job, [descriptor, held])
        if reply.outcome is Outcome.OK:
            yield from _observed(reply.body, device)


def _observed(untrusted: Mapping[str, Any], device: Device) -> Iterator[Observation]:
    pce = float(untrusted["pce"])
    if pce >= PCE and untrusted["rows"] == 0 and untrusted["columns"] == 0:
        yield Observation(
            kind=SignalKind.DEVICE_NOISE,
            state="same",
            tool=device.name,
            detail=f"sensor noise of {device.name}: PCE {pce:.0f} (limit {PCE:g}), "
            f"fingerprint of {len(device.pictures)} other pictures",
        )


def compare_structure(items: Sequence[Item], devices: Sequence[Device]) -> Iterator[Observation]:
    """One observation for each device that writes its files in the same way."""
    structure = structure_of(items)
    for device in devices:
        if structure and structure in device.structures:
            yield Observation(
                kind=SignalKind.DEVICE_STRUCTURE,
                state="same",
                tool=device.name,
                detail=f"tables, sampling and order of segments are those of {device.name} ({structure[:12]})",
            )


@contextmanager
def _memory(data: bytes) -> Iterator[int]:
    """A descriptor of memory with these bytes, for the worker to read or fill."""
    descriptor = os.memfd_create("noise", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, data)
        yield descriptor
    finally:
        os.close(descriptor)
