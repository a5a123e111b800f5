"""What the review queue shows of a group of near-duplicates, and for what a decision holds."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from fairlead.case.known_explain import cluster_in_words
from fairlead.case.review import _WAITING, holds_for
from fairlead.case.views import QUEUE_VIEW


def waiting(name: str, *, cluster: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of the list of contents that waits for people."""
    return {
        "sha256": name, "media_type": "video/mp4", "family": "video", "reason": "", "files": 1, "cluster": cluster,
        "cluster_size": 3 if cluster else 1, "decides": 3 if cluster == name else 1, "conclusion": None, "derived": False,
        "state": "for_people", "verdict": "decoded", "queue_rank": 3, "representative": cluster == name,
        "by_frames": cluster is not None, **more,
    }  # fmt: skip


def queue(*rows: dict[str, Any]) -> list[tuple[str, int]]:
    with duckdb.connect() as database:
        database.register("desk_contents", pa.Table.from_pylist(list(rows)))
        return database.execute(
            f"SELECT sha256, cluster_size FROM ({QUEUE_VIEW.sql}) WHERE turn = 1 ORDER BY place"
        ).fetchall()


def test_a_group_of_videos_is_looked_at_by_its_representative_at_the_place_of_its_first_member() -> None:
    rows = [
        waiting("v1", cluster="v2", queue_rank=0),
        waiting("v2", cluster="v2"),
        waiting("alone", queue_rank=1),
    ]
    assert queue(*rows) == [("v2", 3), ("alone", 1)]


def test_members_of_a_group_whose_representative_a_list_knows_are_looked_at_one_by_one() -> None:
    rows = [
        waiting("v1", cluster="v2"),
        waiting("v2", cluster="v2", state="exact"),
        waiting("v3", cluster="v2"),
    ]
    assert queue(*rows) == [("v1", 1), ("v3", 1)]


def test_any_picture_of_a_group_stands_for_it() -> None:
    pictures = {"family": "picture", "by_frames": False, "decides": 2, "cluster_size": 2}
    rows = [waiting("p1", cluster="p2", **pictures), waiting("p2", cluster="p2", **pictures)]
    assert queue(*rows) == [("p1", 2)]
    assert queue(rows[0]) == [("p1", 2)]


def waiting_after(decided: list[str], *rows: dict[str, Any]) -> list[tuple[str, int]]:
    with duckdb.connect() as database:
        database.register("desk_contents", pa.Table.from_pylist(list(rows)))
        database.execute(f"CREATE TABLE desk_queue AS {QUEUE_VIEW.sql}")
        database.register("decided", pa.table({"sha256": pa.array(decided, pa.string())}))
        return database.execute(f"SELECT sha256, cluster_size FROM {_WAITING} ORDER BY place").fetchall()


def test_what_joins_a_cluster_after_its_decision_waits_as_one_and_nothing_else_comes_back() -> None:
    pictures = {"family": "picture", "by_frames": False, "decides": 4, "cluster_size": 4}
    rows = [
        *(waiting(name, cluster="p2", **pictures) for name in ("p1", "p2", "p3", "p4")),
        waiting("alone"),
    ]
    assert waiting_after([], *rows) == [("p1", 4), ("alone", 1)]
    assert waiting_after(["p1", "p2"], *rows) == [("p3", 2), ("alone", 1)]
    assert waiting_after(["p1", "p2", "p3", "p4", "alone"], *rows) == []


def test_a_decision_about_a_video_holds_for_others_only_when_it_represents_them() -> None:
    lead = {"sha256": "lead", "representative": True, "uncovered": ""}
    member = {"sha256": "member", "representative": False, "uncovered": "8-9 s"}
    assert holds_for(lead, [lead, member], set(), sample=False) == [lead, member]
    assert holds_for(member, [lead, member], set(), sample=False) == [member]
    assert holds_for(lead, [lead, member], set(), sample=True) == [lead]
    one, other = ({"sha256": name, "representative": False, "uncovered": None} for name in "pq")
    assert holds_for(one, [one, other], set(), sample=False) == [one, other]


def test_a_decision_about_a_picture_that_came_later_leaves_the_earlier_decision_of_its_group() -> None:
    old, new, newer = ({"sha256": name, "representative": False, "uncovered": None} for name in "abc")
    assert holds_for(new, [old, new, newer], {"a"}, sample=False) == [new, newer]
    assert holds_for(old, [old, new, newer], {"a"}, sample=False) == [old, new, newer]


def test_what_a_decision_about_the_group_does_not_cover_is_said() -> None:
    told = {
        "size": 3,
        "cluster": "lead",
        "representative": False,
        "covered_percent": 90.0,
        "uncovered": "8-9 s",
    }
    words = cluster_in_words(told)
    assert "one of 3 contents" in words
    assert "90 % of its frames" in words
    assert words.endswith("does not cover: 8-9 s.")
    assert "holds for all" in cluster_in_words({**told, "representative": True})
