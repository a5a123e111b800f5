"""Whether a picture went into what a machine made is read from how nodes are joined, and from settings, never from words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.provenance.graphs import takes_a_picture_in
from tests.provenance.formats import png, text_chunk
from tests.provenance.samples import A1111
from tests.provenance.test_signals import weigh

Graph = dict[str, dict[str, object]]

MODEL: Graph = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "seaside.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["1", 1]}},
}
END: Graph = {
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["7", 0], "vae": ["1", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
}


def sampler(latent: str, positive: str = "2", model: str = "1", denoise: float = 0.4) -> dict[str, object]:
    inputs = {
        "seed": 3, "denoise": denoise, "latent_image": [latent, 0], "positive": [positive, 0], "negative": ["2", 0],
        "model": [model, 0],
    }  # fmt: skip
    return {"class_type": "KSampler", "inputs": inputs}


def loader(name: str) -> dict[str, object]:
    return {"class_type": name, "inputs": {"data": "harbour.png"}}


EMPTY = {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512}}
FROM_WORDS: Graph = {**MODEL, "5": EMPTY, "7": sampler("5"), **END}
NAMES = (
    "LoadImage",
    "ETN_LoadImageBase64",
    "VHS_LoadImages",
    "Image From URL",
    "Zorp 7",
    "ClipboardImage",
    "ReceiveWebcam",
)


def encoded(name: str) -> Graph:
    encoder = {"class_type": "VAEEncode", "inputs": {"pixels": ["4", 0], "vae": ["1", 2]}}
    return {**MODEL, "4": loader(name), "5": encoder, "7": sampler("5"), **END}


def resized(name: str) -> Graph:
    scale = {"class_type": "ImageScale", "inputs": {"image": ["4", 0], "width": 512}}
    encoder = {"class_type": "VAEEncode", "inputs": {"pixels": ["6", 0], "vae": ["1", 2]}}
    return {**MODEL, "4": loader(name), "6": scale, "5": encoder, "7": sampler("5"), **END}


def controlled(name: str) -> Graph:
    net = {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "depth.safetensors"}}
    apply = {
        "class_type": "ControlNetApply",
        "inputs": {"conditioning": ["2", 0], "control_net": ["3", 0], "image": ["4", 0]},
    }
    return {
        **MODEL,
        "3": net,
        "4": loader(name),
        "6": apply,
        "5": EMPTY,
        "7": sampler("5", positive="6"),
        **END,
    }


def adapted(name: str) -> Graph:
    adapter = {
        "class_type": "IPAdapterAdvanced",
        "inputs": {"model": ["1", 0], "image": ["4", 0], "weight": 0.8},
    }
    return {**MODEL, "4": loader(name), "6": adapter, "5": EMPTY, "7": sampler("5", model="6"), **END}


def inpainted(name: str) -> Graph:
    paint = {
        "class_type": "VAEEncodeForInpaint",
        "inputs": {"pixels": ["4", 0], "mask": ["4", 1], "vae": ["1", 2]},
    }
    return {**MODEL, "4": loader(name), "5": paint, "7": sampler("5", denoise=1.0), **END}


def named_by_another_node(name: str) -> Graph:
    told = {"class_type": "PrimitiveString", "inputs": {"value": "harbour.png"}}
    return {**encoded(name), "3": told, "4": {"class_type": name, "inputs": {"path": ["3", 0]}}}


def with_another_face(name: str) -> Graph:
    swap = {"class_type": "ReActorFaceSwapOpt", "inputs": {"input_image": ["8", 0], "source_image": ["4", 0]}}
    save = {"class_type": "SaveImage", "inputs": {"images": ["6", 0]}}
    return {**FROM_WORDS, "4": loader(name), "6": swap, "9": save}


@pytest.mark.parametrize(
    "made", [encoded, resized, controlled, adapted, inpainted, named_by_another_node, with_another_face]
)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_that_goes_in_is_seen_whatever_its_loader_is_called(made, name: str) -> None:
    assert takes_a_picture_in(json.dumps(made(name)))
    assert takes_a_picture_in(json.dumps({"prompt": made(name)}))


def measured_only() -> Graph:
    size = {"class_type": "GetImageSize", "inputs": {"image": ["4", 0]}}
    empty = {"class_type": "EmptyLatentImage", "inputs": {"width": ["6", 0], "height": ["6", 1]}}
    return {**FROM_WORDS, "4": loader("Zorp 7"), "6": size, "5": empty}


def enlarged() -> Graph:
    model = {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "x4.pth"}}
    scale = {"class_type": "ImageUpscaleWithModel", "inputs": {"upscale_model": ["3", 0], "image": ["8", 0]}}
    return {
        **FROM_WORDS,
        "3": model,
        "6": scale,
        "9": {"class_type": "SaveImage", "inputs": {"images": ["6", 0]}},
    }


def shown_beside() -> Graph:
    return {
        **FROM_WORDS,
        "4": loader("Zorp 7"),
        "6": {"class_type": "PreviewImage", "inputs": {"images": ["4", 0]}},
    }


@pytest.mark.parametrize("graph", [FROM_WORDS, enlarged(), measured_only(), shown_beside()])
def test_what_was_made_of_words_alone_takes_no_picture_in(graph: Graph) -> None:
    assert not takes_a_picture_in(json.dumps(graph))


def drawn(name: str, kind: str, mode: int = 0) -> str:
    nodes = [
        {"id": 1, "type": name, "mode": mode, "inputs": [], "outputs": [{"type": kind, "links": [5]}]},
        {"id": 2, "type": "Anything", "inputs": [{"type": kind, "link": 5}], "outputs": []},
    ]
    return json.dumps({"last_node_id": 2, "nodes": nodes, "links": []})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["IMAGE", "MASK"])
def test_in_a_drawn_graph_what_gives_a_picture_and_is_fed_by_none_has_it_from_outside(
    name: str, kind: str
) -> None:
    assert takes_a_picture_in(drawn(name, kind))
    assert takes_a_picture_in(
        json.dumps({"nodes": [], "definitions": {"subgraphs": [json.loads(drawn(name, kind))]}})
    )
    assert not takes_a_picture_in(drawn(name, kind, mode=2))
    assert not takes_a_picture_in(drawn("EmptyImage", kind))
    assert not takes_a_picture_in(drawn(name, "MODEL"))


def test_a_graph_that_runs_in_a_circle_made_no_picture_and_is_looked_at_first() -> None:
    circle = {"class_type": "Anything", "inputs": {"image": ["8", 0]}}
    encoder = {"class_type": "VAEEncode", "inputs": {"pixels": ["4", 0], "vae": ["1", 2]}}
    assert takes_a_picture_in(json.dumps({**MODEL, "4": circle, "5": encoder, "7": sampler("5"), **END}))


@pytest.mark.parametrize("text", ['{"1": {"class_type": "KSampler", "inp', "{" * 100_000])
def test_a_graph_that_cannot_be_read_whole_is_looked_at_first(text: str) -> None:
    assert takes_a_picture_in(text)


@pytest.mark.parametrize(
    ("prompt", "settings", "derived"),
    [
        ("x Hires upscale photo", "Denoising strength: 0.4, ", True),
        ("Steps: 5, Hires upscale", "Denoising strength: 0.4, ", True),
        ("a lighthouse", 'Denoising strength: 0.4, Template: "Hires upscale: 2", ', True),
        ("a lighthouse", "Denoising strength: 0.4, Hires upscale: 2, ", False),
        ("Denoising strength: 0.4, Inpaint area: all", "", False),
        ("a lighthouse", 'Wildcard prompt: "Mask blur: 4", ', False),
        ("a lighthouse", "Mask blur: 4, Denoising strength: 0.75, ", True),
    ],
)
def test_settings_say_that_a_picture_went_in_and_the_words_of_a_prompt_never_do(
    tmp_path: Path, prompt: str, settings: str, derived: bool
) -> None:
    text = f"{prompt}\n" + A1111.rpartition("\n")[2].replace("Size:", f"{settings}Size:")
    answer = weigh(tmp_path, png(text_chunk("parameters", text)))
    assert answer["derived_from_picture"] is derived
    assert answer["queue_rank"] == (1 if derived else 4)
