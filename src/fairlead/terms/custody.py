"""Custody words: the fields of ISO/IEC 27037 and the six logged operations of the LED."""

from __future__ import annotations

from enum import StrEnum


class CustodyEvent(StrEnum):
    """What happened to an exhibit."""

    RECEIVE = "receive"
    CHECK_OUT = "check_out"
    CHECK_IN = "check_in"
    COPY = "copy"
    ANALYSE = "analyse"
    TRANSFER = "transfer"
    RETURN = "return"


class ExhibitKind(StrEnum):
    """How an exhibit arrived."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    IMAGE = "image"
    FILE = "file"


class Operation(StrEnum):
    """The six operations that Directive (EU) 2016/680, art. 25(1), wants logged."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
