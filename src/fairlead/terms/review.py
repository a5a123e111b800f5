"""Words of looking: how much is shown, why, and what was decided."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class RevealLevel(IntEnum):
    """The steps of the ladder; each is asked for, none is skipped."""

    NEUTRAL = 0  # a tile with words, no pixels
    LINES = 1  # line drawing, 160 pixels at most
    SOFT = 2  # grey and blurred, 320 pixels at most
    GREY = 3  # grey and clear
    COLOUR = 4  # as it is


class Purpose(StrEnum):
    """Why somebody looks; asked for from the third level on."""

    CLASSIFY = "classify"
    IDENTIFY_VICTIM = "identify_victim"
    IDENTIFY_PLACE = "identify_place"
    QUALITY_CHECK = "quality_check"
    COURT_REQUEST = "court_request"


class ReviewDecision(StrEnum):
    """What a person decided about a content."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"
    UNSURE = "unsure"  # goes to a second person


class KeptAway(StrEnum):
    """Kinds of material that a person may have kept away from them, without giving a reason."""

    VIDEO = "video"
    CAMERA = "camera"  # what a camera seems to have made
    DERIVED = "derived"  # what seems made from another picture


PURPOSE_FROM = RevealLevel.GREY
EXPOSURE_FROM = RevealLevel.SOFT
CONCEAL_AFTER_S = 10
BREAK_AFTER_MINUTES = 50
BREAK_MINUTES = 10
HEAVY_IN_A_ROW = 3
"""Break, length of work and how much heavy material follows in a row keep to common practice: they are defaults,
not results of research."""
