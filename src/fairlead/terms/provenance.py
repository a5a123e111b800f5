"""Words of provenance: what a file declares and carries about its own origin."""

from __future__ import annotations

from enum import StrEnum


class SignalKind(StrEnum):
    """One way in which a file can say something about its origin."""

    C2PA = "c2pa"
    GENERATOR_METADATA = "generator_metadata"
    DIGITAL_SOURCE_TYPE = "digital_source_type"
    CAMERA_METADATA = "camera_metadata"


class Finding(StrEnum):
    """What a signal points to."""

    MACHINE_MADE = "machine_made"
    CAMERA_MADE = "camera_made"
    DERIVED_FROM_PICTURE = "derived_from_picture"
    EDITED = "edited"
    OTHER = "other"


class Strength(StrEnum):
    """Verbal scale of the ENFSI guideline for evaluative reporting (2015), lower part."""

    NO_SUPPORT = "no support"
    WEAK = "weak support"
    MODERATE = "moderate support"
    MODERATELY_STRONG = "moderately strong support"
    STRONG = "strong support"


class Conclusion(StrEnum):
    """What the grounds together amount to. Never a bare score, and absence is not a camera."""

    DECLARED_MACHINE_SIGNED = "declared_machine_signed"
    DECLARED_MACHINE_UNSIGNED = "declared_machine_unsigned"
    DECLARED_CAMERA_SIGNED = "declared_camera_signed"
    CAMERA_TRACES = "camera_traces"
    CONFLICT = "conflict"
    NOTHING_FOUND = "nothing_found"
