"""Hash lists as partners send them: what is read, what is refused, and why."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.known.categories import get_scheme
from fairlead.known.entry import KnownEntry, RejectedEntry
from fairlead.known.imports import HashSet, ListImport, import_list
from fairlead.known.lists import HASH_LISTS, ListForm, ListOptions
from fairlead.known.write_vics import write_vics
from fairlead.terms.errors import ItemError
from fairlead.terms.matching import Meaning, ReleasePolicy

SET = HashSet(
    name="s", version="1", scheme="vics-us", meaning=Meaning.OF_INTEREST, release=ReleasePolicy.NOT_RELEASABLE
)
MD5, SHA1 = "a" * 32, "b" * 40
CONTEXTS = [
    ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.1.xml#Media"),
    ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"),
    ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media"),
    ("@odata.context", "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"),
    (
        "@odata.context",
        "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media",
    ),
    ("@odata.context", "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Media"),
    (
        "@odata.context",
        "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/CUSTOM/$metadata#Media",
    ),
]


def vics(*media: object, context: tuple[str, str] = CONTEXTS[1]) -> bytes:
    return json.dumps({context[0]: context[1], "value": list(media)}).encode()


def entries(form: ListForm, data: bytes, options: ListOptions | None = None) -> list[KnownEntry]:
    return [i for i in form.read(io.BytesIO(data), options or ListOptions()) if isinstance(i, KnownEntry)]


def rejected(form: ListForm, data: bytes) -> list[RejectedEntry]:
    return [i for i in form.read(io.BytesIO(data), ListOptions()) if isinstance(i, RejectedEntry)]


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_envelope_that_was_observed_is_read(context: tuple[str, str]) -> None:
    assert (
        entries(HASH_LISTS.get("vics"), vics({"MD5": MD5.upper(), "Category": 1}, context=context))[0].value
        == MD5
    )


def test_category_zero_null_and_absent_stay_three_things() -> None:
    data = vics({"MD5": MD5, "Category": 0}, {"MD5": "c" * 32, "Category": None}, {"MD5": "d" * 32})
    assert [e.category for e in entries(HASH_LISTS.get("vics"), data)] == ["0", "null", None]


def test_a_case_file_is_read_like_a_list_of_its_media() -> None:
    context = ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Cases")
    data = vics({"CaseID": "x", "Media": [{"MD5": MD5, "SHA1": SHA1}]}, context=context)
    assert {e.value for e in entries(HASH_LISTS.get("vics"), data)} == {MD5, SHA1}


@pytest.mark.parametrize("value", ["d41d8cd98f00b204e9800998ecf8427e", "D41D8CD98F00B204E9800998ECF8427E"])
def test_the_hash_of_nothing_is_rejected_since_every_empty_file_has_it(value: str) -> None:
    assert "zero bytes" in rejected(HASH_LISTS.get("vics"), vics({"MD5": value}))[0].reason


@pytest.mark.parametrize("value", ["0" * 64, "f" * 64, "0" * 60 + "ffff"])
def test_a_degenerate_perceptual_hash_is_rejected(value: str) -> None:
    assert "degenerate" in rejected(HASH_LISTS.get("pdq"), value.encode())[0].reason


def test_malformed_lines_are_kept_with_row_and_reason_and_the_rest_is_read() -> None:
    good = "5a" * 32
    data = f"{good}\nnot-a-hash\n\n# a comment\nhash={good[:-2]}11,x.jpg\n".encode()
    assert [e.row for e in entries(HASH_LISTS.get("pdq"), data)] == [1, 5]
    assert [(r.row, "64 hex digits" in r.reason) for r in rejected(HASH_LISTS.get("pdq"), data)] == [
        (2, True)
    ]


def test_a_csv_is_read_by_its_header_whatever_the_order_and_the_delimiter() -> None:
    data = f"Category;MD5;SHA-1\nA;{MD5};{SHA1}\n".encode()
    found = entries(HASH_LISTS.get("csv"), data)
    assert {(e.algorithm.value, e.category) for e in found} == {("md5", "A"), ("sha1", "A")}


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (HASH_LISTS.get("vics"), b"{"),
        (HASH_LISTS.get("vics"), b'{"value": []}'),
        (HASH_LISTS.get("vics"), b"[]"),
        (HASH_LISTS.get("csv"), b"name,colour\nx,y\n"),
        (HASH_LISTS.get("csv"), b""),
    ],
)
def test_a_file_that_is_not_of_the_format_is_refused_as_a_whole(form: ListForm, data: bytes) -> None:
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        list(form.read(io.BytesIO(data), ListOptions()))


def imported(tmp_path: Path, form: ListForm, data: bytes) -> tuple[ListImport, list[dict[str, object]]]:
    file, spool = tmp_path / "list", tmp_path / "spool"
    file.write_bytes(data)
    spool.mkdir()
    found = import_list(form, file, hash_set=SET, spool=spool)
    return found, [row for batch in found.known() for row in batch.to_pylist()]


def test_an_entry_that_stands_twice_is_one_entry_and_counted(tmp_path: Path) -> None:
    found, rows = imported(tmp_path, HASH_LISTS.get("pdq"), ("5a" * 32 + "\n").encode() * 3)
    assert [row["row"] for row in rows] == [1]
    assert (found.entries, found.repeated) == (1, 2)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_make_a_text_list_crash(data: bytes) -> None:
    for form in (f for f in HASH_LISTS.all().values() if f.read is not None):
        with contextlib.suppress(ItemError):
            list(form.read(io.BytesIO(data), ListOptions()))


def test_records_of_stopncii_are_read_and_withdrawn_ones_refused() -> None:
    def record(kind: str, value: str, status: str | None = "Active") -> dict[str, object]:
        told = {"lastModtimestamp": 1, "signalType": kind, "hashValue": value, "caseNumbers": {"1": None}}
        return told if status is None else told | {"hashStatus": status}

    pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
    records = [
        record("ImagePDQ", pdq),
        record("VideoMD5", MD5, None),
        record("ImagePDQ", pdq[::-1], "Withdrawn"),
        record("VideoTMK", "AAAA"),
    ]
    for data in (json.dumps(records), json.dumps({"count": 4, "hashRecords": records})):
        found = entries(HASH_LISTS.get("stopncii"), data.encode())
        assert [(e.algorithm.value, e.value) for e in found] == [("pdq", pdq), ("md5", MD5)]
        assert [r.row for r in rejected(HASH_LISTS.get("stopncii"), data.encode())] == [3, 4]
    with pytest.raises(ItemError):
        list(HASH_LISTS.get("stopncii").read(io.BytesIO(b'{"a": 1}'), ListOptions()))


def test_a_folder_of_vpdq_files_is_a_set_of_videos(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    for name, digit in (("harbour", "5"), ("meadow", "a")):
        (folder / f"{name}.txt").write_text(f"0,100,{digit}0f0{digit * 60},0.000\n")
    spool = tmp_path / "spool"
    spool.mkdir()
    found = import_list(HASH_LISTS.get("vpdq"), folder, hash_set=SET, spool=spool)
    rows = [row for batch in found.known() for row in batch.to_pylist()]
    assert sorted(row["video"] for row in rows) == ["harbour", "meadow"]


QUIRKS: dict[str, dict[str, object]] = {
    "a size as text": {"MediaSize": "4711"},
    "a size as a number": {"MediaSize": 4711},
    "a yes as text": {"VictimIdentified": "true", "IsDistributed": "false"},
    "a yes as a yes": {"VictimIdentified": True, "OffenderIdentified": False},
    "a series as text": {"Series": "Harbour"},
    "a series as an object": {"Series": {"Name": "Harbour"}},
    "tags as text": {"Tags": "boat, quay"},
    "tags as a list": {"Tags": ["boat", "quay"]},
    "files with backslashes": {"RelativeFilePath": "boats\\quay.jpg", "MimeType": "image/jpeg"},
    "files of the item": {
        "MediaFiles": [{"MD5": MD5, "FileName": "quay.jpg", "FilePath": "boats", "Deleted": "true"}]
    },
    "exif": {"Exifs": [{"PropertyName": "Model", "PropertyValue": "Made Up 1"}]},
    "a time with a malformed zone": {"DateUpdated": "2024-01-02T03:04:05.0000+01:00Z"},
    "a time in OData form": {"DateUpdated": "/Date(1700000000000+0100)/"},
    "segments": {"Segments": [{"MD5": MD5, "SegmentIndex": 1, "Start": 0, "End": 10, "Category": 1}]},
    "repositories": {"Repositories": [{"MD5": MD5, "RepositoryName": "made up"}]},
    "precategorised": {"IsPrecategorized": "true", "PrecategorizationSource": "a list", "IsSuspected": False},
    "a comment": {"Comments": "ærø – 𝄞"},
    "an alternative hash that no reader knows": {
        "AlternativeHashes": [{"HashName": "TTH", "HashValue": "ABC"}]
    },
    "an item number": {"MediaID": 900},
    "flags that are absent, null and false": {"SelfGenerated": None, "IsSuspected": False},
    "a name beside the digests, as in 1.x": {"Name": "quay", "FileName": "quay.jpg"},
    "times of a file": {
        "MediaFiles": [
            {
                "MD5": MD5,
                "FileName": "q",
                "FilePath": "b",
                "Created": "2024-01-02T03:04:05.678Z",
                "Written": "2024-01-02T03:04:05+02:00",
                "Accessed": "1/2/2024 3:04:05 PM (UTC-5)",
                "Change": "1/2/2024 3:04:05 AM",
            }
        ]
    },
    "where a file lay": {
        "MediaFiles": [
            {
                "MD5": MD5,
                "FileName": "q",
                "FilePath": "b",
                "Unallocated": "true",
                "SourceID": "HDD 1",
                "PhysicalLocation": 4096,
                "ParentMD5": "e" * 32,
                "ParentFileName": "a.zip",
                "ParentFilePath": "c",
                "ParentPhysicalLocation": 8,
            }
        ]
    },
    "many files of one item": {
        "MediaFiles": [{"MD5": MD5, "FileName": str(n), "FilePath": "b"} for n in range(116)]
    },
    "metadata of the item": {"MediaMetadata": [{"PropertyName": "Codec", "PropertyValue": "x", "MD5": MD5}]},
    "a precategorised item without category": {"IsPrecategorized": True, "PrecategorizationSource": ""},
    "a segment in the older model": {
        "Segments": [{"MD5": MD5, "SegmentIndex": "2", "Start": "0", "End": "9", "Category": None}]
    },
    "a field that nobody has seen": {"Vendor": {"Anything": [1, None, "x"]}},
}


def there_and_back(item: dict[str, object]) -> dict[str, object]:
    """Read as an entry of a list, and written to a list again."""
    rows = [
        {"source": "s", "row": e.row, "algorithm": e.algorithm.value, "value": e.value, "category": e.category, "told": e.told}
        for e in entries(HASH_LISTS.get("vics"), vics(item))
    ]  # fmt: skip
    out, scheme = io.BytesIO(), get_scheme("vics-us")
    write_vics(rows, scheme, scheme, out, details=True)
    document = json.loads(out.getvalue())
    assert list(document) == ["@odata.context", "value"]  # a reader that is in use wants this order
    (written,) = document["value"]
    return {key: value for key, value in written.items() if key != "MediaID"}


PHOTODNA = base64.b64encode(bytes(range(144))).decode()
HASH_QUIRKS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "capitals": ({"MD5": MD5.upper(), "SHA1": SHA1.upper()}, {"MD5": MD5, "SHA1": SHA1}),
    "a SHA-256, which is rare": ({"MD5": MD5, "SHA256": "c" * 64}, {"MD5": MD5, "SHA256": "c" * 64}),
    "PhotoDNA as base64": ({"MD5": MD5, "PhotoDNA": PHOTODNA}, {"MD5": MD5, "PhotoDNA": PHOTODNA}),
    "PhotoDNA as hex digits": ({"MD5": MD5, "PhotoDNA": bytes(range(144)).hex()}, {"MD5": MD5, "PhotoDNA": bytes(range(144)).hex()}),
    "SHA1 and PhotoDNA as alternative hashes": (
        {"MD5": MD5, "AlternativeHashes": [
            {"HashName": "SHA1", "HashValue": SHA1, "MD5": MD5}, {"HashName": "PhotoDNA", "HashValue": PHOTODNA}]},
        {"MD5": MD5, "SHA1": SHA1, "PhotoDNA": PHOTODNA},
    ),
    "a digest in the id alone": ({"odata.id": f'Media("{MD5.upper()}")'}, {"MD5": MD5}),
    "links of OData, which say nothing of the item": (
        {"MD5": MD5, "MediaFiles@odata.navigationLinkUrl": "Media('x')/MediaFiles"}, {"MD5": MD5}),
    "category nought": ({"MD5": MD5, "Category": 0}, {"MD5": MD5, "Category": 0}),
    "category null": ({"MD5": MD5, "Category": None}, {"MD5": MD5, "Category": None}),
    "a category as text": ({"MD5": MD5, "Category": "2"}, {"MD5": MD5, "Category": 2}),
}  # fmt: skip


@pytest.mark.parametrize("quirk", HASH_QUIRKS, ids=list(HASH_QUIRKS))
def test_hashes_and_categories_come_back_however_they_were_written(quirk: str) -> None:
    given, expected = HASH_QUIRKS[quirk]
    assert there_and_back(given) == expected


@pytest.mark.parametrize("quirk", QUIRKS, ids=list(QUIRKS))
def test_what_a_list_says_beside_hashes_comes_back_as_it_stood(quirk: str) -> None:
    item = {"MD5": MD5, "SHA1": SHA1, "Category": 1} | QUIRKS[quirk]
    read = entries(HASH_LISTS.get("vics"), vics(item))
    assert sum(entry.told is not None for entry in read) == 1
    rows = [
        {"source": "s", "row": e.row, "algorithm": e.algorithm.value, "value": e.value, "category": e.category, "told": e.told}
        for e in read
    ]  # fmt: skip
    scheme = get_scheme("vics-us")
    for details in (True, False):
        out = io.BytesIO()
        write_vics(rows, scheme, scheme, out, details=details)
        (written,) = json.loads(out.getvalue())["value"]
        expected = item if details else {key: item[key] for key in ("MD5", "SHA1", "Category")}
        assert {k: v for k, v in written.items() if k != "MediaID" or "MediaID" in expected} == expected
