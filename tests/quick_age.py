"""Age files under a passphrase that cost next to nothing to make and to open (age-encryption.org/v1, scrypt of RFC 7914).

The program makes such files with a work factor that takes a second; tests that open keys by the hundred would take
minutes. What is made here is opened by the program's own library, which reads the work factor in the file.
"""

from __future__ import annotations

import base64
import hmac
import os
from hashlib import scrypt

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LOG_N, _CHUNK = 4, 64 << 10


def lock_quickly(data: bytes, passphrase: str) -> bytes:
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrapping = scrypt(
        passphrase.encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << _LOG_N, r=8, p=1, dklen=32
    )
    wrapped = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    header = f"age-encryption.org/v1\n-> scrypt {_text(salt)} {_LOG_N}\n{_text(wrapped)}\n---".encode()
    mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
    stream = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    pieces = [data[at : at + _CHUNK] for at in range(0, max(len(data), 1), _CHUNK)]
    sealed = [
        stream.encrypt(number.to_bytes(11, "big") + bytes([number == len(pieces) - 1]), piece, None)
        for number, piece in enumerate(pieces)
    ]
    return header + f" {_text(mac)}\n".encode() + nonce + b"".join(sealed)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)
