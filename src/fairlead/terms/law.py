"""The vocabulary of law records and assessments."""

from __future__ import annotations

from enum import StrEnum


class LegalAct(StrEnum):
    """What a person did, in the words that law records are keyed by."""

    PRODUCE = "produce"
    PRODUCE_DIST = "produce_dist"
    DISTRIBUTE = "distribute"
    OFFER = "offer"
    ACCESS = "access"
    ACQUIRE = "acquire"
    POSSESS = "possess"
    PAY = "pay"
    TOOL = "tool"
    MANUAL = "manual"
    PLATFORM = "platform"


class ImageClass(StrEnum):
    """What kind of picture the act concerned."""

    REAL = "real"  # recording of a real child
    ALTERED = "altered"  # real identifiable child, altered
    SYNTH = "synth"  # fully synthetic, realistic
    DRAWN = "drawn"  # recognisably artificial


class AgeBand(StrEnum):
    """Age, or apparent age, of the depicted person where the law draws a line."""

    UNDER_14 = "under_14"
    FROM_14_TO_17 = "14_17"
    UNDER_18 = "under_18"  # age band not known more closely


class Cover(StrEnum):
    """Whether a provision covers an image class."""

    YES = "yes"
    NO = "no"
    PARTIAL = "partial"
    UNCLEAR = "unclear"


class LawVerdict(StrEnum):
    """The four answers. No record is never a gap."""

    MAY_APPLY = "may_apply"
    GAP_ASSERTED = "gap_asserted"
    UNCLEAR = "unclear"
    NOT_ASSESSED = "not_assessed"


class ProvisionStatus(StrEnum):
    """Where a provision stands in its life."""

    IN_FORCE = "in_force"
    ENACTED = "enacted"
    COMMENCEMENT_UNVERIFIED = "commencement_unverified"
    BILL = "bill"
    REPEALED = "repealed"
    POLICY_ONLY = "policy_only"


class Liability(StrEnum):
    """What kind of consequence a provision attaches."""

    CRIMINAL = "criminal"
    ADMINISTRATIVE = "administrative"
    PLATFORM_DUTY = "platform_duty"


class ContentKind(StrEnum):
    """What a picture shows, where a provision draws a line there."""

    SEXUAL_ACT = "sexual_act"
    NUDITY = "nudity"


class Basis(StrEnum):
    """What a law record rests on."""

    SOURCED = "SOURCED"  # text seen in a named source
    MEMORY = "MEMORY"  # general knowledge, not confirmed
    MIXED = "MIXED"  # the rule is sourced, a detail is not


class Confidence(StrEnum):
    """How far a law record can be relied on; high only with a named reviewer who read an official text."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class SourceKind(StrEnum):
    """What kind of text a source is."""

    OFFICIAL_TEXT = "official_text"
    OFFICIAL_TEXT_COPY = "official_text_copy"  # somebody else's copy or mirror of an official text
    OFFICIAL_SUMMARY = "official_summary"  # an authority or parliament about the law
    COURT = "court"
    SECONDARY = "secondary"  # press, law firms, commentators
