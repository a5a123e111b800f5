"""What the review queue shows of a group of near-duplicates, and for what a decision holds."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from fairlead.case.known.explaining import cluster_in_words
from fairlead.case.lists.views import QUEUE_VIEW
from fairlead.case.looking.review import _SECOND, _WAITING, Reach, reach_of


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


def listed(which: str, decided: pa.Table, *rows: dict[str, Any]) -> list[tuple[str, int]]:
    with duckdb.connect() as database:
        database.register("desk_contents", pa.Table.from_pylist(list(rows)))
        database.execute(f"CREATE TABLE desk_queue AS {QUEUE_VIEW.sql}")
        database.register("decided", decided)
        return database.execute(f"SELECT sha256, cluster_size FROM {which} ORDER BY place").fetchall()


def waiting_after(decided: list[str], *rows: dict[str, Any]) -> list[tuple[str, int]]:
    return listed(_WAITING, pa.table({"sha256": pa.array(decided, pa.string())}), *rows)


def test_what_joins_a_cluster_after_its_decision_waits_as_one_and_nothing_else_comes_back() -> None:
    pictures = {"family": "picture", "by_frames": False, "decides": 4, "cluster_size": 4}
    rows = [
        *(waiting(name, cluster="p2", **pictures) for name in ("p1", "p2", "p3", "p4")),
        waiting("alone"),
    ]
    assert waiting_after([], *rows) == [("p1", 4), ("alone", 1)]
    assert waiting_after(["p1", "p2"], *rows) == [("p3", 2), ("alone", 1)]
    assert waiting_after(["p1", "p2", "p3", "p4", "alone"], *rows) == []


def test_what_somebody_was_unsure_of_waits_for_another_also_when_it_stands_for_no_cluster() -> None:
    rows = [
        waiting("v1", cluster="v2"),
        waiting("v2", cluster="v2"),
        waiting("v3", cluster="v2"),
        waiting("x"),
    ]

    def second(user: int, *decided: tuple[str, str]) -> list[tuple[str, int]]:
        table = pa.Table.from_pylist([{"sha256": s, "decision": d, "user_id": 1} for s, d in decided])
        return listed(_SECOND.format(user=user), table, *rows)

    assert second(2, ("v1", "relevant"), ("v2", "relevant"), ("v3", "unsure")) == [("v3", 1)]
    assert second(2, ("v1", "unsure"), ("v2", "unsure"), ("v3", "unsure"), ("x", "unsure")) == [
        ("v2", 3), ("x", 1),
    ]  # fmt: skip
    assert second(1, ("v3", "unsure")) == []


def test_a_decision_about_a_video_holds_for_others_only_when_it_represents_them() -> None:
    lead = {"sha256": "lead", "representative": True, "uncovered": ""}
    member = {"sha256": "member", "representative": False, "uncovered": "8-9 s"}
    assert reach_of(lead, [member, lead], {}, sample=False) == Reach([lead, member], 0)
    assert reach_of(member, [lead, member], {}, sample=False) == Reach([member], 0)
    assert reach_of(lead, [lead, member], {}, sample=True) == Reach([lead], 0)
    one, other = pictures("pq")
    assert reach_of(one, [one, other], {}, sample=False) == Reach([one, other], 0)


def test_a_decision_about_a_picture_that_came_later_leaves_the_earlier_decision_of_its_group() -> None:
    old, new, newer = pictures("abc")
    assert reach_of(new, [old, new, newer], {"a": False}, sample=False) == Reach([new, newer], 0)
    assert reach_of(old, [old, new, newer], {"a": False}, sample=False) == Reach([old, new, newer], 0)


def test_what_somebody_looked_at_and_decided_is_changed_by_nobody_who_looked_at_another() -> None:
    looked_at, taken_along, shown = pictures("abc")
    decided = {"a": True, "b": False, "c": False}
    assert reach_of(shown, [looked_at, taken_along, shown], decided, sample=False) == Reach(
        [shown, taken_along], 1
    )
    assert reach_of(looked_at, [looked_at, taken_along, shown], decided, sample=False) == Reach(
        [looked_at, taken_along, shown], 0
    )


def pictures(names: str) -> list[dict[str, object]]:
    return [{"sha256": name, "representative": False, "uncovered": None} for name in names]


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
