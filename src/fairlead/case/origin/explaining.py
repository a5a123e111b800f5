"""Explains the origin of one content: every signal with its limit, the weighing, the links, and the lists used."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TypedDict, cast

from fairlead import __version__
from fairlead.case.lists.states import ALL_SIGNALS_SQL, TRIAGE_SQL, TRIAGE_TABLES
from fairlead.case.origin.certificates import find_trust
from fairlead.case.origin.own_weights import weights_text
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.printing import PDF_A_UA, count_pages, print_pdf
from fairlead.provenance.signal import SignalColumns
from fairlead.provenance.weights import weights_of
from fairlead.tables.provenance import (
    GENERATION_FACTS,
    GENERATION_LINKS,
    NOISE_GROUPS,
    SEARCHED,
    SIGNALS,
    TRACED,
)
from fairlead.tables.rows import SearchedRow, TracedTrace
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import SignalKind

_DECLARED = {
    SignalKind.C2PA, SignalKind.GENERATOR_METADATA, SignalKind.GENERATOR_SIGNATURE, SignalKind.DIGITAL_SOURCE_TYPE,
    SignalKind.CAMERA_METADATA,
}  # fmt: skip
_SHORTEST = 8
_SIZES = (8.5, 7.5, 6.8, 6.0, 5.2, 4.5)
_SHOWN = (
    "kind", "state", "finding", "strength", "bound", "basis", "cause", "decides", "vouched", "signed", "against", "tool",
    "detail", "caveat", "forgery", "source", "offset", "length", "search",
)  # fmt: skip
_RULES = (
    "Three answers are kept apart; none of them is a score. A signal that is absent says nothing.",
    "Unsigned statements can be forged in both directions. Bounds hold against accident; forgery is outside them.",
    "Of signals that share a cause the strongest counts; the product of the causes is capped.",
    "This is an assessment by a program. A person decides.",
)


class OriginContent(TypedDict):
    """What a content is."""

    media_type: str | None
    width: int | None
    height: int | None
    size_bytes: int
    md5: str
    sha1: str


class OriginFile(TypedDict):
    """One file that holds a content."""

    exhibit: str
    path: str


class OriginState(TypedDict):
    """The state of a content in the order of looking."""

    state: str
    reason: str
    lists: list[str] | None


class OriginFact(TypedDict):
    """A fact that a generator's text states."""

    fact: str
    value: str
    rule: str


class OriginLink(TypedDict):
    """A join of a content with others."""

    kind: str
    other: str
    value: str
    size: int
    ground: str
    limit: str


class OriginNoise(TypedDict):
    """A group that shares sensor noise."""

    noise_group: str
    size: int
    agreement: float


class SignalShown(SignalColumns):
    """A signal; ``search`` is empty for one of the first look."""

    search: str


class OriginColumns(TypedDict):
    """The weighed conclusion: columns of ORIGINS_OF without the key."""

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


class _Gathered(OriginColumns):
    sha256: str
    content: OriginContent
    files: list[OriginFile]
    triage: OriginState
    declares: list[SignalShown]
    carries: list[SignalShown]
    behind: str
    measured: list[TracedTrace]
    facts: list[OriginFact]
    links: list[OriginLink]
    noise_group: list[OriginNoise]


class OriginExplained(_Gathered):
    """Everything the signals say of one content, and with what that was found."""

    operation: str
    made_at: str
    made_by: str
    program: str
    weights: str
    cap: float
    trust: list[dict[str, str]]
    rules: list[str]


def explain_origin(session: Session, sha256: str) -> OriginExplained:
    """Everything the signals say of one content; a consultation. A prefix of at least 8 digits will do.

    Raises UsageError when no picture or video has that digest.
    """
    session.require_sight()
    asked = sha256.lower()
    tables = (*TRIAGE_TABLES, SIGNALS, SEARCHED, TRACED, GENERATION_FACTS, GENERATION_LINKS, NOISE_GROUPS)
    catalogue = Catalogue(session.store, tables)
    try:
        full = _find(catalogue, asked)
        given = {"s": full}
        gathered = _gather(catalogue, full, given)
    finally:
        catalogue.close()
    table = weights_of(weights_text(session))
    answer: OriginExplained = {
        **gathered,
        "operation": session.operation,
        "made_at": session.clock().isoformat(),
        "made_by": session.user_name,
        "program": f"Fairlead {__version__}",
        "weights": table.digest,
        "cap": table.cap,
        "trust": list(find_trust(session.workspace).lists),
        "rules": list(_RULES),
    }
    session.record(
        Operation.CONSULTATION, "provenance.explain", (full,), "origin explained, content not shown"
    )
    return answer


def _find(catalogue: Catalogue, asked: str) -> str:
    rows = []
    if len(asked) >= _SHORTEST and asked.isalnum():
        rows = catalogue.rows(
            "SELECT sha256 FROM origins_of WHERE starts_with(sha256, $s) ORDER BY 1 LIMIT 2", {"s": asked}
        )
    if len(rows) != 1:
        raise UsageError(
            f"{len(rows) or 'no'} weighed contents have a SHA-256 that begins so",
            "Give the whole SHA-256 of a picture or video, or more of it.",
            code="USAGE-CONTENT",
        )
    return str(rows[0]["sha256"])


def _gather(catalogue: Catalogue, full: str, given: dict[str, str]) -> _Gathered:
    origin = catalogue.rows_as(
        OriginColumns, "SELECT * EXCLUDE (sha256) FROM origins_of WHERE sha256 = $s", given
    )[0]
    signals = [
        cast("SignalShown", {name: value for name, value in row.items() if name in _SHOWN})
        for row in catalogue.rows_as(SearchedRow, ALL_SIGNALS_SQL, given)
    ]
    content = catalogue.rows_as(
        OriginContent,
        "SELECT media_type, width, height, size_bytes, md5, sha1 FROM contents WHERE sha256 = $s",
        given,
    )[0]
    state = catalogue.rows_as(
        OriginState, f"SELECT state, reason, lists FROM ({TRIAGE_SQL}) WHERE sha256 = $s", given
    )[0]
    return {
        "sha256": full,
        "content": content,
        "files": catalogue.rows_as(
            OriginFile, "SELECT exhibit, path FROM files WHERE sha256 = $s ORDER BY ALL LIMIT 20", given
        ),
        **origin,
        "triage": state,
        "declares": [s for s in signals if SignalKind(s["kind"]) in _DECLARED],
        "carries": [s for s in signals if SignalKind(s["kind"]) not in _DECLARED],
        "behind": _behind(origin, signals),
        "measured": catalogue.rows_as(
            TracedTrace, "SELECT unnest(traces, recursive := true) FROM traced WHERE sha256 = $s", given
        ),
        "facts": catalogue.rows_as(
            OriginFact,
            "SELECT fact, value, rule FROM generation_facts WHERE sha256 = $s ORDER BY fact_number",
            given,
        ),
        "links": catalogue.rows_as(
            OriginLink,
            'SELECT kind, other, value, size, ground, "limit" FROM generation_links WHERE sha256 = $s ORDER BY ALL',
            given,
        ),
        "noise_group": catalogue.rows_as(
            OriginNoise, "SELECT noise_group, size, agreement FROM noise_groups WHERE sha256 = $s", given
        ),
    }


def _behind(origin: OriginColumns, signals: list[SignalShown]) -> str:
    """The third answer: whether a real picture may stand behind the file."""
    if origin["derived_from_picture"]:
        return "Yes: another picture was the input. Look at it first."
    if origin["queue_rank"] == 1:
        return "It may: signals of a machine and of a camera, or of two origins, stand side by side. Look at it first."
    if any(s["finding"] == "camera_made" for s in signals):
        return "Yes, as far as the traces of a camera go."
    if origin["queue_rank"] == 4:
        return "Nothing says so. That is no proof: inputs leave no trace when the text is removed or never written."
    return "Nothing says so, and nothing speaks against it."


def render_origin(answer: OriginExplained) -> bytes:
    """The explanation on one page, as a tagged PDF (PDF/A-2a and PDF/UA-1); small print when there is much."""
    template = (files("fairlead.case.origin") / "templates" / "origin.typ").read_bytes()
    text = json.dumps(answer, default=str, ensure_ascii=False)
    for size in _SIZES:
        given = {"report": text, "size": str(size)}
        if size == _SIZES[-1] or count_pages(template, given) == 1:
            break
    return print_pdf(template, given, standards=PDF_A_UA)
