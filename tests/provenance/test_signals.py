"""What a file says about its origin, and what it does not."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.media.examine import examine_file
from fairlead.provenance.file import weigh_file
from fairlead.provenance.generators import generator_rules, parse_rules
from fairlead.provenance.pixels.generator_signature import check_signature, settings_of
from fairlead.provenance.trust import Product, Trust
from fairlead.terms.provenance import Finding
from tests.media.pictures import chunk, encode, exif, png, scene, text_chunk
from tests.provenance.formats import (
    NOVEL,
    Sample,
    format_table,
    novelai_png,
    public_key,
    samples,
    with_segment,
    xmp_png,
)
from tests.provenance.samples import A1111, COMFY, SOURCE_TYPE, make_authority

CAMERA_TAGS = {0x010F: "Example Optics", 0x0110: "EO-1", 0x0132: "2024:05:06 07:08:09"}
EXPOSURE: dict[int, object] = {0x829A: 0.01, 0x829D: 2.8, 0x8827: 100, 0x9003: "2024:05:06 07:08:09"}
SAMPLES = samples()


def weigh(folder: Path, data: bytes, **options: Any) -> dict[str, Any]:
    path = folder / "picture"
    path.write_bytes(data)
    return weigh_file(path, examine_file(path), **options)


def states(answer: dict[str, Any]) -> set[str]:
    return {f"{signal['kind']}.{signal['state']}" for signal in answer["signals"]}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_declaration_is_read_in_its_container(tmp_path: Path, sample: Sample) -> None:
    answer = weigh(tmp_path, sample.data)
    assert answer["conclusion"] == ("derived_from_picture" if sample.derived else "generated")
    assert answer["derived_from_picture"] is sample.derived
    assert any(sample.tool in (signal["tool"] or "") for signal in answer["signals"])
    assert answer["queue_rank"] == (1 if sample.derived else 4)
    for signal in answer["signals"]:
        assert signal["caveat"]
        assert signal["forgery"]
        assert signal["source"]
        assert signal["finding"] in list(Finding)
        if signal["kind"] == "generator_metadata":
            assert 0 <= signal["offset"] < signal["offset"] + signal["length"] <= len(sample.data)


def test_prompt_text_never_leaves_the_metadata(tmp_path: Path) -> None:
    for sample in SAMPLES:
        assert "lighthouse" not in json.dumps(weigh(tmp_path, sample.data)), sample.name


def test_enlarging_the_own_result_is_not_another_picture(tmp_path: Path) -> None:
    text = A1111 + ", Denoising strength: 0.4, Hires upscale: 2"
    assert not weigh(tmp_path, png(text_chunk("parameters", text)))["derived_from_picture"]


@pytest.mark.parametrize(
    "data",
    [
        png(),
        png(after=text_chunk("parameters", A1111)),
        png() + encode(scene(16, 16), "JPEG", exif=exif({0x010F: "Ideogram AI"})),
        encode(scene(16, 16), "JPEG") + A1111.encode(),
        encode(scene(16, 16), "WEBP") + b"EXIF" + A1111.encode(),
        png(text_chunk("Comment", "Steps: 20, Sampler: Euler")),
        png(text_chunk("Software", "Example Paint")),
        png(text_chunk("Description", "a job at the pier, ID: 7")),
        encode(scene(16, 16), "JPEG", comment=A1111.encode()),
        encode(scene(16, 16), "JPEG", exif=exif({0x010F: "Example Optics", 0x0110: "EO-1"})),
        encode(scene(16, 16), "JPEG", exif=exif({0x013B: "Jane Painter"})),
        xmp_png({"Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "screenCapture"}),
        xmp_png({"xmp:CreatorTool": "Example Paint 3", "photoshop:Credit": "Example Agency"}),
    ],
)  # fmt: skip
def test_what_is_no_mark_of_origin_gives_nothing(tmp_path: Path, data: bytes) -> None:
    answer = weigh(tmp_path, data)
    assert answer["conclusion"] == "nothing_found"
    assert answer["queue_rank"] == 3


def test_a_consistent_camera_record_is_a_weak_trace(tmp_path: Path) -> None:
    answer = weigh(tmp_path, camera_jpeg(scene(16, 16), exif(CAMERA_TAGS, exposure=EXPOSURE)))
    assert answer["conclusion"] == "captured"
    assert answer["signals"][0]["strength"] == "weak support"


def camera_jpeg(pixels: np.ndarray[Any, Any], block: bytes) -> bytes:
    """A JPEG as cameras write it: EXIF first, no JFIF, tables of the maker's own."""
    tables = [[3 + (k * 7) // 11 for k in range(64)], [4 + (k * 5) // 9 for k in range(64)]]
    plain = encode(pixels, "JPEG", qtables=tables, subsampling=1)
    assert plain[2:4] == b"\xff\xe0"
    without = plain[:2] + plain[4 + int.from_bytes(plain[4:6], "big") :]
    return with_segment(without, 0xE1, b"Exif\0\0" + block.removeprefix(b"Exif\0\0"))


def test_a_camera_picture_saved_by_a_program_was_changed_afterwards(tmp_path: Path) -> None:
    answer = weigh(tmp_path, encode(scene(16, 16), "JPEG", exif=exif(CAMERA_TAGS, exposure=EXPOSURE)))
    assert answer["conclusion"] == "captured_then_edited"
    assert "structure.resaved" in states(answer)


def test_a_machine_claim_on_a_camera_picture_is_a_conflict(tmp_path: Path) -> None:
    block = exif(CAMERA_TAGS, exposure=EXPOSURE, user_comment=b"ASCII\0\0\0" + A1111.encode())
    answer = weigh(tmp_path, camera_jpeg(scene(16, 16), block))
    assert answer["conclusion"] == "conflict"
    assert answer["grounds"]
    assert answer["contradictions"]
    assert answer["queue_rank"] == 1


def test_camera_exif_transplanted_on_another_picture_is_a_contradiction(tmp_path: Path) -> None:
    size = {0xA002: 3008, 0xA003: 2000}
    block = exif(CAMERA_TAGS, exposure={**EXPOSURE, **size})
    answer = weigh(tmp_path, encode(scene(128, 128), "JPEG", exif=block))
    assert answer["conclusion"] == "conflict"
    assert "structure.exif_foreign" in states(answer)
    assert any("3008 x 2000" in reason for reason in answer["contradictions"])


def with_thumbnail(tags: dict[int, str], thumbnail: bytes) -> bytes:
    """EXIF with a second directory that holds a small JPEG, put together by hand."""
    first = sorted((tag, value.encode() + b"\0") for tag, value in tags.items())
    inner = [(0x829A, 5, 1, (1).to_bytes(4, "big") + (250).to_bytes(4, "big")), (0x8827, 3, 1, b"\0\x64\0\0"),
             (0x9003, 2, 20, b"2024:05:06 07:08:09\0")]  # fmt: skip
    entries = [(tag, 2, len(value), value) for tag, value in first]
    at_first, count = 8, len(entries) + 1
    heap_at = at_first + 2 + 12 * count + 4
    heap = b""

    def entry(tag: int, kind: int, number: int, value: bytes) -> bytes:
        nonlocal heap
        if len(value) > 4:
            place, heap = heap_at + len(heap), heap + value
            value = place.to_bytes(4, "big")
        return (
            tag.to_bytes(2, "big")
            + kind.to_bytes(2, "big")
            + number.to_bytes(4, "big")
            + value.ljust(4, b"\0")
        )

    rows = b"".join(entry(*e) for e in entries)
    inner_entries = b"".join(entry(*e) for e in inner)
    inner_at = heap_at + len(heap)
    heap += len(inner).to_bytes(2, "big") + inner_entries + bytes(4)
    second_at = heap_at + len(heap)
    small_at = second_at + 2 + 24 + 4
    heap += (2).to_bytes(2, "big")
    for tag, value in ((0x0201, small_at), (0x0202, len(thumbnail))):
        heap += (
            tag.to_bytes(2, "big")
            + (4).to_bytes(2, "big")
            + (1).to_bytes(4, "big")
            + value.to_bytes(4, "big")
        )
    heap += bytes(4) + thumbnail
    rows += (
        (0x8769).to_bytes(2, "big")
        + (4).to_bytes(2, "big")
        + (1).to_bytes(4, "big")
        + inner_at.to_bytes(4, "big")
    )
    directory = count.to_bytes(2, "big") + rows + second_at.to_bytes(4, "big")
    return b"MM\0*" + at_first.to_bytes(4, "big") + directory + heap


def test_a_thumbnail_of_another_picture_contradicts_and_one_of_this_picture_does_not(tmp_path: Path) -> None:
    picture, other = scene(480, 640, 1), scene(480, 640, 2)
    tags = {0x010F: "Example Optics", 0x0110: "EO-1"}
    for shown, found, conclusion in (
        (picture, "thumbnail.agrees", "captured"),
        (other, "thumbnail.contradicts", "conflict"),
    ):
        small = encode(shown[::4, ::4].copy(), "JPEG", quality=80)
        answer = weigh(tmp_path, camera_jpeg(picture, with_thumbnail(tags, small)))
        assert found in states(answer)
        assert answer["conclusion"] == conclusion


def test_novelais_signature_is_checked_over_every_pixel_and_setting(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    picture = scene(96, 96)
    answer = weigh(tmp_path, novelai_png(key, picture))
    assert "generator_signature.broken" in states(answer)  # signed by a key that is not NovelAI's
    settings = settings_of(
        next(i["value"] for i in metadata(novelai_png(key, picture)) if i["key"] == "Comment")
    )
    assert settings is not None
    assert check_signature(picture, settings, key=public_key(key))
    changed = picture.copy()
    changed[40, 40, 1] ^= 1
    assert not check_signature(changed, settings, key=public_key(key))
    assert not check_signature(picture, settings | {"steps": 29}, key=public_key(key))
    assert settings_of(json.dumps(NOVEL)) is None


def metadata(data: bytes) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from fairlead.media.metadata.read import read_metadata

    return [asdict(item) for item in read_metadata(data)]


def test_a_signature_weighs_by_who_signed(tmp_path: Path) -> None:
    trusted, stranger = make_authority("Known"), make_authority("Stranger")
    trust = Trust(anchors=trusted.certificate)
    picture = encode(scene(64, 64), "JPEG")
    signed = trusted.sign(picture, "trainedAlgorithmicMedia")
    vouched = weigh(tmp_path, signed, trust=trust)
    assert (vouched["conclusion"], vouched["vouched"]) == ("generated", True)
    assert "(level: trusted)" in vouched["signals"][0]["detail"]
    unknown = weigh(tmp_path, signed)
    assert (unknown["conclusion"], unknown["vouched"]) == ("generated", False)
    assert "(level: intact)" in unknown["signals"][0]["detail"]
    foreign = weigh(tmp_path, stranger.sign(picture, "digitalCapture"), trust=trust)
    assert not foreign["vouched"]
    assert "not trusted" in foreign["signals"][0]["detail"]
    assert foreign["signals"][0]["strength"] == "weak support"
    own = weigh(tmp_path, trusted.sign(picture, "digitalCapture"), trust=trust)
    assert (own["conclusion"], own["vouched"]) == ("captured", True)


def product(**changed: Any) -> Product:
    given = {
        "name": "Known signer",
        "organisation": "Example",
        "assurance": 1,
        "disallowed": frozenset(),
        "conformant": True,
        "record": "r",
    }
    return Product(**{**given, **changed})


def test_only_a_product_that_may_make_the_claim_reaches_the_fourth_level(tmp_path: Path) -> None:
    authority = make_authority("Known")
    claim = authority.sign(encode(scene(64, 64), "JPEG"), "digitalCapture")
    for listed, state, conclusion in (
        (product(), "c2pa.camera_allowed", "captured"),
        (product(disallowed=frozenset({"capturedMedia"})), "c2pa.camera_disallowed", "nothing_found"),
        (product(conformant=False), "c2pa.camera_disallowed", "nothing_found"),
        (product(name="Another product"), "c2pa.camera_trusted", "captured"),
    ):
        trust = Trust(anchors=authority.certificate, products=(listed,))
        answer = weigh(tmp_path, claim, trust=trust)
        assert (states(answer), answer["conclusion"]) == ({state}, conclusion)


def test_a_machine_claim_by_a_stranger_never_outweighs_a_trusted_capture(tmp_path: Path) -> None:
    authority = make_authority("Known")
    claim = authority.sign(
        encode(scene(64, 64), "JPEG", exif=exif({0x010F: "Ideogram AI"})), "digitalCapture"
    )
    answer = weigh(tmp_path, claim, trust=Trust(anchors=authority.certificate))
    assert answer["conclusion"] == "conflict"


def test_a_changed_pixel_breaks_the_manifest(tmp_path: Path) -> None:
    authority = make_authority("Known")
    signed = bytearray(authority.sign(encode(scene(64, 64), "JPEG"), "trainedAlgorithmicMedia"))
    signed[-200] ^= 1
    answer = weigh(tmp_path, bytes(signed), trust=Trust(anchors=authority.certificate))
    assert answer["conclusion"] == "nothing_found"
    assert not answer["signals"][0]["signed"]
    assert "dataHash.mismatch" in answer["signals"][0]["detail"]
    assert "declares trainedAlgorithmicMedia" in answer["signals"][0]["detail"]


def test_a_certificate_that_has_ended_since_breaks_nothing_and_is_told_as_that(tmp_path: Path) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    authority = make_authority("Known", ends=ends)
    signed = authority.sign(encode(scene(64, 64), "JPEG"), "trainedAlgorithmicMedia")
    while datetime.now(UTC) <= ends + timedelta(seconds=1):
        time.sleep(0.2)
    trust = Trust(anchors=authority.certificate)
    answer = weigh(tmp_path, signed, trust=trust)
    assert (answer["conclusion"], answer["vouched"], states(answer)) == (
        "generated",
        False,
        {"c2pa.machine_intact"},
    )
    assert "signature and content hold" in answer["signals"][0]["detail"]
    assert "has ended since, and no time stamp shows" in answer["signals"][0]["detail"]
    changed = bytearray(signed)
    changed[-200] ^= 1
    broken = weigh(tmp_path, bytes(changed), trust=trust)
    assert (broken["conclusion"], states(broken)) == ("nothing_found", {"c2pa.broken"})
    assert "signature or content does not hold" in broken["signals"][0]["detail"]


@pytest.mark.parametrize(
    ("parent", "own", "conclusion", "rank"),
    [
        ("trainedAlgorithmicMedia", "trainedAlgorithmicMedia", "generated", 4),
        ("digitalCapture", "trainedAlgorithmicMedia", "derived_from_picture", 1),
        ("", "trainedAlgorithmicMedia", "derived_from_picture", 1),
        ("unsigned", "trainedAlgorithmicMedia", "derived_from_picture", 1),
        ("stranger", "trainedAlgorithmicMedia", "derived_from_picture", 1),
        ("trainedAlgorithmicMedia", "", "generated", 4),
        ("digitalCapture", "", "captured_then_edited", 2),
    ],
)
def test_what_went_in_is_weighed_with_its_place_in_the_chain(
    tmp_path: Path, parent: str, own: str, conclusion: str, rank: int
) -> None:
    authority = make_authority("Known")
    picture = encode(scene(64, 64), "JPEG")
    match parent:
        case "unsigned":
            went_in = picture
        case "stranger":
            went_in = make_authority("Known").sign(picture, "trainedAlgorithmicMedia")
        case _:
            went_in = authority.sign(picture, parent)
    made = authority.sign(encode(scene(80, 64), "JPEG"), own, parent=went_in)
    answer = weigh(tmp_path, made, trust=Trust(anchors=authority.certificate))
    assert (answer["conclusion"], answer["queue_rank"]) == (conclusion, rank)


def test_a_picture_three_steps_back_in_the_chain_is_not_forgotten(tmp_path: Path) -> None:
    authority = make_authority("Known")
    made = authority.sign(encode(scene(64, 64), "JPEG"), "digitalCapture")
    for size in (70, 80, 90):
        made = authority.sign(encode(scene(size, 64), "JPEG"), "trainedAlgorithmicMedia", parent=made)
    answer = weigh(tmp_path, made, trust=Trust(anchors=authority.certificate))
    assert (answer["conclusion"], answer["queue_rank"]) == ("derived_from_picture", 1)
    assert any("a camera's among them" in signal["detail"] for signal in answer["signals"])


def test_an_identity_assertion_is_told_and_neither_followed_nor_held_against_the_manifest(
    tmp_path: Path,
) -> None:
    identity = {
        "label": "cawg.identity",
        "data": {
            "signer_payload": {"referenced_assertions": [], "sig_type": "cawg.identity_claims_aggregation"},
            "signature": "bm90IGEgc2lnbmF0dXJl",
        },
    }
    signed = make_authority("Known").sign(
        encode(scene(64, 64), "JPEG"), "trainedAlgorithmicMedia", assertions=(identity,)
    )
    answer = weigh(tmp_path, signed)
    assert (answer["conclusion"], states(answer)) == ("generated", {"c2pa.machine_intact"})
    assert "identity assertion, which was not checked" in answer["signals"][0]["detail"]


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("c2pa.ai_generated_content", {"model": "example"}),
        ("stds.iptc", {"Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "trainedAlgorithmicMedia"}),
        (
            "c2pa.metadata",
            {
                "@context": {"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"},
                "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "trainedAlgorithmicMedia",
            },
        ),
    ],
)
def test_a_manifest_declares_a_machine_in_other_assertions_than_actions(
    tmp_path: Path, label: str, data: dict[str, Any]
) -> None:
    signed = make_authority("Known").sign(
        encode(scene(64, 64), "JPEG"), "digitalArt", assertions=({"label": label, "data": data},)
    )
    answer = weigh(tmp_path, signed)
    assert (answer["conclusion"], states(answer)) == ("generated", {"c2pa.machine_intact"})


def test_a_mark_by_which_a_manifest_can_be_found_again_is_a_pointer_and_no_origin(tmp_path: Path) -> None:
    binding = {
        "label": "c2pa.soft-binding",
        "data": {"alg": "com.adobe.trustmark.P", "blocks": [{"scope": {}, "value": "0"}]},
    }
    signed = make_authority("Known").sign(encode(scene(64, 64), "JPEG"), "digitalArt", assertions=(binding,))
    answer = weigh(tmp_path, signed)
    assert answer["conclusion"] == "nothing_found"
    assert "found again by com.adobe.trustmark.P" in answer["signals"][0]["detail"]


def test_a_manifest_kept_elsewhere_is_noted_with_its_address_and_never_fetched(tmp_path: Path) -> None:
    answer = weigh(tmp_path, xmp_png({"dcterms:provenance": "https://example.org/manifest.c2pa"}))
    assert answer["conclusion"] == "nothing_found"
    assert states(answer) == {"c2pa.unread"}
    assert "https://example.org/manifest.c2pa" in answer["signals"][0]["detail"]
    assert "not fetched" in answer["signals"][0]["detail"]


def test_a_manifest_of_garbage_is_noted_and_weighs_nothing(tmp_path: Path) -> None:
    answer = weigh(tmp_path, png(chunk(b"caBX", bytes(range(200)))))
    assert answer["conclusion"] == "nothing_found"
    assert [signal["kind"] for signal in answer["signals"]] == ["c2pa"]


def test_every_rule_has_its_source_and_a_typing_error_is_found() -> None:
    assert all(rule.source and rule.keys for rule in generator_rules())
    assert len({rule.id for rule in generator_rules()}) == len(generator_rules())
    with pytest.raises(ValueError, match="patern"):
        parse_rules("[[rule]]\nid='x'\nname='X'\nnamespaces=[]\nkeys=[]\nsource='s'\npatern='y'")


def test_every_rule_is_reached_by_a_sample() -> None:
    from fairlead.provenance.declared import find_generator_signals
    from fairlead.provenance.signal import item_of

    seen = {
        signal.detail.rpartition("(")[2].rstrip(")")
        for data in [*(sample.data for sample in SAMPLES), *also()]
        for signal in find_generator_signals([item_of(columns) for columns in metadata(data)])
    }
    assert seen == {rule.id for rule in generator_rules()}


def also() -> list[bytes]:
    easy = png(text_chunk("use_stable_diffusion_model", "seaside"), text_chunk("prompt_strength", "0.5"))
    return [easy, png(text_chunk("parameters", A1111), text_chunk("prompt", COMFY))]


def test_the_documents_list_every_format_and_container_that_is_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "provenance.md").read_text()
    assert format_table() in page


@pytest.mark.parametrize(
    ("words", "derived"),
    [
        ("https://s.mj.run/abcDEF a red boat --v 6.1", True),
        ("a red boat --iw 2 --v 6.1", True),
        ("a red boat https://example.org/a.png --v 6.1", True),
        ("a red boat --v 6.1", False),
    ],
)
def test_midjourneys_image_prompt_is_a_picture_that_went_in(
    tmp_path: Path, words: str, derived: bool
) -> None:
    text = f"{words} Job ID: 01234567-89ab-cdef-0123-456789abcdef"
    answer = weigh(tmp_path, png(text_chunk("Description", text)))
    assert answer["queue_rank"] == (1 if derived else 4)
