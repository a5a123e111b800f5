"""Rows of the tables as types. Made by ``python -m fairlead.reference.rows``. Do not edit.

A key that need not be there stands for a column that may be null: a row without it is written with a null, and a row
that was read has it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict


class ExhibitRow(TypedDict):
    """One row is an exhibit as received."""

    exhibit: str
    sequence: int
    kind: str
    path: str
    size_bytes: int
    sha256: str
    authority: NotRequired[str | None]
    description: NotRequired[str | None]
    seized_at: NotRequired[datetime | None]
    received_at: datetime
    handling: str
    restriction: NotRequired[str | None]
    passwords_path: NotRequired[str | None]
    passwords_digest: NotRequired[str | None]
    carve: NotRequired[bool | None]


class AcquisitionHeader(TypedDict):
    """What stands in ``header`` of a row of acquisitions."""

    name: str
    value: str


class AcquisitionRow(TypedDict):
    """One row is an image that says how it was acquired."""

    exhibit: str
    format: str
    media_bytes: NotRequired[int | None]
    stored_md5: NotRequired[str | None]
    found_md5: NotRequired[str | None]
    stored_sha1: NotRequired[str | None]
    found_sha1: NotRequired[str | None]
    result: str
    header: list[AcquisitionHeader]


class ListingVolume(TypedDict):
    """What stands in ``volume`` of a row of listing."""

    exhibit: str
    container: str
    number: int
    parent: NotRequired[int | None]
    kind: NotRequired[str | None]
    name: NotRequired[str | None]
    form: NotRequired[str | None]
    offset_bytes: NotRequired[int | None]
    size_bytes: NotRequired[int | None]
    encrypted: NotRequired[bool | None]
    opened: NotRequired[bool | None]
    detail: NotRequired[str | None]


class ListingRow(TypedDict):
    """One row is one file found in one exhibit, before its bytes are read."""

    exhibit: str
    locator: str
    path_bytes: bytes
    path: str
    size_bytes: NotRequired[int | None]
    modified_at: NotRequired[datetime | None]
    accessed_at: NotRequired[datetime | None]
    changed_at: NotRequired[datetime | None]
    created_at: NotRequired[datetime | None]
    time_source: NotRequired[str | None]
    allocation: str
    device_path: NotRequired[str | None]
    verdict: NotRequired[str | None]
    detail: NotRequired[str | None]
    volume: NotRequired[ListingVolume | None]


class VolumeRow(TypedDict):
    """One row is one volume of a disk image: the disk, a partition, an array, an encrypted or logical volume."""

    exhibit: str
    container: str
    number: int
    parent: NotRequired[int | None]
    kind: NotRequired[str | None]
    name: NotRequired[str | None]
    form: NotRequired[str | None]
    offset_bytes: NotRequired[int | None]
    size_bytes: NotRequired[int | None]
    encrypted: NotRequired[bool | None]
    opened: NotRequired[bool | None]
    detail: NotRequired[str | None]


class FileRow(TypedDict):
    """One row is one file in one exhibit."""

    exhibit: str
    locator: str
    path_bytes: bytes
    path: str
    size_bytes: NotRequired[int | None]
    modified_at: NotRequired[datetime | None]
    accessed_at: NotRequired[datetime | None]
    changed_at: NotRequired[datetime | None]
    created_at: NotRequired[datetime | None]
    time_source: NotRequired[str | None]
    allocation: str
    device_path: NotRequired[str | None]
    verdict: str
    detail: NotRequired[str | None]
    read_bytes: NotRequired[int | None]
    sha256: NotRequired[str | None]
    sha1: NotRequired[str | None]
    md5: NotRequired[str | None]


class SidecarRow(TypedDict):
    """One row is one thing that a file beside a picture, in a provider's export, says of it."""

    exhibit: str
    locator: str
    statement: str
    value: NotRequired[str | None]
    sidecar: str


class HolderRow(TypedDict):
    """One row is one account whose holder an exhibit was seized from, as an officer stated."""

    exhibit: str
    account: str
    reason: str
    stated_at: datetime


class WorklistRow(TypedDict):
    """One row is one distinct content, with the first file that holds it."""

    sha256: str
    md5: str
    sha1: str
    size_bytes: int
    exhibit: str
    locator: str
    extension: NotRequired[str | None]


class ExaminedMetadata(TypedDict):
    """What stands in ``metadata`` of a row of examined."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int


class ExaminedFrame(TypedDict):
    """What stands in ``frames`` of a row of examined."""

    index: int
    time_s: float
    pdq: bytes
    pdq_quality: int
    pdq_whole: NotRequired[bytes | None]
    pdq_pipeline: str


class ExaminedRow(TypedDict):
    """One row is one distinct content as the sandbox answered for it."""

    sha256: str
    md5: str
    sha1: str
    size_bytes: int
    exhibit: str
    locator: str
    media_type: NotRequired[str | None]
    family: NotRequired[str | None]
    extension_mismatch: NotRequired[bool | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    orientation: NotRequired[int | None]
    duration_s: NotRequired[float | None]
    pdq: NotRequired[bytes | None]
    pdq_quality: NotRequired[int | None]
    pdq_pipeline: NotRequired[str | None]
    pdq_alternate: NotRequired[bytes | None]
    pdq_inner: NotRequired[bytes | None]
    pdq_inner_quality: NotRequired[int | None]
    verdict: str
    error_code: NotRequired[str | None]
    detail: NotRequired[str | None]
    metadata: NotRequired[list[ExaminedMetadata] | None]
    frames: NotRequired[list[ExaminedFrame] | None]


class ContentRow(TypedDict):
    """One row is one distinct content."""

    sha256: str
    md5: str
    sha1: str
    size_bytes: int
    exhibit: str
    locator: str
    media_type: NotRequired[str | None]
    family: NotRequired[str | None]
    extension_mismatch: NotRequired[bool | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    orientation: NotRequired[int | None]
    duration_s: NotRequired[float | None]
    pdq: NotRequired[bytes | None]
    pdq_quality: NotRequired[int | None]
    pdq_pipeline: NotRequired[str | None]
    pdq_alternate: NotRequired[bytes | None]
    pdq_inner: NotRequired[bytes | None]
    pdq_inner_quality: NotRequired[int | None]
    verdict: str
    error_code: NotRequired[str | None]
    detail: NotRequired[str | None]


class MetadataRow(TypedDict):
    """One row is one metadata item of a content."""

    sha256: str
    item: int
    namespace: str
    key: str
    value: str
    offset: int
    length: int


class FrameRow(TypedDict):
    """One row is one sampled frame of a video or an animated picture."""

    sha256: str
    index: int
    time_s: NotRequired[float | None]
    pdq: NotRequired[bytes | None]
    pdq_quality: NotRequired[int | None]
    pdq_whole: NotRequired[bytes | None]
    pdq_pipeline: NotRequired[str | None]


class HashSetRow(TypedDict):
    """One row is one hash set as imported, with the settings under which it is matched."""

    set: str
    version: str
    format: str
    scheme: NotRequired[str | None]
    meaning: str
    release: str
    radius: int
    minimum_quality: int
    flood_limit: int
    pdq_mode: NotRequired[str | None]
    video_rule: NotRequired[str | None]
    let_through: NotRequired[list[str] | None]
    entries: int
    rejected: int
    repeated: int
    source: str
    sha256: str


class KnownRow(TypedDict):
    """One row is one entry of a hash set."""

    set: str
    entry: str
    version: NotRequired[str | None]
    algorithm: str
    value: str
    scheme: NotRequired[str | None]
    category: NotRequired[str | None]
    meaning: str
    release: str
    source: str
    row: NotRequired[int | None]
    video: NotRequired[str | None]
    frame: NotRequired[int | None]
    time_s: NotRequired[float | None]
    quality: NotRequired[int | None]
    told: NotRequired[str | None]


class RejectedRow(TypedDict):
    """One row is one line or item of a hash list that could not be used."""

    set: str
    row: int
    source: NotRequired[str | None]
    reason: NotRequired[str | None]


class ComparisonRow(TypedDict):
    """One row is one piece of the work of comparing contents with a hash set; the pieces together compare
    everything once.
    """

    set: str
    values_from: str
    values_to: str
    contents_from: str
    contents_to: str
    exact: bool
    radius: int
    minimum_quality: int
    pdq_mode: NotRequired[str | None]


class FoundRow(TypedDict):
    """One row is one content and one entry whose numbers agree, before flood control and negative sets."""

    sha256: str
    set: str
    entry: str
    frame: int
    transform: str
    kind: str
    algorithm: str
    distance: int
    threshold: int
    quality: NotRequired[int | None]
    pipeline: NotRequired[str | None]
    scheme: NotRequired[str | None]
    category: NotRequired[str | None]
    meaning: str
    release: str


class VideosFoundRow(TypedDict):
    """One row is one content and one known video that share frames."""

    sha256: str
    set: str
    video: str
    transform: str
    known_frames: int
    known_matched: int
    known_percent: float
    content_frames: int
    content_matched: int
    content_percent: float
    rule: str
    share: float
    matched: bool
    first_s: NotRequired[float | None]
    last_s: NotRequired[float | None]
    in_order: bool
    distance: int
    threshold: int
    quality: int
    pipeline: NotRequired[str | None]
    scheme: NotRequired[str | None]
    category: NotRequired[str | None]
    meaning: str
    release: str


class RecognisedRow(TypedDict):
    """One row is one file whose bytes are an entry of a hash set, known as soon as the file is read."""

    exhibit: str
    locator: str
    sha256: str
    set: str
    entry: str
    algorithm: str
    category: NotRequired[str | None]
    meaning: str


class MatchRow(TypedDict):
    """One row is one content and one entry whose numbers agree."""

    sha256: str
    set: str
    entry: str
    frame: int
    transform: str
    kind: str
    algorithm: str
    distance: int
    threshold: int
    quality: NotRequired[int | None]
    pipeline: NotRequired[str | None]
    scheme: NotRequired[str | None]
    category: NotRequired[str | None]
    meaning: str
    release: str


class HeldRow(TypedDict):
    """One row is one content and one entry whose numbers agree, held back from the matches."""

    sha256: str
    set: str
    entry: str
    frame: int
    transform: str
    kind: str
    algorithm: str
    distance: int
    threshold: int
    quality: NotRequired[int | None]
    pipeline: NotRequired[str | None]
    scheme: NotRequired[str | None]
    category: NotRequired[str | None]
    meaning: str
    release: str
    reason: str
    contents: int


class ClusterRow(TypedDict):
    """One row is one picture or video in its group of near-duplicates."""

    sha256: str
    cluster: str
    representative: bool
    size: int
    distance: int
    diameter: int
    least_percent: NotRequired[float | None]
    covered_percent: NotRequired[float | None]
    covers_percent: NotRequired[float | None]
    uncovered: NotRequired[str | None]
    exhibit: str
    locator: str


class SceneRow(TypedDict):
    """One row is one content in a group of frames and pictures that look alike, at least one of them of a video."""

    sha256: str
    scene: str
    contents: int
    frames: NotRequired[int | None]
    first_s: NotRequired[float | None]
    last_s: NotRequired[float | None]
    times: NotRequired[str | None]
    distance: int
    exhibit: str
    locator: str


class TracedMetadata(TypedDict):
    """What stands in ``metadata`` of a row of traced."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int


class TracedTrace(TypedDict):
    """What stands in ``traces`` of a row of traced."""

    name: str
    value: float
    detail: NotRequired[str | None]


class TracedRow(TypedDict):
    """One row is one picture or video with its metadata items, and what was measured in its pixels."""

    sha256: str
    exhibit: str
    locator: str
    media_type: NotRequired[str | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    metadata: NotRequired[list[TracedMetadata] | None]
    traces: NotRequired[list[TracedTrace] | None]
    verdict: str


class SignalRow(TypedDict):
    """One row is one provenance signal of one content."""

    sha256: str
    signal: int
    kind: str
    state: str
    finding: str
    strength: str
    bound: float
    basis: str
    cause: str
    decides: bool
    vouched: bool
    signed: bool
    against: str
    tool: NotRequired[str | None]
    detail: str
    caveat: str
    forgery: str
    source: str
    offset: NotRequired[int | None]
    length: NotRequired[int | None]


class SearchedRow(TypedDict):
    """One row is one provenance signal that a search which somebody asked for found in one content."""

    search: str
    sha256: str
    signal: int
    kind: str
    state: str
    finding: str
    strength: str
    bound: float
    basis: str
    cause: str
    decides: bool
    vouched: bool
    signed: bool
    against: str
    tool: NotRequired[str | None]
    detail: str
    caveat: str
    forgery: str
    source: str
    offset: NotRequired[int | None]
    length: NotRequired[int | None]


class OriginsOfRow(TypedDict):
    """One row is the weighed conclusion about one content's origin."""

    sha256: str
    conclusion: str
    derived_from_picture: bool
    vouched: bool
    strength: str
    bound: float
    bound_against: float
    grounds: list[str]
    contradictions: list[str]
    beside: list[str]
    queue_rank: int
    queue_reason: str


class GenerationFactRow(TypedDict):
    """One row is one fact that a generator's text states about how a content was made; never prompt text."""

    sha256: str
    fact_number: int
    fact: str
    value: str
    rule: str
    offset: NotRequired[int | None]
    length: NotRequired[int | None]


class ToolFileRow(TypedDict):
    """One row is one distinct content that is a model or LoRA file, with the digests that generators name it by."""

    sha256: str
    exhibit: str
    locator: str
    format: str
    role: NotRequired[str | None]
    size_bytes: int
    autov1: NotRequired[str | None]
    autov2: NotRequired[str | None]
    autov3: NotRequired[str | None]
    blake3: NotRequired[str | None]
    output_name: NotRequired[str | None]
    trained_pictures: NotRequired[int | None]
    trained_at: NotRequired[datetime | None]


class GenerationLinkRow(TypedDict):
    """One row is one join of a picture with a model file, a source file, or a group of pictures."""

    link: str
    kind: str
    sha256: str
    other: str
    value: NotRequired[str | None]
    size: NotRequired[int | None]
    ground: NotRequired[str | None]
    limit: NotRequired[str | None]


class AssessedActRow(TypedDict):
    """One row is one act that links suggest: an assessment about an exhibit's holder, never a record of an account."""

    act: str
    kind: str
    exhibit: str
    tool: NotRequired[str | None]
    from_at: NotRequired[datetime | None]
    to_at: NotRequired[datetime | None]
    sha256s: list[str]
    pictures: int
    grounds: list[str]
    limits: list[str]


class DeviceReferenceRow(TypedDict):
    """One row is one reference made from pictures of a device of the case."""

    device: str
    kind: str
    value: str
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    pictures: int
    sha256s: list[str]
    fingerprint: NotRequired[bytes | None]
    added_at: datetime


class NoiseGroupRow(TypedDict):
    """One row is one picture in a group that shares sensor noise."""

    sha256: str
    noise_group: str
    size: int
    agreement: float


class AccountRow(TypedDict):
    """One row is one account of the platform, or one subscriber record of a provider."""

    account: str
    source: str
    role: str
    user_name: NotRequired[str | None]
    full_name: NotRequired[str | None]
    date_of_birth: NotRequired[str | None]
    email: NotRequired[str | None]
    phone: NotRequired[str | None]
    registered_at: NotRequired[datetime | None]
    registered_ip: NotRequired[str | None]
    last_seen_at: NotRequired[datetime | None]
    last_ip: NotRequired[str | None]
    device: NotRequired[str | None]
    country: NotRequired[str | None]
    postcode: NotRequired[str | None]
    address: NotRequired[str | None]
    language: NotRequired[str | None]
    zone: NotRequired[str | None]
    password_key: NotRequired[str | None]
    status: NotRequired[str | None]
    instrument_kind: NotRequired[str | None]
    instrument: NotRequired[str | None]
    time_basis: NotRequired[str | None]
    original: str
    exhibit: str
    locator: str


class PaymentRow(TypedDict):
    """One row is one payment, refund or chargeback."""

    payment: str
    source: str
    account: NotRequired[str | None]
    reference: NotRequired[str | None]
    kind: str
    amount: Decimal
    currency: NotRequired[str | None]
    paid_at: NotRequired[datetime | None]
    payer_name: NotRequired[str | None]
    payer_email: NotRequired[str | None]
    payer_phone: NotRequired[str | None]
    payer_country: NotRequired[str | None]
    payer_postcode: NotRequired[str | None]
    instrument_kind: NotRequired[str | None]
    instrument: NotRequired[str | None]
    instrument_country: NotRequired[str | None]
    ip: NotRequired[str | None]
    time_basis: NotRequired[str | None]
    original: str
    exhibit: str
    locator: str


class AccessRow(TypedDict):
    """One row is one line of an access log."""

    exhibit: str
    locator: str
    source: NotRequired[str | None]
    account: NotRequired[str | None]
    user_name: NotRequired[str | None]
    at: NotRequired[datetime | None]
    time_basis: NotRequired[str | None]
    zone_offset_minutes: NotRequired[int | None]
    ip: NotRequired[str | None]
    port: NotRequired[int | None]
    method: NotRequired[str | None]
    path: NotRequired[str | None]
    status: NotRequired[int | None]
    size_bytes: NotRequired[int | None]
    agent: NotRequired[str | None]


class EventRow(TypedDict):
    """One row is one dated event of an account in the platform's own tables: a message, an upload, a session."""

    event: str
    source: str
    account: NotRequired[str | None]
    kind: str
    at: NotRequired[datetime | None]
    ip: NotRequired[str | None]
    device: NotRequired[str | None]
    agent: NotRequired[str | None]
    object: NotRequired[str | None]
    counterpart: NotRequired[str | None]
    time_basis: NotRequired[str | None]
    original: str
    exhibit: str
    locator: str


class ActRow(TypedDict):
    """One row is one kind of conduct of one account over a period."""

    act: str
    kind: str
    account: str
    payment: NotRequired[str | None]
    from_at: NotRequired[datetime | None]
    to_at: NotRequired[datetime | None]
    events: int
    rule: str
    sha256s: NotRequired[list[str] | None]
    origins: list[str]
    exhibit: str
    locator: str


class QuarantineRow(TypedDict):
    """One row is one line or row that could not be read."""

    exhibit: str
    locator: str
    source: str
    reason: str
    length: NotRequired[int | None]
    rows: NotRequired[int | None]


class SourceRow(TypedDict):
    """One row is one record file that a mapping named, and what came of it."""

    source: str
    exhibit: str
    locator: str
    kind: str
    zone: str
    clock_offset_seconds: int
    clock_evidence: NotRequired[str | None]
    fields_unread: int
    lines_in: int
    lines_parsed: int
    lines_quarantined: int
    lines_skipped: int


class UnreadValueRow(TypedDict):
    """One row is one value of a mapped column that could not be read, of a row that was kept."""

    exhibit: str
    locator: str
    role: str
    source: str
    table: NotRequired[str | None]
    column: str
    reason: str


class PassedOverRow(TypedDict):
    """One row is lines or rows of one record file that carry no record, or that no mapping asks for, by what they are."""

    source: str
    exhibit: str
    locator: str
    kind: str
    name: str
    rows: int


class ReadingRow(TypedDict):
    """One row is how one record file was read, and how many lines or rows another count found in it."""

    source: str
    exhibit: str
    locator: str
    dialect: NotRequired[str | None]
    dialect_reason: NotRequired[str | None]
    rows_counted: NotRequired[int | None]
    rows_read: int
    places_unknown: int


class StepRow(TypedDict):
    """One row is one row of a table of the platform through which a join of the mapping goes: a value, and the next one."""

    exhibit: str
    locator: str
    source: str
    table: str
    key_column: str
    key: str
    value_column: str
    value: str


class LookupRow(TypedDict):
    """One row is one row that names no account itself, the value by which its account was looked for, and what
    came of it.
    """

    exhibit: str
    locator: str
    rows_of: str
    source: str
    way: str
    value: str
    account: NotRequired[str | None]
    outcome: NotRequired[str | None]
    lost_at: NotRequired[str | None]
    through: NotRequired[list[str] | None]


class ValidityRow(TypedDict):
    """One row is from when to when a provider's reply says that one subscriber record holds."""

    account: str
    source: str
    from_at: NotRequired[datetime | None]
    to_at: NotRequired[datetime | None]
    time_basis: NotRequired[str | None]
    exhibit: str
    locator: str


class IdentifierTextRow(TypedDict):
    """One row is one text that accounts, payments or log lines hold where an identifier stands, once however
    often it occurs.
    """

    kind: str
    original: str
    region: str


class NormalFormRow(TypedDict):
    """One row is one such text and the identifier it stands for; a text of which nothing is left has no row."""

    kind: str
    original: str
    region: str
    value: NotRequired[str | None]
    valid: NotRequired[bool | None]
    scope: NotRequired[str | None]
    country: NotRequired[str | None]


class AddressRow(TypedDict):
    """One row is one network address and what is known of the range it lies in."""

    address: str
    country: NotRequired[str | None]
    network: NotRequired[str | None]
    range: NotRequired[str | None]
    source: NotRequired[str | None]


class TakeoverRow(TypedDict):
    """One row is one account that somebody else may have used from a moment on."""

    account: str
    broken_at: NotRequired[datetime | None]


class IdentifierRow(TypedDict):
    """One row is one normalised identifier of one record."""

    owner: str
    owner_table: NotRequired[str | None]
    role: str
    kind: str
    value: str
    original: str
    valid: NotRequired[bool | None]
    scope: str
    country: NotRequired[str | None]
    network: NotRequired[str | None]
    holders: int
    first_at: NotRequired[datetime | None]
    last_at: NotRequired[datetime | None]
    days: NotRequired[int | None]
    exhibit: str
    locator: str


class WebRecordCopy(TypedDict):
    """What stands in ``records.copies`` of a row of webs."""

    record: str
    origin: str


class WebRecord(TypedDict):
    """What stands in ``records`` of a row of webs."""

    record: str
    role: str
    names: NotRequired[list[str] | None]
    script: NotRequired[str | None]
    date_of_birth: NotRequired[str | None]
    origin: str
    payers: NotRequired[list[str] | None]
    copies: NotRequired[list[WebRecordCopy] | None]


class WebPairShared(TypedDict):
    """What stands in ``pairs.shared`` of a row of webs."""

    kind: str
    value: str
    held: str
    holders: int
    network: NotRequired[str | None]


class WebPair(TypedDict):
    """What stands in ``pairs`` of a row of webs."""

    left: str
    right: str
    grade: NotRequired[str | None]
    bits: float
    refusal: NotRequired[str | None]
    pattern: NotRequired[str | None]
    probability: NotRequired[float | None]
    families: list[str]
    names: NotRequired[str | None]
    marks: NotRequired[str | None]
    dobs: NotRequired[str | None]
    postcodes: NotRequired[str | None]
    addresses: NotRequired[str | None]
    other_phone: NotRequired[bool | None]
    other_iban: NotRequired[bool | None]
    same_account: NotRequired[bool | None]
    email: NotRequired[str | None]
    ip: NotRequired[str | None]
    device: NotRequired[str | None]
    mail_bears_name: NotRequired[bool | None]
    shared: NotRequired[list[WebPairShared] | None]
    judgements: NotRequired[list[str] | None]


class WebRow(TypedDict):
    """One row is records that links may join, directly or by way of others, and every pair of them: decided together."""

    web: str
    records: list[WebRecord]
    pairs: NotRequired[list[WebPair] | None]


class LinkRow(TypedDict):
    """One row is one pair of records and what speaks for and against one person behind both."""

    left: str
    right: str
    weight_bits: float
    probability: NotRequired[float | None]
    pattern: NotRequired[str | None]
    families: list[str]
    reasons: list[str]
    against: list[str]
    rule: NotRequired[str | None]
    grade: str
    decision: str
    wider: NotRequired[str | None]
    origins: list[str]


class DossierMemberStated(TypedDict):
    """What stands in ``members.stated`` of a row of dossiers."""

    kind: str
    value: str
    country: NotRequired[str | None]
    origin: str


class DossierMemberResidence(TypedDict):
    """What stands in ``members.residences`` of a row of dossiers."""

    country: str
    late: bool
    days: int
    origin: str


class DossierMember(TypedDict):
    """What stands in ``members`` of a row of dossiers."""

    record: str
    role: str
    is_account: bool
    status: NotRequired[str | None]
    country: NotRequired[str | None]
    language: NotRequired[str | None]
    zone: NotRequired[str | None]
    payer_country: NotRequired[str | None]
    instrument_country: NotRequired[str | None]
    first_at: NotRequired[datetime | None]
    last_at: NotRequired[datetime | None]
    origin: str
    broken_at: NotRequired[datetime | None]
    mule: bool
    stated: NotRequired[list[DossierMemberStated] | None]
    residences: NotRequired[list[DossierMemberResidence] | None]


class DossierPayment(TypedDict):
    """What stands in ``payments`` of a row of dossiers."""

    account: str
    person: str
    payment: DossierMember


class DossierLink(TypedDict):
    """What stands in ``links`` of a row of dossiers."""

    other: NotRequired[str | None]
    decision: str
    grade: str
    rule: NotRequired[str | None]
    reasons: list[str]
    against: list[str]


class DossierRow(TypedDict):
    """One row is records that were joined, and everything that says where their person is and who else it may be."""

    person: str
    members: list[DossierMember]
    payments: NotRequired[list[DossierPayment] | None]
    links: NotRequired[list[DossierLink] | None]
    probable_group: NotRequired[str | None]
    possible_group: NotRequired[str | None]


class PersonCountry(TypedDict):
    """What stands in ``countries`` of a row of persons."""

    country: str
    grade: str
    grounds: list[str]
    contradictions: list[str]
    origins: list[str]


class PersonMaybeSame(TypedDict):
    """What stands in ``maybe_same`` of a row of persons."""

    person: str
    grade: str


class PersonRow(TypedDict):
    """One row is one person as far as the records allow."""

    person: str
    grade: str
    members: list[str]
    roles: list[str]
    countries: list[PersonCountry]
    country: NotRequired[str | None]
    names_person: bool
    grounds: list[str]
    against: list[str]
    payers: list[str]
    probable_group: NotRequired[str | None]
    possible_group: NotRequired[str | None]
    maybe_same: list[PersonMaybeSame]
    rules: list[str]
    first_at: NotRequired[datetime | None]
    last_at: NotRequired[datetime | None]


class AssessmentRow(TypedDict):
    """One row is what law may apply to one act of one person in one jurisdiction over one period."""

    person: str
    jurisdiction: str
    act: str
    legal_act: str
    image: str
    age_band: str
    from_on: date
    to_on: date
    verdict: str
    provisions: NotRequired[list[str] | None]
    citations: NotRequired[list[str] | None]
    gaps: NotRequired[list[str] | None]
    open_questions: NotRequired[list[str] | None]
    cautions: NotRequired[list[str] | None]
    upcoming: NotRequired[list[str] | None]
    ranges: NotRequired[list[str] | None]
    standing: NotRequired[list[str] | None]
    terms: NotRequired[list[str] | None]
    lex_mitior: NotRequired[bool | None]
