"""The sandbox handler for model files: one pass, every digest by which generators name them, and the header.

Nothing is ever unpickled. Sources: AUTOMATIC1111/stable-diffusion-webui, modules/hashes.py and sd_models.py (AutoV1
to AutoV3); huggingface/safetensors, format; invoke-ai/InvokeAI, model_hash.py (BLAKE3).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping

import blake3

from fairlead.provenance.wire import ToolTold

_PIECE = 4 << 20
_AUTOV1_AT, _AUTOV1_LENGTH = 0x100000, 0x10000
_MOST_HEADER = 64 << 20
_LEAST_BYTES = 1024
_MOST_NAME = 120
_LORA_MARKS = ("lora_up", "lora_down", "lora_A", "lora_B", "lokr_", "hada_")


def handle(header: Mapping[str, object], descriptors: list[int]) -> ToolTold:  # noqa: ARG001 - the shape of a handler
    """Format, role and digests of one file; ``format`` is empty when it is no model file."""
    descriptor = descriptors[0]
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, 16, 0)
    form, body_at = _format(head, size)
    if not form:
        return {"format": ""}
    facts: ToolTold = (
        _header_facts(os.pread(descriptor, body_at - 8, 8)) if form == "safetensors" else {"role": "unknown"}
    )
    return {"format": form, "size_bytes": size, **_digests(descriptor, body_at), **facts}


def _format(head: bytes, size: int) -> tuple[str, int]:
    """Name of the format, and where the tensors of a safetensors file begin."""
    length = int.from_bytes(head[:8], "little")
    if size < _LEAST_BYTES:
        return "", 0
    if head[8:9] == b"{" and 2 <= length <= min(_MOST_HEADER, size - 8):
        return "safetensors", 8 + length
    if head.startswith(b"GGUF"):
        return "gguf", 0
    if head.startswith(b"PK\x03\x04"):
        return "pickle-zip", 0
    return (
        ("pickle", 0)
        if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}
        else ("", 0)
    )


def _digests(descriptor: int, body_at: int) -> ToolTold:
    whole, body, first, other = hashlib.sha256(), hashlib.sha256(), hashlib.sha256(), blake3.blake3()
    at = 0
    while piece := os.pread(descriptor, _PIECE, at):
        whole.update(piece)
        other.update(piece)
        body.update(piece[max(0, body_at - at) :])
        first.update(piece[max(0, _AUTOV1_AT - at) : max(0, _AUTOV1_AT + _AUTOV1_LENGTH - at)])
        at += len(piece)
    return {
        "autov1": first.hexdigest()[:8],
        "autov2": whole.hexdigest()[:10],
        "autov3": body.hexdigest()[:12] if body_at else "",
        "blake3": other.hexdigest(),
    }


def _header_facts(raw: bytes) -> ToolTold:
    try:
        header = json.loads(raw)
        metadata = header.get("__metadata__") or {}
        names = [name for name in header if name != "__metadata__"]
    except (ValueError, RecursionError, AttributeError):
        return {"role": "unknown"}
    return {
        "role": _role(metadata, names),
        "output_name": str(metadata.get("ss_output_name") or "")[:_MOST_NAME],
        "trained_pictures": str(metadata.get("ss_num_train_images") or "")[:20],
        "trained_at": str(metadata.get("ss_training_finished_at") or "")[:20],
    }


def _role(metadata: Mapping[str, object], names: list[str]) -> str:
    if "ss_network_module" in metadata or any(mark in name for name in names for mark in _LORA_MARKS):
        return "lora"
    if names == ["emb_params"] or set(names) == {"clip_g", "clip_l"}:
        return "embedding"
    if any(name.startswith(("model.diffusion_model.", "transformer.", "double_blocks.")) for name in names):
        return "checkpoint"
    return "unknown"
