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
    WATCH_LIVE = "watch_live"
    SOLICIT = "solicit"
    FINANCE = "finance"
    ATTEMPT = "attempt"
    COMPLICITY = "complicity"


class ImageClass(StrEnum):
    """What kind of picture the act concerned."""

    REAL = "real"  # recording of a real child
    ALTERED = "altered"  # real identifiable child, altered
    SYNTH = "synth"  # fully synthetic, realistic
    DRAWN = "drawn"  # recognisably artificial


class AgeBand(StrEnum):
    """Age, or apparent age, of the depicted person: every span between the limits that laws draw.

    ``under_18`` is also the answer for an age that is not known more closely.
    """

    UNDER_10 = "under_10"
    UNDER_12 = "under_12"
    UNDER_13 = "under_13"
    UNDER_14 = "under_14"
    UNDER_15 = "under_15"
    UNDER_16 = "under_16"
    UNDER_18 = "under_18"
    FROM_10_TO_11 = "10_11"
    FROM_10_TO_12 = "10_12"
    FROM_10_TO_13 = "10_13"
    FROM_10_TO_14 = "10_14"
    FROM_10_TO_15 = "10_15"
    FROM_10_TO_17 = "10_17"
    AGED_12 = "12_12"
    FROM_12_TO_13 = "12_13"
    FROM_12_TO_14 = "12_14"
    FROM_12_TO_15 = "12_15"
    FROM_12_TO_17 = "12_17"
    AGED_13 = "13_13"
    FROM_13_TO_14 = "13_14"
    FROM_13_TO_15 = "13_15"
    FROM_13_TO_17 = "13_17"
    AGED_14 = "14_14"
    FROM_14_TO_15 = "14_15"
    FROM_14_TO_17 = "14_17"
    AGED_15 = "15_15"
    FROM_15_TO_17 = "15_17"
    FROM_16_TO_17 = "16_17"

    @property
    def years(self) -> tuple[int, int]:
        """The first age of the span, and the first age after it."""
        first, last = self.value.split("_")
        return (0, int(last)) if first == "under" else (int(first), int(last) + 1)

    @property
    def said(self) -> str:
        """The span for eyes: “under 14”, “14 to 17”, “12”."""
        first, after = self.years
        if first == 0:
            return f"under {after}"
        return str(first) if after == first + 1 else f"{first} to {after - 1}"

    @classmethod
    def spanning(cls, first: int, after: int) -> AgeBand:
        """The span from one limit to another; ValueError when these are no limits of a law."""
        return cls(f"under_{after}" if first == 0 else f"{first}_{after - 1}")

    def covers(self, other: AgeBand) -> bool:
        """Whether every age of the other span is in this one."""
        return self.years[0] <= other.years[0] and other.years[1] <= self.years[1]

    def meets(self, other: AgeBand) -> bool:
        """Whether some age is in both spans."""
        return self.years[0] < other.years[1] and other.years[0] < self.years[1]


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


class Fact(StrEnum):
    """A fact of a case on which a tier of a penalty or the reach of a provision depends; not known unless said."""

    ONLINE = "online"  # through a network that anybody can use
    PAYMENT = "payment"  # for a price
    HABIT = "habit"  # repeatedly, as a habit
    COMMERCIAL = "commercial"  # as a business or for a steady income
    GAIN = "gain"  # for considerable gain
    ORGANISED = "organised"  # as a member of a gang or organised group
    CROSS_BORDER = "cross_border"  # as a member of an organised group in several states
    MANY = "many"  # a large amount of material
    VIOLENCE = "violence"  # what is shown includes violence or danger to life
    TRUST = "trust"  # by somebody in whose care the child was
    PREVIOUS = "previous"  # after an earlier conviction for such an offence
    NEGLIGENCE = "negligence"  # without intent
    OWN_USE = "own_use"  # for own use only
    SPREAD = "spread"  # with the aim of spreading it
    COPY = "copy"  # a copy came to be stored
    MINOR_CASE = "minor_case"  # a court finds the case a minor one
    SERIOUS_CASE = "serious_case"  # a court finds the case a serious one
    NO_REAL_CHILD = "no_real_child"  # no real child, nor a part of a picture of one, was used


class TierKind(StrEnum):
    """What a tier of a penalty is for."""

    MINOR = "minor"
    NEGLIGENT = "negligent"
    BASIC = "basic"
    ONLINE = "online"
    YOUNG = "young"
    COMMERCIAL = "commercial"
    ORGANISED = "organised"
    SERIOUS = "serious"


class Standing(StrEnum):
    """What is asked in every case, whatever the act: answered by a record, or open; never absent."""

    TERRITORIAL = "territorial"
    PERSONAL = "personal"
    UNIVERSAL = "universal"
    ATTEMPT = "attempt"
    LIMITATION = "limitation"
    DUAL_CRIMINALITY = "dual_criminality"
    CONSENT = "consent"
    AGE = "age"
    INTENT = "intent"
