"""What the supervisor asks the reader of containers, and what the reader answers, as they cross the sandbox."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class EntryPlace(TypedDict):
    """Where one entry lies in its container: the kind of its step, and the numbers which that kind has."""

    kind: str
    index: NotRequired[int]
    partition: NotRequired[int]
    inode: NotRequired[int]
    attribute: NotRequired[int]
    volume: NotRequired[int]
    message: NotRequired[int]
    number: NotRequired[int]
    generation: NotRequired[int]
    start: NotRequired[int]
    end: NotRequired[int]


class GivenTold(TypedDict):
    """``Given`` of the reader; lists for tuples."""

    unpacked_bytes: int
    message_bytes: int
    carved_bytes: int
    passwords: list[str]
    carve: bool
    names: list[str]
    disks: NotRequired[list[tuple[str, int]]]
    primary: NotRequired[int]


class Request(TypedDict):
    """One request. ``op`` says which: sidecar, hand_over, open, prepare, volumes, medium, list or copy."""

    op: str
    token: NotRequired[str]
    container: NotRequired[str]
    given: NotRequired[GivenTold]
    start: NotRequired[int]
    count: NotRequired[int]
    place: NotRequired[EntryPlace]
    most: NotRequired[int]


class VolumeTold(TypedDict):
    """One volume as the reader found it."""

    number: int
    parent: int | None
    kind: str
    name: str
    form: str
    offset: int | None
    size: int | None
    encrypted: bool
    opened: bool
    password: int | None
    detail: str


class Answer(TypedDict, total=False):
    """One answer. ``verdict`` and ``detail`` say why it ended early, ``unknown`` that the container is not open here.

    ``on_the_way``: what lies before the entry is still being unpacked; the same request goes on with it.
    """

    unknown: bool
    on_the_way: bool
    facts: dict[str, str]
    volumes: list[VolumeTold]
    entries: list[dict[str, str | int]]
    end: bool
    incomplete: bool
    bytes: int
    short: bool
    verdict: str
    detail: str
    size: int
    found_md5: str
    found_sha1: str
    stored_md5: str
    stored_sha1: str
    header: dict[str, str]
