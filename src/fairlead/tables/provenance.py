"""Tables of the room `provenance`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import (
    BYTES,
    EXHIBIT,
    FLAG,
    INT,
    LOCATOR,
    NUMBER,
    SHA256,
    SMALL,
    TEXT,
    TEXTS,
    TIME,
    Column,
    Table,
)

_SIGNAL = (
    Column("kind", TEXT, "SignalKind"),
    Column("state", TEXT, "state of that kind, as the table of weights lists it"),
    Column("finding", TEXT, "what it points to (Finding)"),
    Column("strength", TEXT, "verbal scale (Strength)"),
    Column("bound", NUMBER, "upper limit of the likelihood ratio that may be claimed"),
    Column("basis", TEXT, "measured or assigned"),
    Column("cause", TEXT, "what it shares with other signals; of one cause the strongest counts"),
    Column("decides", FLAG, "true when a conclusion may rest on it alone"),
    Column("vouched", FLAG, "true when a trusted signature stands behind it"),
    Column("signed", FLAG, "true when a signature was checked and is intact"),
    Column("against", TEXT, "against what the bound holds"),
    Column("tool", TEXT, "generator, product or device it names, if any"),
    Column("detail", TEXT, "what was found, without prompt text"),
    Column("caveat", TEXT, "what it does not show"),
    Column("forgery", TEXT, "how somebody could make it, or make it go away"),
    Column("source", TEXT, "where the rule and the bound come from"),
    Column("offset", INT, "first byte in the content; null when not tied to bytes"),
    Column("length", INT, "length in bytes"),
)

_TRACE = (
    Column("name", TEXT, "name of the measurement"),
    Column("value", NUMBER, "its value"),
    Column("detail", TEXT, "what it was measured on, or which message or variant gave the value"),
)

TRACED = Table(
    name="traced",
    row="one picture or video with its metadata items, and what was measured in its pixels",
    key=("sha256",),
    always=(
        "exhibit",
        "locator",
        "verdict",
        "metadata.namespace",
        "metadata.key",
        "metadata.value",
        "metadata.offset",
        "metadata.length",
        "traces.name",
        "traces.value",
    ),
    written_by="provenance",
    columns=(
        SHA256,
        EXHIBIT,
        LOCATOR,
        Column("media_type", TEXT, "MIME type by content, not by name"),
        Column("width", SMALL, "pixels"),
        Column("height", SMALL, "pixels"),
        Column(
            "metadata",
            pa.list_(
                pa.struct(
                    [("namespace", TEXT), ("key", TEXT), ("value", TEXT), ("offset", INT), ("length", INT)]
                )
            ),
            "metadata items, as in the table examined",
        ),
        Column("traces", pa.list_(pa.struct([(c.name, c.type) for c in _TRACE])), "measurements"),
        Column("verdict", TEXT, "measured, not measured, or what became of the worker"),
    ),
)

SIGNALS = Table(
    name="signals",
    row="one provenance signal of one content",
    key=("sha256", "signal"),
    always=(
        "kind",
        "state",
        "finding",
        "strength",
        "bound",
        "basis",
        "cause",
        "decides",
        "vouched",
        "signed",
        "against",
        "detail",
        "caveat",
        "forgery",
        "source",
    ),
    written_by="provenance",
    columns=(SHA256, Column("signal", SMALL, "number of the signal in the content, from 0"), *_SIGNAL),
)

SEARCHED = Table(
    name="searched",
    row="one provenance signal that a search which somebody asked for found in one content",
    key=("search", "sha256", "signal"),
    always=(
        "kind",
        "state",
        "finding",
        "strength",
        "bound",
        "basis",
        "cause",
        "decides",
        "vouched",
        "signed",
        "against",
        "detail",
        "caveat",
        "forgery",
        "source",
    ),
    written_by="provenance",
    columns=(
        Column("search", TEXT, "name of the search: watermarks, devices, or detector and its name"),
        SHA256,
        Column("signal", SMALL, "number of the signal in the content and search, from 0"),
        *_SIGNAL,
    ),
)

ORIGINS_OF = Table(
    name="origins_of",
    row="the weighed conclusion about one content's origin",
    key=("sha256",),
    always=(
        "conclusion",
        "derived_from_picture",
        "vouched",
        "strength",
        "bound",
        "bound_against",
        "grounds",
        "contradictions",
        "beside",
        "queue_rank",
        "queue_reason",
    ),
    written_by="provenance",
    columns=(
        SHA256,
        Column("conclusion", TEXT, "Conclusion"),
        Column("derived_from_picture", FLAG, "true when a real picture may stand behind it"),
        Column("vouched", FLAG, "true when a trusted signature stands behind the conclusion"),
        Column("strength", TEXT, "verbal scale over all grounds, forgery left aside (Strength)"),
        Column("bound", NUMBER, "upper limit of the likelihood ratio of the grounds together"),
        Column("bound_against", NUMBER, "the same for what speaks against"),
        Column("grounds", TEXTS, "what speaks for the conclusion"),
        Column("contradictions", TEXTS, "what speaks against it"),
        Column("beside", TEXTS, "what was found and does not bear on it"),
        Column("queue_rank", SMALL, "place in the order of looking: 1 first, 4 last"),
        Column("queue_reason", TEXT, "why it has that place"),
    ),
)

GENERATION_FACTS = Table(
    name="generation_facts",
    row="one fact that a generator's text states about how a content was made; never prompt text",
    key=("sha256", "fact_number"),
    always=("fact", "value", "rule"),
    written_by="provenance",
    columns=(
        SHA256,
        Column("fact_number", SMALL, "number of the fact in the content, from 0"),
        Column("fact", TEXT, "model, model_hash, lora, lora_hash, seed, layout, source_file, prefix, …"),
        Column("value", TEXT, "the value, hashes and names in lower case"),
        Column("rule", TEXT, "rule of data/generators.toml that found it"),
        Column("offset", INT, "first byte of the item in the content"),
        Column("length", INT, "length of the item, bytes"),
    ),
)

TOOL_FILES = Table(
    name="tool_files",
    row="one distinct content that is a model or LoRA file, with the digests that generators name it by",
    key=("sha256",),
    always=("exhibit", "locator", "format", "size_bytes"),
    written_by="provenance",
    columns=(
        SHA256,
        EXHIBIT,
        LOCATOR,
        Column("format", TEXT, "safetensors, gguf, pickle-zip or pickle"),
        Column("role", TEXT, "checkpoint, lora, embedding or unknown, as far as the header tells"),
        Column("size_bytes", INT, "size, bytes"),
        Column("autov1", TEXT, "first 8 hex digits of SHA-256 over 64 KiB from byte 0x100000"),
        Column("autov2", TEXT, "first 10 hex digits of the file's SHA-256"),
        Column("autov3", TEXT, "first 12 hex digits of SHA-256 of what follows a safetensors header"),
        Column("blake3", TEXT, "BLAKE3, hex"),
        Column("output_name", TEXT, "name given in training, from the header"),
        Column("trained_pictures", INT, "pictures the header says it was trained on"),
        Column("trained_at", TIME, "end of training, as the header says"),
    ),
)

GENERATION_LINKS = Table(
    name="generation_links",
    row="one join of a picture with a model file, a source file, or a group of pictures",
    key=("link", "kind", "sha256", "other"),
    written_by="provenance",
    columns=(
        Column("link", TEXT, "stable id of the value that joins them"),
        Column("kind", TEXT, "LinkKind"),
        SHA256,
        Column("other", TEXT, "SHA-256 of the model or source file; empty for a group of pictures"),
        Column("value", TEXT, "hash, name, layout or seed that joins them"),
        Column("size", INT, "pictures that the same value joins"),
        Column("ground", TEXT, "why they are joined, in words"),
        Column("limit", TEXT, "what the join does not show"),
    ),
)

ASSESSED_ACTS = Table(
    name="assessed_acts",
    row="one act that links suggest: an assessment about an exhibit's holder, never a record of an account",
    key=("act",),
    always=("kind", "exhibit", "sha256s", "pictures", "grounds", "limits"),
    written_by="provenance",
    columns=(
        Column("act", TEXT, "stable id"),
        Column("kind", TEXT, "PlatformAct: produce or possess_tool"),
        EXHIBIT,
        Column("tool", TEXT, "SHA-256 of the model or LoRA file, where one is meant"),
        Column("from_at", TIME, "earliest time of the files concerned, as their file system says"),
        Column("to_at", TIME, "latest such time"),
        Column("sha256s", TEXTS, "contents concerned, at most 200"),
        Column("pictures", INT, "number of pictures concerned"),
        Column("grounds", TEXTS, "what the assessment rests on"),
        Column("limits", TEXTS, "what it does not show"),
    ),
)

REFERENCES = Table(
    name="device_references",
    row="one reference made from pictures of a device of the case",
    key=("device", "kind", "value"),
    always=("pictures", "sha256s", "added_at"),
    written_by="provenance",
    columns=(
        Column("device", TEXT, "name given to the device"),
        Column("kind", TEXT, "structure or noise"),
        Column("value", TEXT, "digest of the structure, or of the fingerprint"),
        Column("width", SMALL, "pixels, of a fingerprint"),
        Column("height", SMALL, "pixels, of a fingerprint"),
        Column("pictures", SMALL, "pictures it was made from"),
        Column("sha256s", TEXTS, "those pictures"),
        Column("fingerprint", BYTES, "sensor noise, float16, row by row; null for a structure"),
        Column("added_at", TIME, "when it was made"),
    ),
)

NOISE_GROUPS = Table(
    name="noise_groups",
    row="one picture in a group that shares sensor noise",
    key=("sha256",),
    always=("noise_group", "size", "agreement"),
    written_by="provenance",
    columns=(
        SHA256,
        Column("noise_group", TEXT, "SHA-256 of the group's first picture"),
        Column("size", INT, "pictures in the group"),
        Column("agreement", NUMBER, "z of its noise against the mean of the other members"),
    ),
)

TABLES = (
    TRACED,
    SIGNALS,
    SEARCHED,
    ORIGINS_OF,
    GENERATION_FACTS,
    TOOL_FILES,
    GENERATION_LINKS,
    ASSESSED_ACTS,
    REFERENCES,
    NOISE_GROUPS,
)
