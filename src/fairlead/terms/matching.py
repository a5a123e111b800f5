"""Words of matching. A match is a fact about numbers."""

from __future__ import annotations

from enum import StrEnum

PDQ_BITS = 256
PDQ_MATCH_RADIUS = 31  # bits; ThreatExchange pdq/README: confident match
PDQ_MINIMUM_QUALITY = 50  # of 100; below it a hash says too little
VIDEO_SHARE_PERCENT = 80.0  # of the known video; ThreatExchange vpdq/README: finds clips inside compilations
FLOOD_LIMIT = 1000  # distinct contents that one entry may agree with before a person has to look at the entry


class Algorithm(StrEnum):
    """How the value of a hash-set entry was computed."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    VPDQ = "vpdq"  # PDQ of one frame of a known video
    PHOTODNA = "photodna"  # carried from list to list, never computed or matched here


class VideoRule(StrEnum):
    """Of which video 80 % of the frames must be found in the other one for the two to match.

    The two published rules: ThreatExchange's vpdq/README asks for the share of the known video, which finds a
    clip inside a compilation; python-threatexchange asks for the share of the video that is looked at.
    """

    KNOWN = "known"
    CONTENT = "content"


class Meaning(StrEnum):
    """What the provider of a hash set says its entries are. Known is not illegal."""

    ILLEGAL_THERE = "illegal-there"
    OF_INTEREST = "of-interest"
    BENIGN = "benign"
    KNOWN_SOFTWARE = "known-software"


class ReleasePolicy(StrEnum):
    """Whether the hash of an entry may leave to another country."""

    RELEASABLE = "releasable"
    ORIGINATOR_CONSENT = "originator-consent"
    NOT_RELEASABLE = "not-releasable"


class MatchKind(StrEnum):
    """How a content matched an entry."""

    EXACT = "exact"
    NEAR = "near"


class PdqMode(StrEnum):
    """Which reference a PDQ hash follows; the two differ on pictures with a side above 512 pixels."""

    FULL = "pdq-full"  # as pdqhash and HMA: no shrinking
    META512 = "pdq-meta512"  # as Meta's photo hasher: nearest neighbour to 512 first
