"""What a file says about its origin, and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.media.examine import examine_file
from fairlead.provenance.declared import generator_rules, parse_rules
from fairlead.provenance.file import weigh_file
from fairlead.terms.provenance import Finding
from tests.media.pictures import chunk, encode, exif, png, scene, text_chunk
from tests.provenance.samples import A1111, COMFY, COMFY_FROM_PICTURE, SOURCE_TYPE, make_authority, xmp

CAMERA_TAGS = {0x010F: "Example Optics", 0x0110: "EO-1", 0x0132: "2024:05:06 07:08:09"}
EXPOSURE: dict[int, object] = {0x829A: 0.01, 0x829D: 2.8, 0x8827: 100, 0x9003: "2024:05:06 07:08:09"}


def weigh(folder: Path, data: bytes, **options: Any) -> dict[str, Any]:
    path = folder / "picture"
    path.write_bytes(data)
    return weigh_file(path, examine_file(path), **options)


def xmp_png(properties: dict[str, str]) -> bytes:
    return png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(properties).encode()))


def user_comment(text: str) -> bytes:
    return encode(scene(16, 16), "JPEG", exif=exif({}, user_comment=b"UNICODE\0" + text.encode("utf-16-be")))


DECLARED = {
    "A1111 in PNG": (png(text_chunk("parameters", A1111)), "Stable Diffusion web UI"),
    "A1111 in JPEG": (user_comment(A1111), "Stable Diffusion web UI"),
    "ComfyUI": (png(text_chunk("prompt", COMFY)), "ComfyUI"),
    "ComfyUI workflow": (png(text_chunk("workflow", '{"last_node_id": 9, "nodes": []}')), "ComfyUI"),
    "ComfyUI in WebP": (encode(scene(16, 16), "WEBP", exif=exif({0x0110: "prompt:" + COMFY})), "ComfyUI"),
    "SwarmUI": (png(text_chunk("parameters", '{"sui_image_params": {"model": "x"}}')), "SwarmUI"),
    "Fooocus": (png(text_chunk("fooocus_scheme", "fooocus")), "Fooocus"),
    "InvokeAI": (png(text_chunk("invokeai_metadata", '{"app_version": "5.1.0"}')), "InvokeAI: 5.1.0"),
    "NovelAI": (png(text_chunk("Software", "NovelAI")), "NovelAI"),
    "Midjourney": (
        png(text_chunk("Description", "a pier --v 6.1 Job ID: 01234567-89ab-cdef-0123-456789abcdef")),
        "Midjourney: 6.1",
    ),
    "Draw Things": (xmp_png({"xmp:CreatorTool": "Draw Things"}), "Draw Things"),
    "Google": (xmp_png({"photoshop:Credit": "Made with Google AI"}), "Google AI"),
    "Ideogram": (encode(scene(16, 16), "JPEG", exif=exif({0x010F: "Ideogram AI"})), "Ideogram"),
    "Grok": (encode(scene(16, 16), "JPEG", exif=exif({0x010E: "Signature: " + "A" * 80})), "Grok"),
    "TC260": (xmp_png({"TC260:AIGC": '{"Label":"1","ContentProducer":"0011X"}'}), "0011X"),
    "IPTC AI system": (xmp_png({"Iptc4xmpExt:AISystemUsed": "Example Painter"}), "Example Painter"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declaration_is_read(tmp_path: Path, name: str) -> None:
    data, tool = DECLARED[name]
    answer = weigh(tmp_path, data)
    assert answer["conclusion"] == "declared_machine_unsigned"
    assert any(tool in (signal["tool"] or "") for signal in answer["signals"])
    assert not answer["derived_from_picture"]


def test_prompt_text_never_leaves_the_metadata(tmp_path: Path) -> None:
    answer = weigh(tmp_path, png(text_chunk("parameters", A1111), text_chunk("prompt", COMFY)))
    assert "lighthouse" not in str(answer)
    assert "fog" not in str(answer)


@pytest.mark.parametrize(
    "data",
    [
        png(text_chunk("prompt", COMFY_FROM_PICTURE)),
        png(text_chunk("workflow", '{"nodes": [{"type": "LoadImage"}]}')),
        png(text_chunk("parameters", A1111 + ", Denoising strength: 0.4")),
        png(text_chunk("parameters", A1111 + ", Mask blur: 4")),
        png(text_chunk("invokeai_metadata", '{"generation_mode": "sdxl_img2img"}')),
        png(text_chunk("parameters", '{"sui_image_params": {"initimagecreativity": 0.5}}')),
        xmp_png({"Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "compositeWithTrainedAlgorithmicMedia"}),
    ],
)
def test_a_picture_as_input_is_told_apart(tmp_path: Path, data: bytes) -> None:
    answer = weigh(tmp_path, data)
    assert answer["derived_from_picture"]
    assert answer["conclusion"] == "declared_machine_unsigned"


def test_enlarging_the_own_result_is_not_another_picture(tmp_path: Path) -> None:
    text = A1111 + ", Denoising strength: 0.4, Hires upscale: 2"
    assert not weigh(tmp_path, png(text_chunk("parameters", text)))["derived_from_picture"]


@pytest.mark.parametrize(
    "data",
    [
        png(),
        png(after=text_chunk("parameters", A1111)),
        png(text_chunk("Comment", "Steps: 20, Sampler: Euler")),
        png(text_chunk("Software", "Example Paint")),
        encode(scene(16, 16), "JPEG", comment=A1111.encode()),
        encode(scene(16, 16), "JPEG", exif=exif({0x010F: "Example Optics", 0x0110: "EO-1"})),
        xmp_png({"Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "screenCapture"}),
    ],
)
def test_what_is_no_mark_of_origin_gives_nothing(tmp_path: Path, data: bytes) -> None:
    assert weigh(tmp_path, data)["conclusion"] == "nothing_found"


def test_a_consistent_camera_record_is_a_weak_trace(tmp_path: Path) -> None:
    answer = weigh(tmp_path, encode(scene(16, 16), "JPEG", exif=exif(CAMERA_TAGS, exposure=EXPOSURE)))
    assert answer["conclusion"] == "camera_traces"
    assert answer["signals"][0]["strength"] == "weak support"


def test_a_machine_claim_on_a_camera_picture_is_a_conflict(tmp_path: Path) -> None:
    block = exif(CAMERA_TAGS, exposure=EXPOSURE, user_comment=b"ASCII\0\0\0" + A1111.encode())
    answer = weigh(tmp_path, encode(scene(16, 16), "JPEG", exif=block))
    assert answer["conclusion"] == "conflict"
    assert answer["grounds"]
    assert answer["contradictions"]


def test_a_signature_weighs_by_who_signed(tmp_path: Path) -> None:
    trusted, stranger = make_authority("Known"), make_authority("Stranger")
    picture = encode(scene(64, 64), "JPEG")
    signed = trusted.sign(picture, "trainedAlgorithmicMedia")
    assert weigh(tmp_path, signed, anchors=trusted.certificate)["conclusion"] == "declared_machine_signed"
    assert weigh(tmp_path, signed)["conclusion"] == "declared_machine_unsigned"
    foreign = stranger.sign(picture, "digitalCapture")
    answer = weigh(tmp_path, foreign, anchors=trusted.certificate)
    assert answer["conclusion"] == "camera_traces"
    assert answer["signals"][0]["signed"]
    assert answer["signals"][0]["strength"] == "weak support"
    own = weigh(tmp_path, trusted.sign(picture, "digitalCapture"), anchors=trusted.certificate)
    assert own["conclusion"] == "declared_camera_signed"


def test_a_changed_pixel_breaks_the_manifest(tmp_path: Path) -> None:
    authority = make_authority("Known")
    signed = bytearray(authority.sign(encode(scene(64, 64), "JPEG"), "trainedAlgorithmicMedia"))
    signed[-200] ^= 1
    answer = weigh(tmp_path, bytes(signed), anchors=authority.certificate)
    assert answer["conclusion"] == "nothing_found"
    assert not answer["signals"][0]["signed"]
    assert "dataHash.mismatch" in answer["signals"][0]["detail"]


def test_a_manifest_of_garbage_is_noted_and_weighs_nothing(tmp_path: Path) -> None:
    answer = weigh(tmp_path, png(chunk(b"caBX", bytes(range(200)))))
    assert answer["conclusion"] == "nothing_found"
    assert [signal["kind"] for signal in answer["signals"]] == ["c2pa"]


def test_every_rule_has_its_source_and_a_typing_error_is_found() -> None:
    assert all(rule.source and rule.keys for rule in generator_rules())
    assert len({rule.id for rule in generator_rules()}) == len(generator_rules())
    with pytest.raises(ValueError, match="patern"):
        parse_rules("[[rule]]\nid='x'\nname='X'\nnamespaces=[]\nkeys=[]\nsource='s'\npatern='y'")


def test_every_signal_says_how_it_could_be_wrong(tmp_path: Path) -> None:
    for data, _ in DECLARED.values():
        for signal in weigh(tmp_path, data)["signals"]:
            assert signal["caveat"]
            assert signal["finding"] in list(Finding)
