"""Archives that hold the file system of a telephone: which layout they have, and where a member lay on the device.

Two layouts are known. Cellebrite writes the file system below ``filesystem``, with a number where there are
several (iOS), or below ``Dump`` (Android), and what it adds beside them. GrayKey writes it from the root on. An
archive is taken for one of them when its first members name folders that every iOS or Android device has; what
it was made with, the archive does not prove.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BELOW = re.compile(rb"(filesystem[0-9]*|Dump)/(?=.)", re.DOTALL)
_IOS = (b"private/var/", b"System/Library/", b"private/etc/", b"Applications/", b"usr/", b"Library/")
_ANDROID = (
    b"data/data/",
    b"data/media/",
    b"data/system/",
    b"data/app/",
    b"system/",
    b"vendor/",
    b"mnt/",
    b"storage/",
)
_DECISIVE = (b"private/var/mobile/", b"private/var/containers/", b"data/data/", b"data/media/")
_LEAST_FOLDERS = 2


class Device(StrEnum):
    """Whose folders these are."""

    IOS = "ios"
    ANDROID = "android"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLayout:
    """Where the device's file system lies in an archive; ``below`` is whether a folder of the tool is around it."""

    device: Device
    below: bool

    def device_path(self, member: bytes) -> bytes | None:
        """The path on the device; None for what the tool put beside the file system."""
        path = member.removeprefix(b"./")
        if not self.below:
            return b"/" + path.lstrip(b"/")
        match = _BELOW.match(path)
        return b"/" + path[match.end() :] if match else None


def detect_layout(members: Iterable[bytes]) -> PhoneLayout | None:
    """The layout that the names of some members show; None when they show none."""
    paths = [member.removeprefix(b"./").lstrip(b"/") for member in members]
    inside = [path[match.end() :] for path in paths if (match := _BELOW.match(path))]
    for below, candidates in ((True, inside), (False, paths)):
        for device, folders in ((Device.IOS, _IOS), (Device.ANDROID, _ANDROID)):
            met = {folder for folder in folders if any(path.startswith(folder) for path in candidates)}
            decisive = [folder for folder in _DECISIVE if any(path.startswith(folder) for path in candidates)]
            if any(folder.startswith(tuple(met)) for folder in decisive) or (
                below and len(met) >= _LEAST_FOLDERS
            ):
                return PhoneLayout(device=device, below=below)
    return None
