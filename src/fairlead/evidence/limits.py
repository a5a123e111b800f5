"""How much of one exhibit is read before a limit is recorded instead, and the file in which a person sets it."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLimits:
    """Bounds for members of archives and disk images; reaching one is the verdict ``limit``.

    ``ratio`` is declared size over stored size, asked only of members above ``ratio_from_bytes``.
    ``depth`` counts containers inside containers; the exhibit itself is 0.
    """

    member_bytes: int = 16 << 30
    archive_bytes: int = 256 << 30
    ratio: int = 200
    ratio_from_bytes: int = 8 << 20
    members: int = 2_000_000
    depth: int = 6
    deadline_s: float = 120.0
    reader_memory_bytes: int = 2 << 30
    spool_in_memory_bytes: int = 64 << 20
    message_bytes: int = 64 << 20
    carved_bytes: int = 1 << 30
    search_s: float = 172_800.0
    passwords: int = 200

    @property
    def version(self) -> str:
        """A short digest of the settings, part of the version of every stage that obeys them."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]


MEANINGS = {
    "member_bytes": "most bytes read of one member, file of an image, or carved item",
    "archive_bytes": "most bytes that all members of one archive may declare together",
    "ratio": "most bytes that one stored byte may unpack to",
    "ratio_from_bytes": "size from which members are asked for that ratio",
    "members": "most members listed of one archive or image",
    "depth": "most containers inside containers",
    "deadline_s": "seconds a reader may take for one page of a listing, or for one item",
    "reader_memory_bytes": "memory of a reader process",
    "spool_in_memory_bytes": "size up to which an item is held in memory while it is read",
    "message_bytes": "most bytes of one mail message",
    "carved_bytes": "most bytes of one item found by its structure",
    "search_s": "seconds that listing one container may take while free space is searched",
    "passwords": "most lines of a list of passwords",
}
"""What each limit bounds; the settings file and its reference page say it in these words."""


def load_limits(path: Path) -> EvidenceLimits:
    """The limits of a settings file; the defaults where there is no file.

    Raises UsageError for what is no TOML, an unknown name, or a value that is no number above zero.
    """
    if not path.is_file():
        return EvidenceLimits()
    try:
        given = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise UsageError(
            f"the limits in {path.name} cannot be read ({type(problem).__name__})",
            "Correct the file, or delete it to go back to the built-in limits.",
            code="EVIDENCE-LIMITS",
        ) from problem
    known = {field.name: type(getattr(EvidenceLimits(), field.name)) for field in fields(EvidenceLimits)}
    for name, value in given.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = known.get(name) is not int or isinstance(value, int)
        if name not in known or not number or not whole or value <= 0:
            raise UsageError(
                f"the limit {name!r} in {path.name} is unknown, or its value is no number above zero",
                "`fairlead exhibit limits` shows every name with its meaning.",
                code="EVIDENCE-LIMITS",
            )
    return EvidenceLimits(**{name: known[name](value) for name, value in given.items()})


def render_limits(limits: EvidenceLimits) -> str:
    """Limits as a settings file, each with its meaning."""
    lines = ["# Limits for reading exhibits. Reaching one is the verdict `limit`, never silence."]
    for name, value in asdict(limits).items():
        lines += ["", f"# {MEANINGS[name]}", f"{name} = {value}"]
    return "\n".join(lines) + "\n"
