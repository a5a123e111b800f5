"""Folder, zip and disk image, from the walk to the weighed origin of every picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.evidence.exhibits import detect_kind
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.stages import DigestStage, WalkStage, source_of
from fairlead.media.examine import ExamineStage
from fairlead.media.stages import ContentsStage, MetadataStage, WorklistStage
from fairlead.provenance.stages import SignalStage, WeighStage
from fairlead.provenance.trace_stage import TraceStage
from fairlead.provenance.trust import Trust
from fairlead.tables.evidence import EXHIBITS
from tests.evidence.build import ext4_image, zip_of
from tests.media.pictures import encode, png, scene, text_chunk
from tests.provenance.samples import A1111, make_authority


def run_everything(store: PartStore, exhibits: list[Path], anchors: str) -> Catalogue:
    rows = [
        {"exhibit": f"AB/{n}", "sequence": n, "kind": detect_kind(path).value, "path": str(path)}
        for n, path in enumerate(exhibits, 1)
    ]
    sources = tuple(source_of(row) for row in rows)
    opener = ExhibitOpener(sources=sources)
    store.write(EXHIBITS, "part-1.parquet", [EXHIBITS.batch(rows)])
    for stage in (
        WalkStage(),
        DigestStage(sources=sources),
        WorklistStage(),
        ExamineStage(opener=opener),
        ContentsStage(),
        MetadataStage(),
        TraceStage(opener=opener),
        SignalStage(opener=opener, trust=Trust(anchors=anchors)),
        WeighStage(),
    ):
        if isinstance(stage, WorklistStage | WeighStage):
            for place, (_, table) in enumerate(stage.gather(Catalogue(store))):
                store.write(stage.writes, f"part-{place}.parquet", table.to_batches())
        else:
            store.write(stage.writes, "part-1.parquet", stage.run(iter(batches_of(store.read(stage.reads)))))
    return Catalogue(store)


def batches_of(table: pa.Table) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = table.to_batches(max_chunksize=7)
    return batches


def test_three_exhibits_end_with_one_verdict_per_file_and_one_origin_per_picture(tmp_path: Path) -> None:
    authority = make_authority("Known")
    plain = [encode(scene(90, 120, seed), "JPEG") for seed in range(4)]
    generated = png(text_chunk("parameters", A1111))
    signed = authority.sign(encode(scene(64, 64, 9), "JPEG"), "trainedAlgorithmicMedia")
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in {"0.jpg": plain[0], "copy.jpg": plain[0], "g.png": generated, "n.txt": b"note"}.items():
        (folder / name).write_bytes(data)
    archive = tmp_path / "a.zip"
    archive.write_bytes(zip_of({"0.jpg": plain[0], "1.jpg": plain[1], "cut.jpg": plain[2][:900]}))
    image = ext4_image(
        tmp_path / "d.img",
        {"www/3.jpg": plain[3], "www/signed.jpg": signed, "gone.jpg": plain[2]},
        deleted=["gone.jpg"],
    )
    catalogue = run_everything(PartStore(tmp_path / "t"), [folder, archive, image], authority.certificate)

    def value(sql: str) -> Any:
        return catalogue.scalar(sql)

    assert value("SELECT count(*) FROM files WHERE verdict <> 'not_examined'") == 10
    assert value("SELECT count(*) FROM files WHERE verdict = 'read'") == 10
    assert value("SELECT count(*) FROM contents") == 8
    assert value("SELECT count(*) FROM contents WHERE verdict = 'decoded'") == 6
    assert value("SELECT count(*) FROM contents WHERE verdict = 'partial'") == 1
    assert value("SELECT count(*) FROM files WHERE allocation = 'deleted'") == 1
    origins = {row["conclusion"]: row["n"] for row in catalogue.rows(
        "SELECT conclusion, count(*) n FROM origins_of GROUP BY ALL")}  # fmt: skip
    assert origins == {"nothing_found": 5, "generated": 2}
