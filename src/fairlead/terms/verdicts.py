"""What became of every file and every content: each ends with exactly one verdict."""

from __future__ import annotations

from enum import StrEnum


class FileVerdict(StrEnum):
    """What became of one file in one exhibit."""

    READ = "read"  # read to the end, digests are those of the whole file
    LIMIT = "limit"  # a limit was reached; `detail` says which and what was read
    UNREADABLE = "unreadable"  # the medium or the operating system gave an error
    DAMAGED = "damaged"  # the container is damaged at this member
    ENCRYPTED = "encrypted"  # no password given, or a wrong one
    UNSUPPORTED = "unsupported"  # a form or a feature that is not read here; `detail` names it
    NOT_EXAMINED = "not_examined"  # free space and slack: it is there, nobody looked into it
    NOT_A_FILE = "not_a_file"  # symbolic link, FIFO, device: recorded, never followed
    CRASHED = "crashed"  # the reader died on it in the sandbox
    TIMEOUT = "timeout"  # the reader took too long in the sandbox


class ContentVerdict(StrEnum):
    """What became of one distinct content."""

    DECODED = "decoded"  # a picture or video was decoded and hashed
    PARTIAL = "partial"  # cut or damaged: what could be decoded was hashed
    IDENTIFIED = "identified"  # type known; nothing to decode
    EMPTY = "empty"  # zero bytes
    DAMAGED = "damaged"  # the decoder refused it
    LIMIT = "limit"  # larger than a decoder may take on, e.g. a picture bomb
    UNSUPPORTED = "unsupported"  # a picture or video type without decoder
    CRASHED = "crashed"  # the decoder died in the sandbox
    TIMEOUT = "timeout"  # the decoder took too long in the sandbox
    MEMORY = "memory"  # the decoder wanted more memory than it may have
    UNREADABLE = "unreadable"  # the bytes could not be read again


class Allocation(StrEnum):
    """Whether the file system still knows a file."""

    LIVE = "live"
    DELETED = "deleted"
    CARVED = "carved"
    FREE = "free"  # no file: bytes that belong to none
