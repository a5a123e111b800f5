"""The wire between supervisor and worker: a length, a JSON object, descriptors beside the first byte."""

from __future__ import annotations

import array
import json
import socket
import struct
from collections.abc import Mapping

_LENGTH = struct.Struct(">I")
MOST_DESCRIPTORS = 32
MOST_HEADER_BYTES = 1 << 20


def send(channel: socket.socket, body: Mapping[str, object], descriptors: list[int] | None = None) -> None:
    """Send one object; descriptors are duplicated by the kernel and may be closed afterwards."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    message = _LENGTH.pack(len(text)) + text
    sent = 0
    if descriptors:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        sent = channel.sendmsg([message], rights)
    channel.sendall(message[sent:])


def receive_job(channel: socket.socket) -> tuple[dict[str, object], list[int]] | None:
    """A job and its descriptors, or None when the supervisor has gone. Used by the worker."""
    space = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
    held, ancillary, _, _ = channel.recvmsg(65536, space)
    if not held:
        return None
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    while len(held) < _LENGTH.size or len(held) < _LENGTH.size + _LENGTH.unpack_from(held)[0]:
        more = channel.recv(65536)
        if not more:
            return None
        held += more
    return json.loads(held[_LENGTH.size :]), list(descriptors)


class Incoming:
    """Bytes of one reply as they arrive from an untrusted worker."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = bytearray()

    def feed(self, data: bytes) -> dict[str, object] | None:
        """Add bytes; returns the reply once whole. Raises ValueError when it is too long or not an object."""
        self._held += data
        if len(self._held) < _LENGTH.size:
            return None
        length = _LENGTH.unpack_from(self._held)[0]
        if length > self._most:
            raise ValueError("reply too long")
        if len(self._held) < _LENGTH.size + length:
            return None
        if len(self._held) > _LENGTH.size + length:
            raise ValueError("more than one reply")
        try:
            body = json.loads(self._held[_LENGTH.size :])
        except RecursionError as problem:
            raise ValueError("reply nested too deep") from problem
        if not isinstance(body, dict):
            raise ValueError("reply is not an object")  # noqa: TRY004 - one kind of refusal for the caller
        return body
