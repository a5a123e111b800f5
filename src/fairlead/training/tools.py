"""Made-up model and LoRA files: the header of a safetensors file around numbers that mean nothing."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass

import numpy as np

_CHECKPOINT_BYTES, _LORA_BYTES = 1_400_000, 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFile:
    """A file as a generation tool loads it, and the digests that generators write into pictures."""

    name: str
    data: bytes

    @property
    def model_hash(self) -> str:
        """First 10 digits of the file's SHA-256, as the web UI names a checkpoint."""
        return hashlib.sha256(self.data).hexdigest()[:10]

    @property
    def lora_hash(self) -> str:
        """First 12 digits of SHA-256 of what follows the header, as the web UI names a LoRA."""
        start = 8 + struct.unpack("<Q", self.data[:8])[0]
        return hashlib.sha256(self.data[start:]).hexdigest()[:12]


def make_checkpoint(seed: int) -> ToolFile:
    """A checkpoint of 1.4 MB."""
    return ToolFile(
        name="landscapes_v2.safetensors", data=_safetensors(seed, 1, _CHECKPOINT_BYTES, {"format": "pt"})
    )


def make_lora(seed: int) -> ToolFile:
    """A LoRA whose header says what it was trained on."""
    header = {
        "ss_network_module": "networks.lora",
        "ss_output_name": "harbour_style",
        "ss_num_train_images": "24",
        "ss_training_finished_at": "1722510000.0",
        "ss_base_model_version": "sd_v1",
    }
    return ToolFile(name="harbour_style.safetensors", data=_safetensors(seed, 2, _LORA_BYTES, header))


def _safetensors(seed: int, number: int, size: int, metadata: dict[str, str]) -> bytes:
    values = np.random.default_rng([seed, number, 0x700]).bytes(size)
    tensor = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    name = (
        "lora_unet_down.lora_up.weight" if "ss_network_module" in metadata else "model.diffusion_model.weight"
    )
    header = json.dumps({"__metadata__": metadata, name: tensor}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + values
