"""NovelAI's signature over pixels and settings. Source: NovelAI/novelai-image-metadata (2026), Ed25519."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOVELAI_KEY = "Y2JcQAOhLwzwSDUJPNgL04nS0Tbqm7cSRc4xk0vRMic="


def settings_of(untrusted_comment: str) -> dict[str, object] | None:
    """The settings of a comment that carries ``signed_hash``; None for any other text."""
    try:
        settings = json.loads(untrusted_comment)
    except (ValueError, RecursionError):
        return None
    if isinstance(settings, dict) and isinstance(settings.get("signed_hash"), str):
        return settings
    return None


def check_signature(
    pixels: npt.NDArray[np.uint8], settings: Mapping[str, object], *, key: str = NOVELAI_KEY
) -> bool:
    """Whether ``signed_hash`` signs these pixels (height x width x 3, RGB) and the other settings.

    Pixel-exact: one changed bit breaks it.
    """
    rest = {name: value for name, value in settings.items() if name != "signed_hash"}
    message = np.ascontiguousarray(pixels).tobytes() + json.dumps(rest).encode("utf-8", "replace")
    try:
        signature = base64.b64decode(str(settings["signed_hash"]), validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
