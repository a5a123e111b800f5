"""A handler that tries what a sandboxed worker must not be able to do: for the self-test, and for tests."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NotRequired, TypedDict

from fairlead.engine.sandbox.stream import MOST_FRAME_BYTES, write_frame

_PAGE_BYTES = 32 << 20
_MANY_THREADS = 5000


def _open() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _write() -> None:
    descriptor, _ = tempfile.mkstemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")  # noqa: S108
    os.close(descriptor)


def _socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _exec() -> None:
    os.execv(sys.executable, [sys.executable, "-c", ""])  # noqa: S606 - the attempt is the point


def _crash() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    while True:
        pass


def _forge() -> None:
    """Answer out of turn, as a decoder that was taken over would, to pass for the answer about the next file."""
    text = b'{"ok":{"size":666}}'
    for descriptor in range(3, 16):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as channel:
                channel.sendall(len(text).to_bytes(4, "big") + text)
        except OSError:
            continue


def _threads() -> None:
    """Start threads until no more is to be had, and say so by failing when that comes before five thousand."""
    waiting = threading.Event()
    threading.stack_size(64 << 10)
    try:
        for _ in range(_MANY_THREADS):
            threading.Thread(target=waiting.wait, daemon=True).start()
    finally:
        waiting.set()


def _memory() -> None:
    held = []
    while True:
        held.append(bytearray(_PAGE_BYTES))


ESCAPES: dict[str, Callable[[], None]] = {
    "open": _open,
    "write": _write,
    "socket": _socket,
    "fork": _fork,
    "exec": _exec,
}
FAILURES: dict[str, Callable[[], None]] = {
    "crash": _crash,
    "hang": _hang,
    "memory": _memory,
    "forge": _forge,
    "threads": _threads,
}


class Probe(TypedDict):
    """What to try, and with how many bytes where that matters."""

    act: str
    bytes: NotRequired[int]


def handle(header: Probe, descriptors: list[int]) -> dict[str, object]:
    """Try one act; answers ``done`` when nothing stopped it. ``size`` reports the length of a descriptor."""
    act = header["act"]
    match act:
        case "size":
            return {"size": os.fstat(descriptors[0]).st_size}
        case "copy":
            return {"copied": os.write(descriptors[1], os.pread(descriptors[0], header["bytes"], 0))}
        case "frames":
            for _ in range(3):
                write_frame(descriptors[1], 7, os.pread(descriptors[0], header["bytes"], 0))
            return {"frames": 3}
        case "long frame":
            os.write(descriptors[1], struct.pack("<BQ", 7, MOST_FRAME_BYTES + 1))
        case "long":
            return {"text": "x" * header["bytes"]}
        case _:
            {**ESCAPES, **FAILURES}[act]()
    return {"done": act}
