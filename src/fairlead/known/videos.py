"""The stage that compares videos with known videos, frame by frame.

The rule that holds unless a set says otherwise (ThreatExchange vpdq/README): a known video is matched when at least a
share of *its* frames is found in the content, whatever else the content holds. So a clip inside a compilation is
found. The other published rule takes the share of the content's frames. Frames are counted once
however often they are repeated, and only from the quality gate on. Both shares are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.engine.places import Place
from fairlead.known.found import contents_version, find_turned
from fairlead.known.index import HammingIndex
from fairlead.known.transforms import TRANSFORMS
from fairlead.tables import Table
from fairlead.tables.known import HASH_SETS, KNOWN, VIDEOS_FOUND
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.tables.rows import HashSetRow, VideosFoundRow
from fairlead.terms.matching import VIDEO_SHARE_PERCENT, Algorithm, VideoRule

# Equal hashes of one video are one frame, the earliest.
_KNOWN = f"""
SELECT video, value, min(time_s) AS time_s, any_value(scheme) AS scheme, any_value(category) AS category,
       any_value(meaning) AS meaning, any_value(release) AS release
FROM known WHERE "set" = $set AND algorithm = '{Algorithm.VPDQ}' AND coalesce(quality, 100) >= $quality
GROUP BY video, value ORDER BY video, time_s, value"""
_FRAMES = """
WITH usable AS (SELECT * FROM frames WHERE pdq IS NOT NULL AND pdq_quality >= $quality),
hashed AS (SELECT *, pdq AS hash FROM usable
           UNION ALL SELECT *, pdq_whole FROM usable WHERE pdq_whole IS NOT NULL)
SELECT sha256, pdq, hash, min(time_s) AS time_s, max(time_s) AS last_s, min(pdq_quality) AS quality,
       min(pdq_pipeline) AS pipeline
FROM hashed GROUP BY sha256, pdq, hash ORDER BY sha256, time_s, pdq, hash"""


class _KnownFrame(TypedDict):
    """A frame of a known video."""

    video: str
    value: str
    time_s: float | None
    scheme: str | None
    category: str | None
    meaning: str
    release: str


class _Frame(TypedDict):
    """A hash of a frame of a content; ``pdq`` is the frame's first one."""

    sha256: str
    pdq: bytes
    hash: bytes
    time_s: float | None
    last_s: float | None
    quality: int
    pipeline: str | None


class _Told(TypedDict):
    """How much of a known video a content shows: columns of VIDEOS_FOUND."""

    known_frames: int
    known_matched: int
    known_percent: float
    content_frames: int
    content_matched: int
    content_percent: float
    first_s: float | None
    last_s: float | None
    in_order: bool
    distance: int
    quality: int
    pipeline: str
    scheme: str | None
    category: str | None
    meaning: str
    release: str


_Pairs = list[tuple[_Frame, _KnownFrame, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindVideosStage:
    """HASH_SETS to VIDEOS_FOUND: every content that shares a frame with a known video, and how much of it."""

    place: Place
    share_percent: float = VIDEO_SHARE_PERCENT
    name: str = "find-videos"
    reads: Table = HASH_SETS
    writes: Table = VIDEOS_FOUND
    rows_per_task: int = 1

    @property
    def version(self) -> str:
        """Changes with the share and with the contents."""
        return f"2/share={self.share_percent}/contents={contents_version(self.place)}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of VIDEOS_FOUND, set by set, by content and video."""
        for batch in batches:
            for hash_set in batch.to_pylist():
                catalogue = Catalogue(PartStore(self.place), (KNOWN, CONTENTS, FRAMES))
                try:
                    yield VIDEOS_FOUND.batch(find_videos(catalogue, hash_set, self.share_percent))
                finally:
                    catalogue.close()


def find_videos(catalogue: Catalogue, hash_set: HashSetRow, share_percent: float) -> Iterator[VideosFoundRow]:
    """Rows of VIDEOS_FOUND for one hash set (a row of HASH_SETS)."""
    gate = hash_set["minimum_quality"]
    rule = VideoRule(hash_set["video_rule"] or VideoRule.KNOWN)
    known = catalogue.rows_as(_KnownFrame, _KNOWN, {"set": hash_set["set"], "quality": gate})
    frames = catalogue.rows_as(_Frame, _FRAMES, {"quality": gate}) if known else []
    if not frames:
        return
    index = HammingIndex.build(_stack(bytes.fromhex(k["value"]) for k in known))
    turned: dict[tuple[str, str], dict[int, _Pairs]] = defaultdict(lambda: defaultdict(list))
    for query, entry, distance, transform in find_turned(
        index, _stack(f["hash"] for f in frames), hash_set["radius"]
    ).tolist():
        turned[frames[query]["sha256"], known[entry]["video"]][transform].append(
            (frames[query], known[entry], distance)
        )
    of_video, of_content = (
        Counter(k["video"] for k in known),
        Counter(f["sha256"] for f in frames if f["hash"] == f["pdq"]),
    )
    for (sha256, video), pairs_of in sorted(turned.items()):
        # The transform under which most of the known video is found; identity comes first among equals.
        transform = max(sorted(pairs_of), key=lambda t: len({k["value"] for _, k, _ in pairs_of[t]}))
        told = _tell(pairs_of[transform], of_video[video], of_content[sha256])
        yield {
            "sha256": sha256,
            "set": hash_set["set"],
            "video": video,
            "transform": TRANSFORMS[transform],
            "rule": rule.value,
            "share": share_percent,
            "matched": told["known_percent" if rule is VideoRule.KNOWN else "content_percent"]
            >= share_percent,
            "threshold": hash_set["radius"],
            **told,
        }


def _tell(pairs: _Pairs, known_frames: int, content_frames: int) -> _Told:
    seen = {k["value"]: k for _, k, _ in pairs}
    shown = {f["pdq"]: f for f, _, _ in pairs}
    # The order in time: the nearest known frame of each frame of the content, in the content's order.
    nearest: dict[bytes, tuple[int, float]] = {}
    for frame, entry, distance in pairs:
        best = nearest.get(frame["pdq"])
        if best is None or (distance, entry["time_s"] or 0.0) < best:
            nearest[frame["pdq"]] = (distance, entry["time_s"] or 0.0)
    in_time = [nearest[f["pdq"]][1] for f in sorted(shown.values(), key=lambda f: f["time_s"] or 0.0)]
    entry = pairs[0][1]
    return {
        "known_frames": known_frames,
        "known_matched": len(seen),
        "known_percent": round(100 * len(seen) / known_frames, 3),
        "content_frames": content_frames,
        "content_matched": len(shown),
        "content_percent": round(100 * len(shown) / content_frames, 3),
        "first_s": min((f["time_s"] for f in shown.values() if f["time_s"] is not None), default=None),
        "last_s": max((f["last_s"] for f in shown.values() if f["last_s"] is not None), default=None),
        "in_order": in_time == sorted(in_time),
        "distance": min(distance for _, _, distance in pairs),
        "quality": min(f["quality"] for f in shown.values()),
        "pipeline": min(f["pipeline"] or "" for f in shown.values()),
        "scheme": entry["scheme"],
        "category": entry["category"],
        "meaning": entry["meaning"],
        "release": entry["release"],
    }


def _stack(hashes: Iterator[bytes]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
