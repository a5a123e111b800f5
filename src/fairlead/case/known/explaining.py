"""Explains matches: every number that somebody needs to compute a match again without this program."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from fairlead.case.lists.states import SHARED_SCENES_SQL, SharedScene
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES
from fairlead.tables.known import CLUSTERS, HASH_SETS, HELD, KNOWN, MATCHES, SCENES, VIDEOS_FOUND
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.tables.rows import ClusterRow, MatchRow, VideosFoundRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_TABLES = (CONTENTS, FRAMES, FILES, HASH_SETS, KNOWN, MATCHES, HELD, VIDEOS_FOUND, CLUSTERS, SCENES)
_AGREED = """
SELECT m.*, k.value, k.version, k.source, k.row, s.radius, s.minimum_quality, s.pdq_mode,
       f.time_s, lower(hex(CASE WHEN m.frame >= 0 THEN f.pdq
                     WHEN m.pipeline LIKE 'alternate of %' THEN c.pdq_alternate
                          WHEN m.pipeline LIKE 'inside the border of %' THEN c.pdq_inner ELSE c.pdq END)) AS hash
FROM {table} m JOIN contents c USING (sha256) JOIN hash_sets s USING ("set")
LEFT JOIN known k ON k."set" = m."set" AND k.entry = m.entry
LEFT JOIN frames f ON f.sha256 = m.sha256 AND f."index" = m.frame
WHERE m.sha256 = $sha256 ORDER BY m.kind, m.distance, m."set", m.entry, m.frame"""


class _Agreed(MatchRow):
    value: str | None
    version: str | None
    source: str | None
    row: int | None
    radius: int
    minimum_quality: int
    pdq_mode: str | None
    time_s: float | None
    hash: str | None
    reason: NotRequired[str]
    contents: NotRequired[int]


class MatchExplained(_Agreed):
    """An agreement with both hashes, and what it says in words."""

    words: str


class VideoExplained(VideosFoundRow):
    """Frames that a content shares with a known video, and what that says in words."""

    words: str


class FoundIn(TypedDict):
    """One file that holds a content."""

    exhibit: str
    locator: str
    path: str
    allocation: str


class MatchesExplained(TypedDict):
    """Everything that agrees with a content; ``content`` is its row with hashes as hex."""

    content: dict[str, object]
    matches: list[MatchExplained]
    held: list[MatchExplained]
    videos: list[VideoExplained]
    scenes: list[SharedScene]
    cluster: ClusterRow | None
    files: list[FoundIn]


def explain_matches(session: Session, sha256: str) -> MatchesExplained:
    """Everything that agrees with a content, applied or held back, with both hashes, and where it was found."""
    session.require_sight()
    asked = {"sha256": sha256}
    catalogue = Catalogue(session.store, _TABLES)
    try:
        content: list[dict[str, object]] = catalogue.rows(
            "SELECT * EXCLUDE (pdq, pdq_alternate, pdq_inner), lower(hex(pdq)) AS pdq, "
            "lower(hex(pdq_alternate)) AS pdq_alternate, lower(hex(pdq_inner)) AS pdq_inner "
            "FROM contents WHERE sha256 = $sha256",
            asked,
        )
        if not content:
            raise UsageError(
                "no content of this operation has that SHA-256",
                "Give all 64 hex digits; `fairlead table contents` lists them.",
                code="USAGE-CONTENT",
            )
        answer: MatchesExplained = {
            "content": content[0],
            "matches": [
                _in_words(m) for m in catalogue.rows_as(_Agreed, _AGREED.format(table="matches"), asked)
            ],
            "held": [_in_words(m) for m in catalogue.rows_as(_Agreed, _AGREED.format(table="held"), asked)],
            "videos": [
                _video_in_words(v)
                for v in catalogue.rows_as(
                    VideosFoundRow,
                    'SELECT * FROM videos_found WHERE sha256 = $sha256 ORDER BY first_s, "set", video',
                    asked,
                )
            ],
            "scenes": catalogue.rows_as(SharedScene, SHARED_SCENES_SQL, {"s": sha256}),
            "cluster": next(
                iter(catalogue.rows_as(ClusterRow, "SELECT * FROM clusters WHERE sha256 = $sha256", asked)),
                None,
            ),
            "files": catalogue.rows_as(
                FoundIn,
                "SELECT exhibit, locator, path, allocation FROM files WHERE sha256 = $sha256 ORDER BY 1, 2",
                asked,
            ),
        }
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "known.explain", (sha256,), "match explained")
    return answer


def cluster_in_words(cluster: ClusterRow) -> str:
    """What a decision about the group of a content holds for."""
    if cluster["representative"]:
        words = (
            f"It represents {cluster['size']} contents that look alike; a decision about it holds for all of them "
            "but those that were looked at and decided themselves."
        )
    else:
        words = (
            f"It is one of {cluster['size']} contents that look alike, represented by {cluster['cluster']}."
        )
    if cluster["covered_percent"] is not None and not cluster["representative"]:
        words += f" {cluster['covered_percent']:g} % of its frames are in the representative."
        if cluster["uncovered"]:
            words += f" What a decision about the representative does not cover: {cluster['uncovered']}."
    return words


def _in_words(match: _Agreed) -> MatchExplained:
    where = "the content" if match["frame"] < 0 else f"frame {match['frame']}"
    listed = f"the set {match['set']}" + (f", version {match['version']}" if match["version"] else "")
    if match["kind"] == "exact":
        words = f"The {match['algorithm']} of {where} is the value of an entry of {listed}."
    elif match["algorithm"] == "vpdq":
        words = (
            f"Frames of the content are those of a known video of {listed}; the shares stand under videos."
        )
    else:
        turned = (
            ""
            if match["transform"] == "identity"
            else f", after the transform {match['transform']} of the content's hash"
        )
        words = (
            f"The PDQ hash of {where} differs from an entry of {listed} in {match['distance']} of 256 bits{turned} "
            f"(limit {match['threshold']}, quality {match['quality']}, computed by {match['pipeline']}). "
            f"Content {match['hash']}, entry {match['value']}."
        )
    if match.get("reason") == "flood":
        words += f" Held back: the entry agrees with {match['contents']} contents, so a person looks at the entry first."
    if match.get("reason") == "benign":
        words += " Held back: the content is byte for byte an entry of a benign set."
    return {
        **match,
        "words": words + " Known is not illegal: what the entry means is what its provider says.",
    }


def _video_in_words(found: VideosFoundRow) -> VideoExplained:
    applied = "matched" if found["matched"] else "not matched"
    order = "in the same order" if found["in_order"] else "in another order"
    words = (
        f"{found['known_matched']} of {found['known_frames']} frames of the known video {found['video']} of the set "
        f"{found['set']} are in the content ({found['known_percent']:g} %), {order}, from {found['first_s']} s to "
        f"{found['last_s']} s; they are {found['content_percent']:g} % of the content. Rule: share of the known video "
        f"of at least {found['share']:g} %: {applied}."
    )
    return {**found, "words": words}
