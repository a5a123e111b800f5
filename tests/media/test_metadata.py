"""Metadata count where the format puts them, and nowhere else."""

from __future__ import annotations

import io
import os
import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fairlead.media.identify import Family, identify
from fairlead.media.metadata.item import Item
from fairlead.media.metadata.read import read_metadata
from tests.media.pictures import chunk, encode, exif, iim, png, resources, scene, text_chunk, with_segment

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {attribute}>{element}'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
JPEG = encode(scene(16, 16), "JPEG")
TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def values(data: bytes) -> dict[tuple[str, str], str]:
    return {(item.namespace, item.key): item.value for item in read_metadata(data)}


def item(data: bytes, namespace: str, key: str) -> Item:
    return next(i for i in read_metadata(data) if (i.namespace, i.key) == (namespace, key))


def test_png_text_is_read_with_its_place() -> None:
    data = png(text_chunk("parameters", "Steps: 20"))
    found = item(data, "png-text", "parameters")
    assert found.value == "Steps: 20"
    assert data[found.offset : found.offset + found.length] == text_chunk("parameters", "Steps: 20")


def test_text_after_the_end_of_a_picture_does_not_count() -> None:
    assert values(png(after=text_chunk("parameters", "Steps: 20"))) == {}


def test_packed_and_international_text_is_read_and_bounded() -> None:
    packed = chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b"a" * 50_000_000))
    international = chunk(b"iTXt", b"Title\0\0\0da\0\0" + "Rød".encode())
    found = values(png(packed, international))
    assert len(found["png-text", "prompt"]) == 524_288
    assert found["png-text", "Title"] == "Rød"


def test_exif_is_read_in_every_container_that_carries_it() -> None:
    block = exif({0x010F: "Maker", 0x0110: "Model X"}, user_comment=b"UNICODE\0" + "hi".encode("utf-16-be"))
    picture = scene(40, 40)
    for kind in ("JPEG", "WEBP", "PNG", "TIFF"):
        found = values(encode(picture, kind, exif=block))
        assert found["exif", "Make"] == "Maker", kind
        assert found["exif", "UserComment"] == "hi", kind


def test_iptc_is_read_with_its_place_among_other_resources_of_a_jpeg() -> None:
    block = iim(
        (1, 90, b"\x1b%G"),
        (2, 110, b"Made with Google AI"),
        (2, 25, b"fjord"),
        (2, 25, "måge".encode()),
    )
    data = with_segment(JPEG, 0xED, resources((0x03ED, b"abc"), (0x0404, block)))
    found = [i for i in read_metadata(data) if i.namespace == "iptc"]
    assert [(i.key, i.value) for i in found] == [
        ("Credit", "Made with Google AI"),
        ("Keywords", "fjord"),
        ("Keywords", "måge"),
    ]
    assert data[found[0].offset : found[0].offset + found[0].length] == b"Made with Google AI"


def test_iptc_of_older_programs_is_read_in_the_western_set() -> None:
    data = with_segment(JPEG, 0xED, resources((0x0404, iim((2, 80, "Jørgen".encode("cp1252"))))))
    assert values(data)["iptc", "By-line"] == "Jørgen"


def test_a_tiff_carries_xmp_and_iptc_too() -> None:
    packet = XMP.format(attribute=f'Iptc4xmpExt:DigitalSourceType="{TYPE}"', element="")
    held = io.BytesIO()
    Image.fromarray(scene(16, 16)).save(
        held, "TIFF", tiffinfo={700: packet.encode(), 33723: iim((2, 110, b"Credit here"))}
    )
    found = values(held.getvalue())
    assert found["xmp", "Iptc4xmpExt:DigitalSourceType"] == TYPE
    assert found["iptc", "Credit"] == "Credit here"


def test_a_comment_of_a_jpeg_is_kept_as_a_comment() -> None:
    assert (
        values(with_segment(JPEG, 0xFE, b"CREATOR: example\0"))["jpeg-comment", "COM"] == "CREATOR: example"
    )


@given(st.binary(max_size=400))
def test_whatever_stands_in_resources_or_data_sets_items_or_nothing_come_out(noise: bytes) -> None:
    for data in (
        with_segment(JPEG, 0xED, b"Photoshop 3.0\0" + noise),
        with_segment(JPEG, 0xED, resources((0x0404, iim((2, 5, b"x")) + noise))),
    ):
        for found in read_metadata(data):
            assert 0 <= found.offset <= found.offset + found.length <= len(data)


def test_xmp_properties_are_read_as_attribute_and_as_element() -> None:
    as_attribute = XMP.format(attribute=f'Iptc4xmpExt:DigitalSourceType="{TYPE}"', element="")
    as_element = XMP.format(
        attribute="",
        element=f"<Iptc4xmpExt:DigitalSourceType>{TYPE}</Iptc4xmpExt:DigitalSourceType>",
    )
    for packet in (as_attribute, as_element):
        data = png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet.encode()))
        assert values(data)["xmp", "Iptc4xmpExt:DigitalSourceType"] == TYPE
        jpeg = encode(scene(16, 16), "JPEG", xmp=packet.encode())
        assert values(jpeg)["xmp", "Iptc4xmpExt:DigitalSourceType"] == TYPE


def test_an_entity_bomb_in_xmp_is_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "cccc">]>' + XMP.format(attribute="", element="&b;")
    found = values(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bomb.encode())))
    assert set(found) == {("xmp", "packet")}


def test_the_place_of_a_c2pa_store_is_told_by_the_container() -> None:
    assert item(png(chunk(b"caBX", b"jumb")), "jumbf", "caBX").length == 16
    box = (24 + 4).to_bytes(4, "big") + b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"jumb"
    assert item(b"\0\0\0\x10ftypmp42\0\0\0\0" + box, "jumbf", "uuid").offset == 16


def test_jpeg_structure_tells_writers_apart() -> None:
    picture = scene(64, 64)
    rough = values(encode(picture, "JPEG", quality=50))
    fine = values(encode(picture, "JPEG", quality=95))
    assert rough["container", "jpeg-markers"].startswith("APP0 DQT")
    assert rough["container", "jpeg-quantisation"] != fine["container", "jpeg-quantisation"]
    assert rough["container", "jpeg-sampling"] == "2x2,1x1,1x1"


def test_a_wrong_extension_is_told() -> None:
    data = encode(scene(20, 20), "PNG")
    assert identify(data, "png").extension_mismatch is False
    assert identify(data, "jpg").extension_mismatch is True
    assert identify(data, "").extension_mismatch is False


def test_types_are_told_by_content() -> None:
    picture = scene(64, 64)
    expected = {"JPEG": "jpeg", "GIF": "gif", "WEBP": "webp", "AVIF": "avif", "TIFF": "tiff", "HEIF": "heic"}
    for kind, name in expected.items():
        assert identify(encode(picture, kind), "").media_type == f"image/{name}"
    assert identify(b"PK\x03\x04" + bytes(60), "").family is Family.ARCHIVE
    assert identify(b"plain words\n", "").family is Family.TEXT


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_of_a_file_breaks_a_reader(data: st.DataObject) -> None:
    block = exif({0x010F: "Maker"}, user_comment=b"ASCII\0\0\0x")
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]))
    whole = bytearray(encode(np.zeros((8, 8, 3), np.uint8), kind, exif=block))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read_metadata(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    read_metadata(os.urandom(20))
