"""From a worklist to contents, metadata and frames, through the sandbox."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.engine.sandbox import Outcome, SandboxPolicy, SandboxReply
from fairlead.media.examine import ExamineStage, columns_of, examine_file, shared_pool
from fairlead.media.limits import MediaLimits
from fairlead.media.pdq import hash_picture
from fairlead.media.stages import ContentsStage, FramesStage, MetadataStage, WorklistStage
from fairlead.tables.evidence import EXHIBITS, FILES
from fairlead.tables.media import CONTENTS, WORKLIST
from fairlead.terms.errors import ItemError
from tests.media.pictures import dng, encode, exif, png, scene, text_chunk, video


class FolderOpener:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def __call__(self, exhibit: str, locator: str) -> Iterator[int]:
        assert exhibit
        try:
            descriptor = os.open(self.folder / locator, os.O_RDONLY)
        except OSError as problem:
            raise ItemError("gone", "Look for it.", code="TEST-001") from problem
        yield descriptor
        os.close(descriptor)

    def stream_of(self, exhibit: str, locator: str) -> str:
        return ""


def examine(folder: Path, contents: dict[str, bytes], **options: Any) -> dict[str, dict[str, Any]]:
    rows = []
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(name.encode()).hexdigest()
        extension = name.rpartition(".")[2]
        rows.append({"sha256": digest, "size_bytes": len(data), "exhibit": "AB/1", "locator": name} | {
            "extension": extension
        })  # fmt: skip
    stage = ExamineStage(opener=FolderOpener(folder), **options)
    answered = [row for batch in stage.run(iter([WORKLIST.batch(rows)])) for row in batch.to_pylist()]
    assert len(answered) == len(rows)
    return {row["locator"]: row for row in answered}


def test_pictures_are_hashed_as_they_would_be_outside(tmp_path: Path) -> None:
    picture = scene(480, 640)
    contents = {
        f"a.{kind.lower()}": encode(picture, kind)
        for kind in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "JXL", "JPEG2000", "TIFF", "GIF", "BMP")
    }
    rows = examine(tmp_path, contents)
    for name, data in contents.items():
        assert rows[name]["verdict"] == "decoded", name
        assert rows[name]["pdq"] == hash_picture(data).bits
        assert (rows[name]["width"], rows[name]["height"]) == (640, 480)
    assert rows["a.jpeg"]["pdq_pipeline"] == "pdq-full/simplejpeg-256"


def test_every_content_has_its_verdict_and_none_stops_the_others(tmp_path: Path) -> None:
    rows = examine(
        tmp_path,
        {
            "bomb.png": png(width=60_000, height=60_000),
            "cut.webp": encode(scene(300, 300), "WEBP")[:4000],
            "empty.txt": b"",
            "head.png": encode(scene(50, 50), "PNG")[:20],
            "note.txt": b"a plain note\n",
            "odd.svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            "ok.png": encode(scene(50, 50), "PNG"),
        },
    )
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    assert verdicts == {
        "bomb.png": "limit",
        "cut.webp": "damaged",
        "empty.txt": "empty",
        "head.png": "damaged",
        "note.txt": "identified",
        "odd.svg": "unsupported",
        "ok.png": "decoded",
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "GIF", "BMP"])
def test_of_a_file_that_was_cut_what_is_there_is_decoded_and_hashed(tmp_path: Path, kind: str) -> None:
    whole = encode(scene(400, 500), kind)
    row = examine(tmp_path, {"cut.img": whole[: len(whole) * 9 // 10]})["cut.img"]
    assert (row["verdict"], row["error_code"]) == ("partial", "MEDIA-006")
    assert (row["width"], row["height"]) == (500, 400)
    distance = int.from_bytes(row["pdq"], "big") ^ int.from_bytes(hash_picture(whole).bits, "big")
    assert distance.bit_count() < 90  # unrelated pictures are about 128 apart


def test_a_raw_picture_is_developed_and_its_preview_is_not_taken_for_it(tmp_path: Path) -> None:
    grey = scene(200, 320)[:, :, 1].repeat(2, axis=0).repeat(2, axis=1)
    developed = dng(grey.astype(np.uint16) * 200, orientation=6)
    rows = examine(
        tmp_path, {"a.dng": developed, "cut.dng": developed[:9000], "page.tif": encode(scene(60, 60), "TIFF")}
    )
    row = rows["a.dng"]
    assert (row["verdict"], row["media_type"], row["extension_mismatch"]) == (
        "decoded",
        "image/x-adobe-dng",
        False,
    )
    assert (row["width"], row["height"], row["orientation"]) == (320, 200, 6)
    assert row["pdq_pipeline"] == "pdq-full/libraw-half"
    assert row["pdq_quality"] > 50
    assert rows["cut.dng"]["verdict"] == "damaged"
    assert rows["page.tif"]["media_type"] == "image/tiff"


def test_how_a_picture_is_to_be_turned_is_recorded_and_hashes_are_of_the_picture_as_stored(
    tmp_path: Path,
) -> None:
    picture = scene(300, 300)
    turned = encode(picture, "JPEG", exif=exif({0x0112: 8}))
    rows = examine(tmp_path, {"plain.jpg": encode(picture, "JPEG"), "turned.jpg": turned})
    assert [rows[name]["orientation"] for name in ("plain.jpg", "turned.jpg")] == [None, 8]
    assert rows["plain.jpg"]["pdq"] == rows["turned.jpg"]["pdq"]


def test_with_one_process_per_file_every_content_has_a_decoder_of_its_own_and_the_same_answer(
    tmp_path: Path,
) -> None:
    contents = {f"{seed}.png": encode(scene(80, 80, seed), "PNG") for seed in range(3)}
    limits = MediaLimits(deadline_s=59.0)  # a pool of this test's own
    alone = examine(tmp_path, contents, limits=limits, sandbox=SandboxPolicy(one_process_per_file=True))
    assert alone == examine(tmp_path, contents, limits=limits)
    assert shared_pool(limits, 1, SandboxPolicy(one_process_per_file=True)).started == 3
    assert shared_pool(limits, 1).started == 1


def test_a_content_that_cannot_be_read_again_is_unreadable(tmp_path: Path) -> None:
    stage = ExamineStage(opener=FolderOpener(tmp_path))
    row = {"sha256": "0" * 64, "size_bytes": 5, "exhibit": "AB/1", "locator": "gone", "extension": ""}
    answer = next(stage.run(iter([WORKLIST.batch([row])]))).to_pylist()[0]
    assert (answer["verdict"], answer["error_code"]) == ("unreadable", "TEST-001")


def test_a_letterboxed_video_has_the_hashes_of_the_plain_one(tmp_path: Path) -> None:
    moving = [scene(240, 320, seed) for seed in range(3) for _ in range(5)]
    boxed = []
    for frame in moving:
        wide = np.zeros((360, 320, 3), np.uint8)
        wide[64:304] = frame
        boxed.append(wide)
    rows = examine(tmp_path, {"plain.mp4": video(moving), "boxed.mp4": video(boxed)})
    plain, letterboxed = rows["plain.mp4"]["frames"], rows["boxed.mp4"]["frames"]
    assert [frame["time_s"] for frame in plain] == [0.0, 1.0, 2.0]
    for one, other in zip(plain, letterboxed, strict=True):
        distance = int.from_bytes(one["pdq"], "big") ^ int.from_bytes(other["pdq"], "big")
        assert distance.bit_count() <= 31
    assert rows["boxed.mp4"]["duration_s"] == pytest.approx(3.0)
    assert [frame["pdq_whole"] for frame in plain] == [None] * 3
    assert all(frame["pdq_whole"] not in (None, frame["pdq"]) for frame in letterboxed)


def test_with_key_frames_only_fewer_frames_are_decoded_and_the_pipeline_says_so(tmp_path: Path) -> None:
    moving = [scene(240, 320, seed) for seed in range(8) for _ in range(5)]
    fast = examine(tmp_path, {"a.mp4": video(moving)}, limits=MediaLimits(key_frames=True))["a.mp4"]["frames"]
    whole = examine(tmp_path, {"a.mp4": video(moving)})["a.mp4"]["frames"]
    assert 0 < len(fast) < len(whole)
    assert {frame["pdq_pipeline"] for frame in fast} == {"pdq-full/pyav-key"}


def animated(frames: list[np.ndarray], kind: str) -> bytes:
    """Each frame shown for half a second."""
    rest = [Image.fromarray(frame) for frame in frames[1:]]
    return encode(frames[0], kind, save_all=True, append_images=rest, duration=500)


def blocks(seed: int) -> np.ndarray:
    """Black and white fields, which every format keeps."""
    fields = np.random.default_rng(seed).integers(0, 2, (7, 9, 1), dtype=np.uint8) * 255
    return np.kron(fields, np.ones((32, 32, 3), np.uint8))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animated_picture_is_hashed_frame_by_frame_like_a_video(tmp_path: Path, kind: str) -> None:
    shown = [blocks(seed) for seed in range(10)]
    contents = {"moving": animated(shown, kind), "still": encode(shown[0], kind)}
    rows = examine(tmp_path, contents)
    assert rows["still"]["frames"] == []
    frames = rows["moving"]["frames"]
    assert [frame["time_s"] for frame in frames] == [0.0, 0.5, 1.5, 2.0, 2.5, 3.0, 4.0, 4.5]
    assert {frame["pdq_pipeline"] for frame in frames} == {f"pdq-full/pillow-{kind.lower()}-frames"}
    for frame in frames:
        expected = hash_picture(encode(shown[round(frame["time_s"] * 2)], "PNG")).bits
        assert (int.from_bytes(frame["pdq"], "big") ^ int.from_bytes(expected, "big")).bit_count() <= 31


def test_the_border_of_an_animated_picture_is_left_out_as_that_of_a_video(tmp_path: Path) -> None:
    shown = [scene(240, 320, seed) for seed in range(3)]
    boxed = [np.pad(frame, ((40, 40), (0, 0), (0, 0))) for frame in shown]
    rows = examine(tmp_path, {"plain.png": animated(shown, "PNG"), "boxed.png": animated(boxed, "PNG")})
    plain, letterboxed = rows["plain.png"]["frames"], rows["boxed.png"]["frames"]
    assert [frame["pdq"] for frame in plain] == [frame["pdq"] for frame in letterboxed]
    assert all(frame["pdq_whole"] not in (None, frame["pdq"]) for frame in letterboxed)


def test_an_animation_that_is_cut_short_keeps_the_frames_before_the_cut(tmp_path: Path) -> None:
    frames = [scene(120, 160, seed) for seed in range(6)]
    whole = encode(frames[0], "GIF", save_all=True, append_images=[Image.fromarray(f) for f in frames[1:]])
    rows = examine(tmp_path, {"whole.gif": whole, "cut.gif": whole[: len(whole) // 2]})
    assert len(rows["whole.gif"]["frames"]) == 6
    assert len(rows["cut.gif"]["frames"]) < 6


def test_the_tables_of_the_room_come_from_one_examination(tmp_path: Path) -> None:
    data = png(text_chunk("Title", "Plot"))
    examine(tmp_path, {"a.png": data})
    stage = ExamineStage(opener=FolderOpener(tmp_path))
    row = {
        "sha256": "1" * 64,
        "size_bytes": len(data),
        "exhibit": "AB/1",
        "locator": "a.png",
        "extension": "png",
    }
    examined = list(stage.run(iter([WORKLIST.batch([row])])))
    contents = next(ContentsStage().run(iter(examined)))
    assert contents.schema == CONTENTS.schema
    assert contents.to_pylist()[0]["media_type"] == "image/png"
    metadata = next(MetadataStage().run(iter(examined))).to_pylist()
    assert [(m["item"], m["namespace"], m["key"], m["value"]) for m in metadata] == [
        (0, "png-text", "Title", "Plot")
    ]
    assert next(FramesStage().run(iter(examined))).num_rows == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"verdict": "fine"}, {"verdict": "decoded", "pdq": "zz"}, {"verdict": "decoded", "pdq": "00"},
     {"verdict": "decoded", "width": "wide"}, {"verdict": "decoded", "frames": [{"nothing": 1}, 3]}],
)  # fmt: skip
def test_an_answer_that_is_not_one_counts_as_a_crash(body: dict[str, Any]) -> None:
    assert columns_of(SandboxReply(outcome=Outcome.OK, body=body))["verdict"] == "crashed"


def test_settings_are_part_of_the_version(tmp_path: Path) -> None:
    opener = FolderOpener(tmp_path)
    changed = ExamineStage(opener=opener, limits=MediaLimits(frames=5))
    assert ExamineStage(opener=opener).version != changed.version


def test_a_loose_file_is_examined_without_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encode(scene(50, 50), "PNG"))
    row = examine_file(tmp_path / "a.jpg")
    assert (row["media_type"], row["extension_mismatch"]) == ("image/png", True)
    with pytest.raises(ItemError):
        examine_file(tmp_path / "gone")


def worklist(tmp_path: Path, exhibits: list[str], files: list[tuple[str, str, str]]) -> dict[str, pa.Table]:
    store = PartStore(tmp_path)
    listed = [{"exhibit": name, "sequence": number} for number, name in enumerate(exhibits, 1)]
    store.write(EXHIBITS, "part-1.parquet", [EXHIBITS.batch(listed)])
    rows = [
        {"exhibit": exhibit, "locator": f"path:{path}", "path": path, "verdict": "read", "sha256": sha256}
        for exhibit, path, sha256 in files
    ]
    store.write(FILES, "part-1.parquet", [FILES.batch(rows)])
    return dict(WorklistStage().gather(Catalogue(store)))


def test_a_new_exhibit_leaves_the_worklists_of_earlier_ones_alone(tmp_path: Path) -> None:
    first = [("AB/1", "x/a.JPG", "1" * 64), ("AB/1", "b", "2" * 64), ("AB/1", "a.jpg", "1" * 64)]
    alone = worklist(tmp_path / "1", ["AB/1"], first)
    both = worklist(
        tmp_path / "2", ["AB/1", "AA/2"], [*first, ("AA/2", "c", "1" * 64), ("AA/2", "d.x", "0" * 64)]
    )
    assert alone["AB/1"].equals(both["AB/1"])
    assert both["AA/2"].column("sha256").to_pylist() == ["0" * 64]
    assert alone["AB/1"].column("locator").to_pylist() == ["path:a.jpg", "path:b"]
    assert alone["AB/1"].column("extension").to_pylist() == ["jpg", ""]


def test_one_answer_with_values_that_fit_no_column_costs_that_content_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TakenOver:
        def map(self, jobs: Any) -> Iterator[SandboxReply]:
            for number, _ in enumerate(jobs):
                width: Any = "wide" if number == 1 else 10
                yield SandboxReply(outcome=Outcome.OK, body={"verdict": "decoded", "width": width})

    monkeypatch.setattr("fairlead.media.examine.shared_pool", lambda *_, **__: TakenOver())
    rows = examine(tmp_path, {f"{n}.png": b"x" for n in range(3)})
    assert [row["verdict"] for row in rows.values()] == ["decoded", "crashed", "decoded"]
    assert rows["1.png"]["detail"] == "answer out of bounds"
