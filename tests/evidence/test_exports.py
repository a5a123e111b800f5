"""Telephones and providers' exports: paths as on the device, and what stands beside a picture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.place.session import Session
from fairlead.case.process import process as process_operation
from fairlead.engine.catalogue import Catalogue
from fairlead.evidence.phone import detect_layout
from fairlead.evidence.readers.sidecar import read_sidecar
from fairlead.evidence.sidecars import find_subject
from tests.evidence.build import note, process, tar_gz_of, zip_of
from tests.media.pictures import encode, scene

JPEG = encode(scene(60, 80, 1), "JPEG")

CELLEBRITE_IOS = {
    "metadata1/metadata.msgpack": b"\x80",
    "filesystem1/private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG": JPEG,
    "filesystem1/System/Library/a.plist": note(1),
    "extra/KeychainDump/keys.plist": note(2),
}
CELLEBRITE_ANDROID = {"Dump/data/media/0/DCIM/Camera/1.jpg": JPEG, "Dump/system/build.prop": note(1)}
GRAYKEY_IOS = {"private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG": JPEG, "Applications/x": note(1)}
GRAYKEY_ANDROID = {"data/data/com.example.app/files/1.jpg": JPEG, "system/build.prop": note(1)}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (CELLEBRITE_IOS, "/private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG"),
        (CELLEBRITE_ANDROID, "/data/media/0/DCIM/Camera/1.jpg"),
        (GRAYKEY_IOS, "/private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG"),
        (GRAYKEY_ANDROID, "/data/data/com.example.app/files/1.jpg"),
    ],
)
@pytest.mark.parametrize("pack", [zip_of, tar_gz_of])
def test_a_file_of_an_extraction_has_its_path_on_the_device(
    tmp_path: Path, members: dict[str, bytes], expected: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    (tmp_path / "extraction").write_bytes(pack(members))
    rows = {row["path"]: row for row in process(tmp_path / "extraction")}
    (picture,) = [row for row in rows.values() if row["path"].lower().endswith(".jpg")]
    assert picture["device_path"] == expected
    assert picture["path"] in members
    beside = [row for row in rows.values() if row["path"].startswith(("metadata1", "extra"))]
    assert all(row["device_path"] is None for row in beside)


def test_an_archive_of_something_else_has_no_device_paths(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(
        zip_of({"filesystem1/readme.txt": note(1), "usr/share/x": note(2), "www/a.jpg": JPEG})
    )
    assert {row["device_path"] for row in process(tmp_path / "a.zip")} == {None}


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_names_give_a_layout_or_none(members: list[bytes]) -> None:
    layout = detect_layout(members)
    for member in members if layout else ():
        path = layout.device_path(member) if layout else None
        assert path is None or path.startswith(b"/")


@pytest.mark.parametrize(
    ("sidecar", "names", "subject"),
    [
        ("pier.jpg.json", {"pier.jpg", "pier.png"}, "pier.jpg"),
        ("pier.jpg.supplemental-metadata.json", {"pier.jpg"}, "pier.jpg"),
        ("pier.jpg.supplemental-met.json", {"pier.jpg", "pier2.jpg"}, "pier.jpg"),
        ("pier.jpg(1).json", {"pier.jpg", "pier(1).jpg"}, "pier(1).jpg"),
        ("pier.jpg.supplemental-metadata(1).json", {"pier.jpg", "pier(1).jpg"}, "pier(1).jpg"),
        (
            "a-very-long-name-of-a-picture-of-the-old-pie.j.json",
            {"a-very-long-name-of-a-picture-of-the-old-pie.jpg"},
            "a-very-long-name-of-a-picture-of-the-old-pie.jpg",
        ),
        ("metadata.json", {"metadata.json", "pier.jpg"}, None),
        ("pie.json", {"pier.jpg"}, None),
        ("pier.json", {"pier.jpg", "pier.png"}, None),
        ("pier.jpg.json", {"pier(1).jpg"}, None),
    ],
)
def test_a_sidecar_finds_its_picture_by_name_or_says_nothing(
    sidecar: str, names: set[str], subject: str | None
) -> None:
    assert find_subject(sidecar, names | {sidecar}) == subject


def takeout(title: str = "pier.jpg") -> bytes:
    return json.dumps(
        {
            "title": title,
            "description": "The old pier",
            "creationTime": {"timestamp": "1770112800", "formatted": "3 Feb 2026"},
            "photoTakenTime": {"timestamp": "1769940000"},
            "geoData": {"latitude": 55.7, "longitude": 12.6, "altitude": 0.0},
            "geoDataExif": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
            "people": [{"name": "Example Person"}],
            "googlePhotosOrigin": {
                "mobileUpload": {"deviceType": "ANDROID_PHONE", "deviceFolder": {"localFolderName": "Camera"}}
            },
        }
    ).encode()


def said(data: bytes) -> dict[str, str]:
    descriptor = os.memfd_create("sidecar")
    os.write(descriptor, data)
    try:
        return read_sidecar(descriptor)
    finally:
        os.close(descriptor)


def test_a_sidecar_of_a_takeout_is_read_with_its_times_in_utc() -> None:
    facts = said(takeout())
    assert facts["taken_at"] == "2026-02-01T10:00:00+00:00"
    assert facts["uploaded_at"] == "2026-02-03T10:00:00+00:00"
    assert (facts["latitude"], facts["longitude"]) == ("55.7", "12.6")
    assert "exif_latitude" not in facts
    assert (facts["upload"], facts["upload_folder"]) == ("mobileUpload", "Camera")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*json.loads(takeout()), "timestamp", "name"]), inner, max_size=8),
    max_leaves=30,
)  # fmt: skip


@settings(deadline=None)
@given(json_like | st.binary(max_size=200))
def test_whatever_a_sidecar_holds_texts_come_out(value: Any) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    facts = said(data)
    assert all(isinstance(name, str) and isinstance(text, str) and text for name, text in facts.items())
    assert all(len(text) <= 4100 for text in facts.values())


def test_what_stands_beside_a_picture_is_kept_with_its_own_origin(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    folder = "Takeout/Google Photos/Photos from 2026/"
    export = {
        folder + "pier.jpg": JPEG,
        folder + "pier.jpg.json": takeout(),
        folder + "metadata.json": b'{"title": "x"}',
    }
    (tmp_path / "takeout.zip").write_bytes(zip_of(export))
    session = make_session()
    add_exhibit(session, NewExhibit(number="AB/1", path=tmp_path / "takeout.zip", authority="order 1"))
    process_operation(session, workers=1)
    catalogue = Catalogue(session.store)
    try:
        rows = catalogue.rows("SELECT * FROM sidecars")
    finally:
        catalogue.close()
    kept = {row["statement"]: row for row in rows}
    assert kept["taken_at"]["value"] == "2026-02-01T10:00:00+00:00"
    assert kept["taken_at"]["locator"].endswith("pier.jpg")
    assert kept["taken_at"]["sidecar"].endswith("pier.jpg.json")
