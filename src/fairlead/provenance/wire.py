"""What crosses the sandbox of this room: jobs and answers of its workers, one pair for each handler."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class TraceJob(TypedDict):
    """A text that may hold a signature, and where the thumbnail lies: offset and length."""

    comment: str
    thumbnail: tuple[int, int] | None


class TraceTold(TypedDict):
    """One measurement."""

    name: str
    value: float
    detail: str


class TracesTold(TypedDict):
    """Everything measured on one picture."""

    traces: list[TraceTold]


class ManifestJob(TypedDict):
    """The type of a content, and the certificates that are trusted, in PEM form."""

    media_type: str
    anchors: NotRequired[str]


UNKNOWN = "unknown"
"""In place of a source type: a picture went in of which nothing is said, or not by anybody who is trusted."""


class ManifestTold(TypedDict, total=False):
    """What the manifests of one content say."""

    state: str
    url: str
    generator: str
    issuer: str
    name: str
    signed_at: str
    source_types: list[str]
    actions: list[str]
    origins: list[str]
    opened: bool
    ingredients: int
    ingredient_failures: list[str]
    failures: list[str]
    held: list[str]
    active_failures: list[str]
    identities: int
    soft_bindings: list[str]


class DetectorInput(TypedDict):
    """How a plug-in detector wants its picture."""

    name: str
    size: int
    crops: str
    layout: str
    scale: float
    mean: list[float]
    deviation: list[float]


class DetectorOutput(TypedDict):
    """Where a plug-in detector's score stands."""

    name: str
    index: int


class DetectorJob(TypedDict):
    """The digest of a model, and how it is asked."""

    model: str
    input: DetectorInput
    output: DetectorOutput


class ScoreTold(TypedDict, total=False):
    """A plug-in's score; none for a picture that is smaller than its crops."""

    score: float


class NoiseJob(TypedDict):
    """``do`` is extract or compare; the others as the handler says."""

    do: str
    crop: NotRequired[int]
    height: NotRequired[int]
    width: NotRequired[int]


class NoiseTold(TypedDict, total=False):
    """The size of the noise that was written, or the agreement with a fingerprint."""

    height: int
    width: int
    pce: float
    rows: int
    columns: int


class LockTold(TypedDict, total=False):
    """The best lock of a search for watermarks; none for a picture that is too small."""

    z: float
    message: str
    variant: str
    way: str


class ToolTold(TypedDict, total=False):
    """Format, digests and header of a model file; ``format`` is empty for any other file."""

    format: str
    size_bytes: int
    autov1: str
    autov2: str
    autov3: str
    blake3: str
    role: str
    output_name: str
    trained_pictures: str
    trained_at: str
