"""Words of provenance: what a file declares and carries about its own origin."""

from __future__ import annotations

from enum import StrEnum


class SignalKind(StrEnum):
    """One way in which a file can say something about its origin."""

    C2PA = "c2pa"
    GENERATOR_METADATA = "generator_metadata"
    GENERATOR_SIGNATURE = "generator_signature"
    DIGITAL_SOURCE_TYPE = "digital_source_type"
    WATERMARK = "watermark"
    UPSAMPLING = "upsampling"
    CAMERA_METADATA = "camera_metadata"
    CFA = "cfa"
    STRUCTURE = "structure"
    THUMBNAIL = "thumbnail"
    DOUBLE_JPEG = "double_jpeg"
    DEVICE_STRUCTURE = "device_structure"
    DEVICE_NOISE = "device_noise"
    DETECTOR = "detector"


class Finding(StrEnum):
    """What a signal points to."""

    MACHINE_MADE = "machine_made"
    CAMERA_MADE = "camera_made"
    DERIVED_FROM_PICTURE = "derived_from_picture"
    EDITED = "edited"
    CONTRADICTION = "contradiction"  # what the file says of a camera does not fit what it holds
    OTHER = "other"


class Strength(StrEnum):
    """Verbal scale of the ENFSI guideline for evaluative reporting (2015)."""

    NO_SUPPORT = "no support"
    WEAK = "weak support"
    MODERATE = "moderate support"
    MODERATELY_STRONG = "moderately strong support"
    STRONG = "strong support"
    VERY_STRONG = "very strong support"
    EXTREMELY_STRONG = "extremely strong support"


class Conclusion(StrEnum):
    """What the grounds together amount to. Never a bare score, and absence is not a camera."""

    GENERATED = "generated"
    DERIVED_FROM_PICTURE = "derived_from_picture"
    CAPTURED = "captured"
    CAPTURED_THEN_EDITED = "captured_then_edited"
    CONFLICT = "conflict"
    NOTHING_FOUND = "nothing_found"


class C2paLevel(StrEnum):
    """How far a C2PA manifest holds; each level includes those before it."""

    PRESENT = "present"
    INTACT = "intact"
    TRUSTED = "trusted"  # the signer is on the operator's trust list
    ALLOWED = "allowed"  # and the conforming-products list lets this product make this claim


class TrustFile(StrEnum):
    """Lists that an operator imports, with version and digest, for checking C2PA manifests."""

    ANCHORS = "anchors"
    TIME_STAMPS = "time-stamps"
    PRODUCTS = "products"


class LinkKind(StrEnum):
    """By what a picture is joined to a tool or to another picture."""

    MODEL_FILE = "model_file"
    MODEL_NAME = "model_name"
    SOURCE_FILE = "source_file"
    SAME_LAYOUT = "same_layout"
    SAME_LORA = "same_lora"
    SAME_MODEL = "same_model"
    SEED_CHAIN = "seed_chain"
    FILE_PREFIX = "file_prefix"
