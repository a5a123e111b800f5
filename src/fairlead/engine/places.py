"""Where tables and exhibits may lie: at a path, or in object storage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fairlead.terms.errors import UsageError

_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")


@dataclass(frozen=True, slots=True, order=True)
class ObjectPlace:
    """A bucket, and a key in it or the beginning of keys; its text is ``s3://bucket/key``."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"{_SCHEME}{self.path}"

    def __truediv__(self, name: str) -> ObjectPlace:
        return ObjectPlace(self.bucket, f"{self.key}/{name}" if self.key else name)

    @property
    def path(self) -> str:
        """Bucket and key as one path, which is how pyarrow names objects."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    @property
    def name(self) -> str:
        """The last part of the key; the bucket when there is no key."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> ObjectPlace:
        """The place that this one lies in."""
        return ObjectPlace(self.bucket, self.key.rpartition("/")[0])


Place = Path | ObjectPlace


def require_usable(folder: Path) -> None:
    """Stop with USAGE-FOLDER for a path that cannot be written in one line of UTF-8, as the database's files do."""
    try:
        text = str(folder.absolute()).encode().decode()
    except UnicodeEncodeError:
        text = "\0"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise UsageError(
            "the path of the folder holds a line break, another control character, or bytes that are no UTF-8",
            "Rename the folder, or choose another one.",
            code="USAGE-FOLDER",
        )


def parse_place(text: str) -> Place:
    """The place that a text names. Raises UsageError for a name of object storage that cannot be one.

    Keys for the object storage never stand in it: they come from the environment.
    """
    if not text.startswith(_SCHEME):
        return Path(text)
    bucket, _, key = text.removeprefix(_SCHEME).partition("/")
    if not _BUCKET.match(bucket) or not is_plain(key.removesuffix("/")):
        raise UsageError(
            "the place in object storage cannot be used",
            "Give s3://BUCKET/PREFIX, without keys, passwords, or parts that are empty, . or ..; what signs you in "
            "comes from the environment.",
            code="USAGE-PLACE",
        )
    return ObjectPlace(bucket, key.removesuffix("/"))


def is_plain(key: str) -> bool:
    """Whether every part of an object's name could be a file's name."""
    return not key or all(part not in ("", ".", "..") for part in key.split("/"))
