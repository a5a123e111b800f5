"""Pictures joined to model files, source files and each other, over tables and made-up files."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import blake3
import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.facts import find_facts, layout_of, name_of
from fairlead.provenance.links import AssessedActsStage, LinksStage
from fairlead.provenance.signal import Item
from fairlead.provenance.tool_reading import handle
from fairlead.provenance.tools import columns_of
from fairlead.tables.evidence import FILES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ASSESSED_ACTS, GENERATION_FACTS, GENERATION_LINKS, TOOL_FILES
from fairlead.training.tools import make_checkpoint, make_lora
from tests.provenance.samples import A1111, COMFY

AT = datetime(2025, 3, 4, tzinfo=UTC)


def read(path: Path, data: bytes) -> dict[str, Any]:
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return handle({}, [descriptor])
    finally:
        os.close(descriptor)


def test_every_digest_by_which_generators_name_a_file_is_taken_in_one_pass(tmp_path: Path) -> None:
    tool = make_checkpoint(3)
    answer = read(tmp_path / "m", tool.data)
    body = tool.data[8 + struct.unpack("<Q", tool.data[:8])[0] :]
    assert answer["format"] == "safetensors"
    assert answer["role"] == "checkpoint"
    assert answer["autov1"] == hashlib.sha256(tool.data[0x100000:0x110000]).hexdigest()[:8]
    assert answer["autov2"] == hashlib.sha256(tool.data).hexdigest()[:10] == tool.model_hash
    assert answer["autov3"] == hashlib.sha256(body).hexdigest()[:12]
    assert answer["blake3"] == blake3.blake3(tool.data).hexdigest()


def test_a_lora_says_what_it_was_trained_on() -> None:
    lora = make_lora(3)
    assert (
        lora.lora_hash
        == hashlib.sha256(lora.data[8 + struct.unpack("<Q", lora.data[:8])[0] :]).hexdigest()[:12]
    )


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"GGUF" + bytes(2000), "gguf"),
        (b"PK\x03\x04" + bytes(2000), "pickle-zip"),
        (b"\x80\x02" + bytes(2000), "pickle"),
        (struct.pack("<Q", 10_000_000) + b"{" + bytes(2000), ""),
        (struct.pack("<Q", 100) + b"{" + b"x" * 2000, "safetensors"),
        (b"GGUF", ""),
        (b"plain words " * 200, ""),
        (b"", ""),
    ],
)
def test_formats_are_told_by_their_first_bytes_and_broken_headers_cost_nothing(
    tmp_path: Path, data: bytes, form: str
) -> None:
    assert read(tmp_path / "m", data)["format"] == form


def test_an_answer_of_the_worker_is_bounded_before_it_is_kept() -> None:
    untrusted = {
        "format": "safetensors",
        "output_name": "a\nb" * 500,
        "trained_pictures": "x",
        "trained_at": "1e99",
    }
    columns = columns_of(SandboxReply(outcome=Outcome.OK, body=untrusted))
    assert columns is not None
    assert len(columns["output_name"]) <= 120
    assert columns["trained_pictures"] is columns["trained_at"] is None
    assert columns_of(SandboxReply(outcome=Outcome.TIMEOUT)) is None


def item(key: str, value: str) -> Item:
    return Item(namespace="png-text", key=key, value=value, offset=10, length=len(value))


def test_facts_are_names_and_digests_and_never_a_prompt() -> None:
    text = A1111 + ', Lora hashes: "boats: abcdef012345, sails v2: 0123456789ab"'
    facts = {(f.fact, f.value) for f in find_facts([item("parameters", text), item("prompt", COMFY)])}
    assert {("model_hash", "0123456789"), ("lora", "boats"), ("lora_hash", "abcdef012345"), ("lora", "sails v2"),
            ("lora_hash", "0123456789ab"), ("model", "seaside"), ("seed", "42"), ("seed", "1")} <= facts  # fmt: skip
    assert not any("lighthouse" in value for _, value in facts)


def test_a_layout_is_the_same_whatever_the_settings_and_differs_with_the_nodes() -> None:
    graph = {str(k): {"class_type": name, "inputs": {"seed": k}} for k, name in enumerate(("A", "B", "C"))}
    same = {k: {**node, "inputs": {"seed": 99, "text": "a pier"}} for k, node in graph.items()}
    assert layout_of(json.dumps(graph)) == layout_of("prompt:" + json.dumps(same)) != ""
    assert layout_of(json.dumps({**graph, "9": {"class_type": "D"}})) != layout_of(json.dumps(graph))
    for text in ("", "{", "[]", "{}", "[" * 100_000, '{"a": {"class_type": "A"}}'):
        assert layout_of(text) == ""


def test_names_are_compared_without_folder_ending_and_case() -> None:
    assert name_of("sub\\\\Seaside_V1.safetensors") == name_of("models/seaside_v1.ckpt") == "seaside_v1"


def facts(sha256: str, **values: str) -> list[dict[str, Any]]:
    return [
        {"sha256": sha256, "fact_number": n, "fact": fact.rstrip("_"), "value": value, "rule": "r"}
        for n, (fact, value) in enumerate(values.items())
    ]


def linked(
    folder: Path, rows: list[dict[str, Any]], tools: list[dict[str, Any]], files: dict[str, tuple[str, str]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    store = PartStore(folder)
    store.write(GENERATION_FACTS, "part-1.parquet", [GENERATION_FACTS.batch(rows)])
    store.write(TOOL_FILES, "part-1.parquet", [TOOL_FILES.batch(tools)])
    store.write(
        FILES,
        "part-1.parquet",
        [
            FILES.batch(
                {
                    "exhibit": exhibit,
                    "locator": str(n),
                    "path": path,
                    "sha256": sha256,
                    "verdict": "read",
                    "modified_at": AT,
                }
                for n, (sha256, (exhibit, path)) in enumerate(files.items())
            )
        ],
    )
    contents = [
        {"sha256": s, "family": "picture" if not p.endswith("safetensors") else "other", "verdict": "decoded"}
        for s, (_, p) in files.items()
    ]
    store.write(CONTENTS, "part-1.parquet", [CONTENTS.batch(contents)])
    for stage in (LinksStage(), AssessedActsStage()):
        for place, (_, table) in enumerate(stage.gather(Catalogue(store))):
            store.write(stage.writes, f"part-{place}.parquet", table.to_batches())
    return store.read(GENERATION_LINKS).to_pylist(), store.read(ASSESSED_ACTS).to_pylist()


def tool(sha256: str, **digests: str) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "exhibit": "AB/1",
        "locator": "x",
        "format": "safetensors",
        "role": "checkpoint",
        **digests,
    }


def test_a_picture_is_joined_to_the_file_whose_digest_it_names_and_to_no_other(tmp_path: Path) -> None:
    model = "f" * 64
    tools = [
        tool(model, autov1="11111111", autov2="ffffffffff", autov3="222222222222", blake3="b" * 64),
        tool("e" * 64, autov2="eeeeeeeeee"),
    ]
    files = {
        model: ("AB/1", "m/sea.safetensors"),
        "a1": ("AB/1", "1.png"),
        "a2": ("AB/1", "2.png"),
        "a3": ("AB/2", "3.png"),
        "a4": ("AB/2", "4.png"),
    }
    rows = [
        *facts("a1", model_hash="ffffffffff"),
        *facts("a2", lora_hash="222222222222"),
        *facts("a3", model_hash="b" * 64),
        *facts("a4", model_hash="1234567890"),
    ]
    links, acts = linked(tmp_path, rows, tools, files)
    joined = {(link["sha256"], link["other"]) for link in links if link["kind"] == "model_file"}
    assert joined == {("a1", model), ("a2", model), ("a3", model)}
    kinds = {(act["kind"], act["exhibit"], act["pictures"]) for act in acts}
    assert kinds == {("possess_tool", "AB/1", 3), ("produce", "AB/1", 2)}
    assert all(act["limits"] and act["grounds"] for act in acts)


def test_a_name_alone_is_a_weaker_join_and_a_digest_takes_its_place(tmp_path: Path) -> None:
    model = "f" * 64
    files = {model: ("AB/1", "m/Sea.safetensors"), "a1": ("AB/1", "1.png"), "a2": ("AB/1", "2.png")}
    rows = [*facts("a1", model="sea"), *facts("a2", model="sea", model_hash="ffffffffff")]
    links, _ = linked(tmp_path, rows, [tool(model, autov2="ffffffffff")], files)
    assert {(link["kind"], link["sha256"]) for link in links if link["other"]} == {
        ("model_name", "a1"),
        ("model_file", "a2"),
    }


def test_a_source_picture_counts_on_the_same_exhibit_only(tmp_path: Path) -> None:
    files = {"a1": ("AB/1", "out/1.png"), "a2": ("AB/2", "2.png"), "s": ("AB/1", "in/IMG_7.JPG")}
    rows = [*facts("a1", source_file="img_7.jpg"), *facts("a2", source_file="img_7.jpg")]
    links, _ = linked(tmp_path, rows, [], files)
    assert [(link["kind"], link["sha256"], link["other"]) for link in links] == [("source_file", "a1", "s")]
    assert "Names like" in links[0]["limit"]


def test_seeds_that_follow_each_other_in_one_model_make_a_chain(tmp_path: Path) -> None:
    rows = [
        row
        for n, seed in enumerate(("100", "101", "102", "500"))
        for row in facts(f"a{n}", seed=seed, model_hash="cccccccccc")
    ]
    rows += facts("b1", seed="103", model_hash="dddddddddd")
    links, _ = linked(tmp_path, rows, [], {})
    chain = {link["sha256"]: link["size"] for link in links if link["kind"] == "seed_chain"}
    assert chain == {"a0": 3, "a1": 3, "a2": 3}


def test_the_default_prefix_joins_nothing(tmp_path: Path) -> None:
    rows = [
        *facts("a1", prefix="ComfyUI"),
        *facts("a2", prefix="ComfyUI"),
        *facts("a3", prefix="boats"),
        *facts("a4", prefix="boats"),
    ]
    links, _ = linked(tmp_path, rows, [], {})
    assert {(link["kind"], link["sha256"]) for link in links} == {
        ("file_prefix", "a3"),
        ("file_prefix", "a4"),
    }


def test_of_many_files_on_one_exhibit_each_is_joined_to_its_own_source(tmp_path: Path) -> None:
    count = 10_000
    store = PartStore(tmp_path)
    found = [
        {"exhibit": "AB/1", "locator": f"member:{n}:p{n}.jpg", "path": f"p{n}.jpg", "path_bytes": b"x", "verdict": "read",
         "sha256": f"{n:064x}", "read_bytes": 9, "allocation": "live"}
        for n in range(count)
    ]  # fmt: skip
    store.write(FILES, "part-1.parquet", [FILES.batch(found)])
    rows = [
        {"sha256": row["sha256"], "exhibit": "AB/1", "locator": row["locator"], "family": "picture", "verdict": "decoded"}
        for row in found
    ]  # fmt: skip
    store.write(CONTENTS, "part-1.parquet", [CONTENTS.batch(rows)])
    store.write(TOOL_FILES, "part-1.parquet", [TOOL_FILES.batch([])])
    said = [fact for n in range(0, count, 2) for fact in facts(f"{n:064x}", source_file=f"p{n + 1}.jpg")]
    for given in ([], said):
        store.write(GENERATION_FACTS, "part-1.parquet", [GENERATION_FACTS.batch(given)])
        catalogue = Catalogue(store, frugal=True)
        try:
            tables = [table for _, table in LinksStage().gather(catalogue)]
        finally:
            catalogue.close()
        links = [row for table in tables for row in table.to_pylist() if row["kind"] == "source_file"]
        assert len(links) == len(given)
        assert all(int(row["other"], 16) == int(row["sha256"], 16) + 1 for row in links)
