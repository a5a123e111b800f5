"""The stage that groups contents which look alike, so that one decision can be made for a group and says so.

Chains of resemblance lead far: A is like B, B is like C, and C is nothing like A. So a group is not a chain. It is a
representative and contents at most the radius from it, hence at most twice the radius from each other. A video, or an
animated picture, is no single hash: see `video_groups`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.catalogue import Catalogue
from fairlead.known.found import hashes_of
from fairlead.known.grouping import diameter_of, distances, group_hashes
from fairlead.known.video_groups import VideoFrames, cover, group_videos, least_agreement, spans
from fairlead.tables import Table
from fairlead.tables.known import CLUSTERS
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.tables.rows import ClusterRow
from fairlead.terms.matching import PDQ_MATCH_RADIUS, PDQ_MINIMUM_QUALITY, VIDEO_SHARE_PERCENT

_PICTURES = """
SELECT sha256, pdq, exhibit, locator FROM contents
WHERE pdq IS NOT NULL AND pdq_quality >= $quality AND sha256 NOT IN (SELECT sha256 FROM frames) ORDER BY sha256"""
_VIDEOS = """
SELECT f.sha256, f.time_s, f.pdq, f.pdq_quality >= $quality AS good, c.exhibit, c.locator
FROM frames f JOIN contents c USING (sha256) WHERE f.pdq IS NOT NULL ORDER BY f.sha256, f."index" """


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersStage:
    """CONTENTS and FRAMES to CLUSTERS: contents of sufficient quality that resemble at least one other of their kind."""

    radius: int = PDQ_MATCH_RADIUS
    minimum_quality: int = PDQ_MINIMUM_QUALITY
    share_percent: float = VIDEO_SHARE_PERCENT
    name: str = "clusters"
    reads: tuple[Table, ...] = (CONTENTS, FRAMES)
    writes: Table = CLUSTERS

    @property
    def version(self) -> str:
        """Changes with the radius, the quality gate and the share."""
        return f"2/radius={self.radius}/quality={self.minimum_quality}/share={self.share_percent}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """One partition; rows by group, the representative first, pictures before videos."""
        asked = {"quality": self.minimum_quality}
        pictures = catalogue.query(_PICTURES, asked)
        rows = list(_rows(pictures, self.radius)) if pictures.num_rows else []
        frames = catalogue.query(_VIDEOS, asked)
        rows += _video_rows(frames, self.radius, self.share_percent) if frames.num_rows else []
        yield "all", pa.Table.from_batches([CLUSTERS.batch(rows)])


class _Content(TypedDict):
    sha256: str
    exhibit: str
    locator: str


def _video_rows(frames: pa.Table, radius: int, percent: float) -> Iterator[ClusterRow]:
    videos = videos_of(frames)
    names = ["sha256", "exhibit", "locator"]
    rows: list[_Content] = frames.group_by(names).aggregate([]).to_pylist()
    listed = {row["sha256"]: row for row in rows}
    for lead, others in sorted(group_videos(videos, radius, percent).items()):
        shown, members = videos[lead], [videos[number] for number in others]
        diameter, least = least_agreement([shown, *members], radius)
        for video in (shown, *members):
            there, back = cover(video, shown, radius), cover(shown, video, radius)
            yield {
                **listed[video.sha256],
                "cluster": shown.sha256,
                "representative": video is shown,
                "size": len(others) + 1,
                "distance": there.distance,
                "diameter": diameter,
                "least_percent": least,
                "covered_percent": there.percent,
                "covers_percent": back.percent,
                "uncovered": "" if video is shown else spans(video.times, there.missing),
            }


def videos_of(frames: pa.Table) -> list[VideoFrames]:
    """Rows of sha256, time_s, pdq, good, in order, as videos."""
    names = frames.column("sha256").combine_chunks()
    ends = pc.run_end_encode(names)
    hashes, good = hashes_of(frames.column("pdq")), frames.column("good").to_numpy()
    times = np.nan_to_num(frames.column("time_s").to_numpy())
    videos, start = [], 0
    for end, sha256 in zip(ends.run_ends.to_pylist(), ends.values.to_pylist(), strict=True):
        own = slice(start, end)
        videos.append(VideoFrames(sha256=sha256, times=times[own], hashes=hashes[own], good=good[own]))
        start = end
    return videos


def _rows(pictures: pa.Table, radius: int) -> Iterator[ClusterRow]:
    hashes = hashes_of(pictures.column("pdq"))
    # Identical hashes are one hash: a thousand copies of one picture cost one comparison.
    different, first, which = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    which = which.reshape(-1)
    copies = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[copies], np.arange(len(different) + 1))
    listed: list[_Content] = pictures.select(["sha256", "exhibit", "locator"]).to_pylist()
    groups = group_hashes(different, radius)
    for lead in sorted(groups, key=lambda g: int(first[g])):
        members = groups[lead]
        if len(members) == 1 and starts[lead + 1] - starts[lead] == 1:
            continue
        contents = np.concatenate([copies[starts[m] : starts[m + 1]] for m in members])
        to_lead = dict(
            zip(members.tolist(), distances(different[members], different[lead]).tolist(), strict=True)
        )
        diameter = diameter_of(different[members], radius)
        shown = int(first[lead])
        for number in sorted(contents.tolist(), key=lambda c: (c != shown, to_lead[int(which[c])], c)):
            content = listed[number]
            yield {
                "sha256": content["sha256"],
                "exhibit": content["exhibit"],
                "locator": content["locator"],
                "cluster": listed[shown]["sha256"],
                "representative": number == shown,
                "size": len(contents),
                "distance": to_lead[int(which[number])],
                "diameter": diameter,
            }
