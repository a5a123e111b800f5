"""What agrees, what counts, what is held back, and what is computed again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairlead.engine.engine import StageOutcome
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.known.clusters import ClustersStage
from fairlead.known.found import CONTENTS_A_PIECE, VALUES_A_PIECE, FindStage, PlanStage
from fairlead.known.grouping import group_hashes
from fairlead.known.kept_index import KEEP_FROM
from fairlead.known.match import HoldStage, MatchStage
from fairlead.known.scenes import ScenesStage
from fairlead.known.transforms import transformed
from fairlead.known.video_groups import VideoFrames, cover, group_videos, spans
from fairlead.known.videos import FindVideosStage
from fairlead.tables import Table
from fairlead.tables.known import CLUSTERS, FOUND, HASH_SETS, HELD, KNOWN, MATCHES, SCENES, VIDEOS_FOUND
from fairlead.tables.media import CONTENTS, FRAMES

RNG = np.random.default_rng(11)
PICTURE = RNG.integers(0, 256, 32, dtype=np.uint8)


def near(hashed: np.ndarray, bits: int, seed: int = 0) -> np.ndarray:
    changed = np.unpackbits(hashed)
    changed[np.random.default_rng(seed).choice(256, bits, replace=False)] ^= 1
    return np.packbits(changed)


def sha256(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def content(name: str, pdq: np.ndarray | None = None, **more: Any) -> dict[str, Any]:
    told = {
        "sha256": sha256(name), "md5": sha256(name)[:32], "sha1": None, "exhibit": "E/1",
        "locator": name, "verdict": "decoded", "pdq_quality": 100, "pdq_pipeline": "pdq-full/test",
        "pdq": None if pdq is None else pdq.tobytes(),
    }  # fmt: skip
    return {**told, **more}


def frame(name: str, index: int, pdq: np.ndarray, quality: int = 100) -> dict[str, Any]:
    return {
        "sha256": sha256(name), "index": index, "time_s": float(index), "pdq": pdq.tobytes(),
        "pdq_quality": quality, "pdq_pipeline": "pdq-full/pyav",
    }  # fmt: skip


class Operation:
    """The tables of matching, filled by hand."""

    def __init__(
        self, root: Path, *, values_a_piece: int = VALUES_A_PIECE, contents_a_piece: int = CONTENTS_A_PIECE
    ) -> None:
        self.store = PartStore(root)
        self.values_a_piece, self.contents_a_piece = values_a_piece, contents_a_piece
        self.keep_from = KEEP_FROM

    def put(self, table: Table, *rows: dict[str, Any], part: str = "part-0.parquet") -> None:
        self.store.write(table, part, [table.batch(rows)])

    def add_set(self, name: str, *entries: tuple[str, str], **settings: Any) -> None:
        told = {
            "set": name, "meaning": "of-interest", "release": "releasable", "radius": 31, "minimum_quality": 50,
            "flood_limit": 1000, **settings,
        }  # fmt: skip
        rows = [
            {"set": name, "entry": f"{a}:{v}", "algorithm": a, "value": v, "meaning": told["meaning"]}
            for a, v in entries
        ]
        self.put(KNOWN, *rows, part=f"part-{name}.parquet")
        self.change_settings(name, told, str(entries))

    def change_settings(self, name: str, told: dict[str, Any], entries: str) -> None:
        self.take_away(name)
        digest = hashlib.sha256((repr(told) + entries).encode()).hexdigest()[:8]
        self.put(HASH_SETS, told, part=f"part-{name}-{digest}.parquet")

    def take_away(self, name: str) -> None:
        kept = {p.name for p in self.store.parts(HASH_SETS) if not p.name.startswith(f"part-{name}-")}
        self.store.keep_only(HASH_SETS, kept)

    def add_video(self, name: str, video: str, frames: list[np.ndarray], **more: Any) -> None:
        self.add_set(name, **more)
        rows = [
            {"set": name, "entry": f"vpdq:{video}#{n}", "algorithm": "vpdq", "value": h.tobytes().hex(), "video": video,
             "frame": n, "time_s": float(n), "quality": 100, "meaning": "of-interest"}
            for n, h in enumerate(frames)
        ]  # fmt: skip
        self.put(KNOWN, *rows, part=f"part-{name}.parquet")

    def match(self) -> dict[str, StageOutcome]:
        place = self.store.place
        stages = [
            PlanStage(
                place=place, values_a_piece=self.values_a_piece, contents_a_piece=self.contents_a_piece
            ),
            FindStage(place=place, keep_from=self.keep_from),
            FindVideosStage(place=place),
            MatchStage(),
            HoldStage(),
            ClustersStage(),
            ScenesStage(),
        ]
        with LocalEngine(self.store, workers=1) as engine:
            return {stage.name: engine.run(stage) for stage in stages}

    def rows(self, table: Table) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.store.read(table).to_pylist()
        return found


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return Operation(tmp_path / "tables")


def hexed(hashed: np.ndarray) -> str:
    return hashed.tobytes().hex()


def test_exact_and_near_turned_and_too_far_and_too_poor(operation: Operation) -> None:
    turned = transformed(PICTURE[None, :], "rotate-90")[0]
    operation.put(
        CONTENTS,
        content("same", md5="a" * 32),
        content("near", near(PICTURE, 31)),
        content("turned", turned),
        content("far", near(PICTURE, 32)),
        content("poor", PICTURE, pdq_quality=49),
        content("other-mode", near(PICTURE, 90), pdq_alternate=near(PICTURE, 3).tobytes()),
    )
    operation.add_set("s", ("md5", "a" * 32), ("pdq", hexed(PICTURE)), ("photodna", "x"))
    operation.match()
    found = {
        row["sha256"]: (row["kind"], row["distance"], row["transform"]) for row in operation.rows(MATCHES)
    }
    assert found == {
        sha256("same"): ("exact", 0, "identity"),
        sha256("near"): ("near", 31, "identity"),
        sha256("turned"): ("near", 0, "rotate-270"),
        sha256("other-mode"): ("near", 3, "identity"),
    }
    assert {row["threshold"] for row in operation.rows(MATCHES)} == {0, 31}


def test_a_set_has_its_own_radius_quality_and_mode(operation: Operation) -> None:
    operation.put(
        CONTENTS,
        content("a", near(PICTURE, 12), pdq_quality=60),
        content("b", near(PICTURE, 90), pdq_alternate=PICTURE.tobytes()),
    )
    entry = ("pdq", hexed(PICTURE))
    operation.add_set("narrow", entry, radius=10)
    operation.add_set("strict", entry, minimum_quality=70, pdq_mode="pdq-full")
    operation.add_set("other", entry, pdq_mode="pdq-meta512")
    operation.add_set("usual", entry)
    operation.match()
    assert {(row["set"], row["sha256"]) for row in operation.rows(MATCHES)} == {
        ("usual", sha256("a")), ("usual", sha256("b")), ("narrow", sha256("b")), ("other", sha256("b")),
    }  # fmt: skip


def test_an_entry_that_agrees_with_too_much_is_held_until_somebody_lets_it_through(
    operation: Operation,
) -> None:
    flood, right = hexed(PICTURE), hexed(near(PICTURE, 100, 1))
    operation.put(
        CONTENTS,
        *(content(f"c{n}", near(PICTURE, n, n)) for n in range(8)),
        content("r", near(PICTURE, 100, 1)),
    )
    entries = (("pdq", flood), ("pdq", right))
    operation.add_set("s", *entries, flood_limit=7)
    operation.match()
    assert [row["sha256"] for row in operation.rows(MATCHES)] == [sha256("r")]
    assert {(row["reason"], row["contents"]) for row in operation.rows(HELD)} == {("flood", 8)}
    operation.add_set("s", *entries, flood_limit=7, let_through=[f"pdq:{flood}"])
    operation.match()
    assert len(operation.rows(MATCHES)) == 9
    assert operation.rows(HELD) == []


def test_a_content_known_to_be_benign_is_not_also_reported_as_looking_like_something(
    operation: Operation,
) -> None:
    operation.put(CONTENTS, content("a", near(PICTURE, 9), md5="b" * 32), content("c", md5="c" * 32))
    operation.add_set("benign", ("md5", "b" * 32), ("md5", "c" * 32), meaning="benign")
    operation.add_set("list", ("pdq", hexed(PICTURE)), ("md5", "c" * 32), meaning="illegal-there")
    operation.match()
    assert sorted((row["set"], row["kind"]) for row in operation.rows(MATCHES)) == [
        ("benign", "exact"), ("benign", "exact"), ("list", "exact"),
    ]  # fmt: skip
    assert [(row["set"], row["reason"]) for row in operation.rows(HELD)] == [("list", "benign")]


def test_only_the_set_that_changed_is_matched_again_and_a_removed_one_takes_its_matches(
    operation: Operation,
) -> None:
    operation.put(CONTENTS, content("a", PICTURE), content("b", near(PICTURE, 128)))
    operation.add_set("one", ("pdq", hexed(PICTURE)))
    operation.add_set("two", ("pdq", hexed(near(PICTURE, 128))))
    operation.match()
    parts = {part.name for part in operation.store.parts(MATCHES)}
    operation.add_set("two", ("pdq", hexed(near(PICTURE, 5))))
    again = operation.match()
    assert (again["find"].done, again["find"].reused) == (1, 1)
    assert len(parts & {part.name for part in operation.store.parts(MATCHES)}) == 1
    assert {(row["set"], row["sha256"]) for row in operation.rows(MATCHES)} == {
        ("one", sha256("a")), ("two", sha256("a")),
    }  # fmt: skip
    operation.take_away("one")
    operation.match()
    assert {row["set"] for row in operation.rows(FOUND)} == {"two"}
    assert {row["set"] for row in operation.rows(MATCHES)} == {"two"}


@pytest.mark.parametrize("kept", [False, True], ids=["indexed anew", "indexes kept"])
def test_cut_into_pieces_a_set_gives_the_same_rows_as_compared_at_once(tmp_path: Path, *, kept: bool) -> None:
    rng = np.random.default_rng(4)
    hashes = rng.integers(0, 256, (300, 32), dtype=np.uint8)
    rows = {}
    for pieces in (1, 8):
        operation = Operation(
            tmp_path / str(pieces) / "tables", values_a_piece=400 // pieces, contents_a_piece=400 // pieces
        )
        operation.keep_from = 1 if kept else KEEP_FROM
        operation.put(
            CONTENTS,
            content("same", md5="a" * 32),
            *(content(f"c{n}", near(hashes[n % 300], n % 40, n)) for n in range(200)),
        )
        operation.put(FRAMES, *(frame(f"c{n}", 3, near(hashes[n + 50], 5)) for n in range(0, 40, 3)))
        listed = [("md5", "a" * 32), *(("pdq", hexed(hashed)) for hashed in hashes)]
        operation.add_set("list", *listed)
        done = operation.match()
        if pieces > 1:
            assert done["find"].done == 8 * 8
        assert len(operation.rows(FOUND)) > 150
        rows[pieces] = sorted(operation.rows(FOUND), key=repr)
        if kept:
            operation.add_set("list", *listed, ("pdq", hexed(near(hashes[7], 9))))
            operation.match()
            rows[pieces] += sorted(operation.rows(FOUND), key=repr)
    assert rows[8] == rows[1]


def test_a_new_content_is_found_by_sets_that_did_not_change(operation: Operation) -> None:
    operation.put(CONTENTS, content("a", near(PICTURE, 100)))
    operation.add_set("s", ("pdq", hexed(PICTURE)))
    operation.match()
    assert operation.rows(MATCHES) == []
    operation.put(CONTENTS, content("b", PICTURE), part="part-1.parquet")
    operation.match()
    assert [row["sha256"] for row in operation.rows(MATCHES)] == [sha256("b")]


KNOWN_CLIP = [RNG.integers(0, 256, 32, dtype=np.uint8) for _ in range(10)]
STRANGE = [RNG.integers(0, 256, 32, dtype=np.uint8) for _ in range(60)]


def test_a_clip_inside_a_compilation_is_found_with_both_shares_place_and_order(operation: Operation) -> None:
    shown = STRANGE[:30] + [near(f, 8, n) for n, f in enumerate(KNOWN_CLIP)] + STRANGE[30:]
    operation.put(CONTENTS, content("compilation"))
    operation.put(FRAMES, *(frame("compilation", n, h) for n, h in enumerate(shown)))
    operation.add_video("s", "clip", KNOWN_CLIP)
    operation.match()
    [found] = operation.rows(VIDEOS_FOUND)
    assert (found["known_percent"], found["matched"], found["in_order"]) == (100.0, True, True)
    assert found["content_percent"] == pytest.approx(100 * 10 / 70, abs=0.01)
    assert (found["first_s"], found["last_s"], found["distance"]) == (30.0, 39.0, 8)
    assert [(row["entry"], row["algorithm"]) for row in operation.rows(MATCHES)] == [("vpdq:clip", "vpdq")]


def test_the_other_published_rule_takes_the_share_of_the_content(operation: Operation) -> None:
    shown = STRANGE[:30] + KNOWN_CLIP
    operation.put(CONTENTS, content("compilation"), content("part"))
    operation.put(
        FRAMES,
        *(frame("compilation", n, h) for n, h in enumerate(shown)),
        *(frame("part", n, h) for n, h in enumerate(KNOWN_CLIP[:3])),
    )
    operation.add_video("s", "clip", KNOWN_CLIP, video_rule="content")
    operation.match()
    told = {row["sha256"]: (row["rule"], row["matched"]) for row in operation.rows(VIDEOS_FOUND)}
    assert told == {sha256("compilation"): ("content", False), sha256("part"): ("content", True)}


def test_a_known_video_with_a_border_is_found_by_the_frames_with_theirs(operation: Operation) -> None:
    inside = [near(f, 100, n) for n, f in enumerate(KNOWN_CLIP)]
    operation.put(CONTENTS, content("boxed"))
    operation.put(
        FRAMES,
        *(
            frame("boxed", n, h) | {"pdq_whole": k.tobytes()}
            for n, (h, k) in enumerate(zip(inside, KNOWN_CLIP, strict=True))
        ),
    )
    operation.add_video("s", "clip", KNOWN_CLIP)
    operation.match()
    [found] = operation.rows(VIDEOS_FOUND)
    assert (found["known_percent"], found["content_percent"], found["content_frames"]) == (100.0, 100.0, 10)


def test_less_than_the_share_is_told_but_is_no_match(operation: Operation) -> None:
    operation.put(CONTENTS, content("part"), content("short"))
    operation.put(
        FRAMES,
        *(frame("part", n, h) for n, h in enumerate(KNOWN_CLIP[:7])),
        *(frame("short", n, h) for n, h in enumerate(reversed(KNOWN_CLIP[:8]))),
    )
    operation.add_video("s", "clip", KNOWN_CLIP)
    operation.match()
    told = {
        row["sha256"]: (row["known_percent"], row["matched"], row["in_order"])
        for row in operation.rows(VIDEOS_FOUND)
    }
    assert told == {sha256("part"): (70.0, False, True), sha256("short"): (80.0, True, False)}
    assert [row["sha256"] for row in operation.rows(MATCHES)] == [sha256("short")]


def test_frames_count_once_poor_ones_not_at_all_and_mirrored_ones_as_well(operation: Operation) -> None:
    mirrored = transformed(np.stack(KNOWN_CLIP), "mirror-left-right")
    operation.put(CONTENTS, content("still"), content("poor"), content("mirrored"))
    operation.put(
        FRAMES,
        *(frame("still", n, KNOWN_CLIP[0]) for n in range(20)),
        *(frame("poor", n, h, quality=20) for n, h in enumerate(KNOWN_CLIP)),
        *(frame("mirrored", n, h) for n, h in enumerate(mirrored)),
    )
    operation.add_video("s", "clip", [*KNOWN_CLIP, KNOWN_CLIP[0], KNOWN_CLIP[0]])
    operation.match()
    told = {row["sha256"]: row for row in operation.rows(VIDEOS_FOUND)}
    assert told.keys() == {sha256("still"), sha256("mirrored")}
    assert (told[sha256("still")]["known_matched"], told[sha256("still")]["known_frames"]) == (1, 10)
    assert (told[sha256("still")]["content_matched"], told[sha256("still")]["content_frames"]) == (1, 1)
    assert told[sha256("mirrored")]["transform"] == "mirror-left-right"
    assert told[sha256("mirrored")]["matched"]


def test_a_cluster_has_a_representative_and_a_diameter_and_no_chain(operation: Operation) -> None:
    steps = np.unpackbits(PICTURE)
    chain = []
    for n in range(5):  # each 25 bits from the one before, so the ends are 100 bits apart
        steps[n * 25 : (n + 1) * 25] ^= 1
        chain.append(np.packbits(steps))
    operation.put(
        CONTENTS,
        *(content(f"chain{n}", h) for n, h in enumerate(chain)),
        content("twin1", near(PICTURE, 128)), content("twin2", near(PICTURE, 128)),
        content("alone", near(PICTURE, 128, 5)), content("poor", near(PICTURE, 128), pdq_quality=10),
    )  # fmt: skip
    operation.match()
    rows = operation.rows(CLUSTERS)
    assert {sha256("alone"), sha256("poor")}.isdisjoint(row["sha256"] for row in rows)
    assert all(row["distance"] <= 31 and row["diameter"] <= 62 for row in rows)
    twins = [row for row in rows if row["sha256"] in {sha256("twin1"), sha256("twin2")}]
    assert [(row["size"], row["diameter"]) for row in twins] == [(2, 0), (2, 0)]
    assert sum(row["representative"] for row in rows) == len({row["cluster"] for row in rows})
    assert all((row["cluster"] == row["sha256"]) == row["representative"] for row in rows)


def test_grouping_leaves_nobody_out_and_is_the_same_by_lookup_and_by_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    base = rng.integers(0, 256, (300, 32), dtype=np.uint8)
    hashes = np.unique(
        np.stack([near(base[n % 300], int(rng.integers(0, 30)), n) for n in range(1500)]), axis=0
    )
    plain = group_hashes(hashes, 31)
    monkeypatch.setattr("fairlead.known.index_plan._SCAN_BELOW", 10)
    monkeypatch.setattr("fairlead.known.index_plan._RANDOM_ACCESS", 0.0)
    looked_up = group_hashes(hashes, 31)
    assert sorted(m for members in plain.values() for m in members.tolist()) == list(range(len(hashes)))
    assert {k: v.tolist() for k, v in plain.items()} == {k: v.tolist() for k, v in looked_up.items()}


def test_a_giant_chain_is_grouped_without_comparing_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.known.grouping._MOST_COMPARED", 5)
    hashes = np.unique(np.stack([near(PICTURE, 10, n) for n in range(60)]), axis=0)
    groups = group_hashes(hashes, 31)
    assert sorted(m for members in groups.values() for m in members.tolist()) == list(range(len(hashes)))


def clip(length: int, seed: int) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).integers(0, 256, (length, 32), dtype=np.uint8))


def video(name: str, hashes: list[np.ndarray], poor: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [frame(name, n, h, quality=20 if n in poor else 100) for n, h in enumerate(hashes)]


def test_videos_are_grouped_when_each_holds_most_of_the_other_and_what_is_not_covered_is_told(
    operation: Operation,
) -> None:
    whole, strange = clip(20, 1), clip(20, 2)
    copies = {
        "whole": whole,
        "recompressed": [near(h, 12, n) for n, h in enumerate(whole)],
        "with an end of its own": [*whole, *strange[:4]],
        "half": whole[:10],
        "inside a compilation": [*whole, *strange],
        "another": clip(20, 3),
    }
    operation.put(CONTENTS, *(content(name, family="video") for name in copies))
    operation.put(FRAMES, *(row for name, hashes in copies.items() for row in video(name, hashes)))
    operation.match()
    rows = {row["sha256"]: row for row in operation.rows(CLUSTERS)}
    assert rows.keys() == {sha256("whole"), sha256("recompressed"), sha256("with an end of its own")}
    longer = rows[sha256("with an end of its own")]
    assert not longer["representative"]
    assert (longer["uncovered"], round(longer["covered_percent"], 1)) == ("20-23 s", 83.3)
    assert longer["covers_percent"] == 100.0
    assert {row["diameter"] for row in rows.values()} == {12}
    assert {round(row["least_percent"], 1) for row in rows.values()} == {83.3}
    assert [row["uncovered"] for row in rows.values() if row["representative"]] == [""]


def test_a_chain_of_videos_is_no_group(operation: Operation) -> None:
    frames = clip(40, 4)
    steps = {f"step {n}": frames[n * 3 : n * 3 + 20] for n in range(5)}  # each holds 85 of 100 of the next
    operation.put(CONTENTS, *(content(name, family="video") for name in steps))
    operation.put(FRAMES, *(row for name, hashes in steps.items() for row in video(name, hashes)))
    operation.match()
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in operation.rows(CLUSTERS):
        groups.setdefault(row["cluster"], []).append(row)
        assert min(row["covered_percent"], row["covers_percent"]) >= 80
    assert max(len(rows) for rows in groups.values()) == 3
    assert {rows[0]["least_percent"] for rows in groups.values()} <= {70.0, 85.0}


@pytest.mark.parametrize(
    ("poor", "told"), [((3, 4, 17), ["", "3-4 s, 17 s"]), (tuple(range(2, 20)), [])], ids=["some", "most"]
)
def test_frames_of_low_quality_are_covered_by_nothing(
    operation: Operation, poor: tuple[int, ...], told: list[str]
) -> None:
    whole = clip(20, 5)
    operation.put(CONTENTS, content("whole"), content("copy"))
    operation.put(FRAMES, *video("whole", whole), *video("copy", whole, poor))
    operation.match()
    assert sorted(row["uncovered"] for row in operation.rows(CLUSTERS)) == told


def test_candidates_for_groups_leave_out_no_pair() -> None:
    """Against comparing every video with every other."""
    rng = np.random.default_rng(6)
    title, base = clip(4, 7), [clip(int(n), 8 + i) for i, n in enumerate(rng.integers(3, 30, 6))]
    videos = []
    for number in range(40):
        kept = [near(h, int(rng.integers(0, 17)), number) for h in base[number % 6] if rng.random() < 0.93]
        hashes = np.stack([*title, *kept])
        videos.append(
            VideoFrames(
                sha256=str(number), times=np.arange(len(hashes), dtype=float), hashes=hashes,
                good=rng.random(len(hashes)) < 0.97,
            )
        )  # fmt: skip
    true = {
        (a, b)
        for a in range(40)
        for b in range(a)
        if all(cover(videos[x], videos[y], 31).is_enough(80) for x, y in ((a, b), (b, a)))
    }
    groups = group_videos(videos, 31, 80)
    held = {(max(lead, m), min(lead, m)) for lead, members in groups.items() for m in members}
    assert len(true) > 20
    assert held <= true
    left = set(range(40)) - {n for lead, members in groups.items() for n in (lead, *members)}
    assert not {(a, b) for a, b in true if a in left and b in left}


def test_times_are_told_as_runs_of_frames() -> None:
    times = np.array([0.0, 1.5, 3.0, 4.5, 6.0])
    assert spans(times, np.array([True, False, True, True, True])) == "0 s, 3-6 s"
    assert spans(times, np.zeros(5, bool)) == ""


def test_a_still_of_a_video_and_scenes_that_videos_share_are_found(operation: Operation) -> None:
    one, other = clip(10, 9), clip(10, 10)
    operation.put(
        CONTENTS,
        content("one", family="video"), content("other", family="video"), content("still", near(one[4], 9)),
        content("picture", PICTURE), content("its twin", PICTURE),
    )  # fmt: skip
    shared = [near(one[2], 10), near(one[3], 10)]
    operation.put(FRAMES, *video("one", one), *video("other", [*other, *shared, *other, one[2]]))
    operation.match()
    rows = operation.rows(SCENES)
    told = {(row["sha256"], row["times"]) for row in rows if row["contents"] > 1}
    assert told == {
        (sha256("one"), "4 s"), (sha256("still"), None),
        (sha256("one"), "2 s"), (sha256("other"), "10 s, 22 s"),
        (sha256("one"), "3 s"), (sha256("other"), "11 s"),
    }  # fmt: skip
    assert all(row["contents"] == 2 and row["distance"] <= 31 for row in rows)


def test_what_only_pictures_or_only_one_video_show_is_no_scene(operation: Operation) -> None:
    operation.put(CONTENTS, content("a", PICTURE), content("b", PICTURE), content("loop"))
    operation.put(FRAMES, *video("loop", clip(1, 12) * 5))
    operation.match()
    assert operation.rows(SCENES) == []
