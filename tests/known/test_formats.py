"""Every form in which lists were observed: one test a quirk."""

from __future__ import annotations

import base64
import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.known.entry import KnownEntry, RejectedEntry
from fairlead.known.lists import HASH_LISTS, ListForm, ListItem, ListOptions
from fairlead.known.read_tables import ICSE_COLUMNS
from fairlead.terms.errors import ItemError
from fairlead.terms.matching import Algorithm

MD5, SHA1, SHA256, PDQ = "a1" * 16, "b2" * 20, "c3" * 32, "5a" * 32
PHOTODNA = base64.b64encode(bytes(range(144))).decode()
VICS2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#{}"


def items(form: ListForm, data: str | bytes, options: ListOptions | None = None) -> list[ListItem]:
    return list(
        form.read(io.BytesIO(data.encode() if isinstance(data, str) else data), options or ListOptions())
    )


def found(
    form: ListForm, data: str | bytes, options: ListOptions | None = None
) -> list[tuple[str, str, str | None]]:
    return [
        (e.algorithm.value, e.value, e.category)
        for e in items(form, data, options)
        if isinstance(e, KnownEntry)
    ]


def vics(*media: object, profile: str = "Default") -> str:
    return json.dumps({"@odata.context": VICS2.format(profile, "Media"), "value": list(media)})


def case(media: object, **more: object) -> str:
    told = {"CaseID": "{0}", "TotalMediaFiles": 99, **more, "Media": media, "CaseNotes": {"a": [1]}}
    return json.dumps(
        {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases", "value": [told]}
    )


def test_a_byte_order_mark_is_no_part_of_the_list() -> None:
    assert found(HASH_LISTS.get("vics"), b"\xef\xbb\xbf" + vics({"MD5": MD5}).encode()) == [
        ("md5", MD5, None)
    ]


def test_sizes_and_flags_written_as_texts_do_not_disturb() -> None:
    item = {"MD5": MD5, "MediaSize": "123", "VictimIdentified": "true", "IsDistributed": False, "Tags": ["x"]}
    assert found(HASH_LISTS.get("vics"), vics(item)) == [("md5", MD5, None)]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "MD5",
        "SHA1",
        "Category",
        "AlternativeHashes",
        "MediaFiles",
        "Series",
        "Tags",
        "odata.id",
        "VictimIdentified",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of the reader
@given(st.dictionaries(FIELDS, ANYTHING), st.sampled_from([{}, {"MD5": MD5}]))
def test_whatever_stands_in_an_item_it_ends_as_entries_that_can_be_stored_or_as_a_reason(
    item, hashes
) -> None:
    read = items(HASH_LISTS.get("vics"), vics(item | hashes))
    assert read
    for one in read:
        if isinstance(one, KnownEntry):
            (one.told or "").encode()
            (one.category or "").encode()
    assert not hashes or any(isinstance(one, KnownEntry) and one.value == MD5 for one in read)


def test_half_a_surrogate_pair_in_a_category_is_kept_as_its_escape() -> None:
    assert found(HASH_LISTS.get("vics"), vics({"MD5": MD5, "Category": "a\ud800"})) == [
        ("md5", MD5, "a\\ud800")
    ]


def test_alternative_hashes_are_read_and_photodna_is_carried() -> None:
    item = {"MD5": MD5, "AlternativeHashes": [
        {"HashName": "SHA-1", "HashValue": SHA1.upper(), "MD5": MD5}, {"HashName": "PhotoDNA", "HashValue": PHOTODNA},
        {"HashName": "odd", "HashValue": "1"}, {"HashName": "SHA1", "HashValue": None}]}  # fmt: skip
    assert found(HASH_LISTS.get("vics"), vics(item)) == [
        ("md5", MD5, None), ("sha1", SHA1, None), ("photodna", PHOTODNA, None),
    ]  # fmt: skip


def test_an_item_whose_digest_stands_only_in_its_id_or_with_its_files_is_read() -> None:
    named = {"odata.id": f'Media("{MD5.upper()}")', "Category": 2}
    nested = {"MediaID": 2, "MediaSize": "5", "MediaFiles": [{"MD5": "d4" * 16, "FileName": "a.png"}]}
    assert found(HASH_LISTS.get("vics"), vics(named, nested)) == [("md5", MD5, "2"), ("md5", "d4" * 16, None)]


def test_categories_as_numbers_texts_and_floats_are_the_same_code() -> None:
    data = vics(
        *({"MD5": f"{n}{n}" * 16, "Category": c} for n, c in enumerate([1, "1", 1.0, " 1 "], start=1))
    )
    assert [c for _, _, c in found(HASH_LISTS.get("vics"), data)] == ["1"] * 4


@pytest.mark.parametrize("profile", ["Default", "US", "UK", "CUSTOM"])
def test_every_profile_of_the_second_model_is_read(profile: str) -> None:
    assert found(HASH_LISTS.get("vics"), vics({"MD5": MD5}, profile=profile)) == [("md5", MD5, None)]


def test_an_unknown_later_model_is_read_by_its_shape() -> None:
    data = vics({"MD5": MD5}).replace("2.0.xml", "3.1.xml")
    assert found(HASH_LISTS.get("vics"), data) == [("md5", MD5, None)]


def test_the_model_may_stand_behind_the_items() -> None:
    data = json.dumps({"value": [{"MD5": MD5}], "@odata.context": VICS2.format("US", "Media")})
    assert found(HASH_LISTS.get("vics"), data) == [("md5", MD5, None)]


@pytest.mark.parametrize("media", [None, [], "x"])
def test_a_case_without_media_is_an_empty_list(media: object) -> None:
    assert items(HASH_LISTS.get("vics"), case(media)) == []


def test_items_of_all_cases_are_numbered_through() -> None:
    data = case([{"MD5": MD5}, {"MD5": "no"}, {"SHA1": SHA1}], Agency="x")
    assert [i.row for i in items(HASH_LISTS.get("vics"), data)] == [1, 2, 3]


def test_a_list_is_read_in_small_pieces_wherever_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    data = case(
        [{"MD5": f"{n:032x}", "Category": n % 3, "Comments": 'é"\\ ]}'} for n in range(1, 40)]
    ).encode()
    whole = found(HASH_LISTS.get("vics"), data)
    for chunk in (1, 2, 3, 7, 64):
        monkeypatch.setattr("fairlead.known.json_stream._CHUNK", chunk)
        assert found(HASH_LISTS.get("vics"), data) == whole
    assert len(whole) == 39


def test_a_list_that_is_cut_off_is_refused_and_not_half_believed() -> None:
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        items(HASH_LISTS.get("vics"), vics({"MD5": MD5}, {"MD5": SHA1})[:-30])


def test_an_endless_item_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.known.json_stream._MOST_ITEM", 1000)
    monkeypatch.setattr("fairlead.known.json_stream._CHUNK", 100)
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        items(HASH_LISTS.get("vics"), vics({"MD5": MD5, "Comments": "x" * 5000}))


def test_an_icse_list_gives_digests_and_its_baseline_flag() -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(ICSE_COLUMNS)
    writer.writerow([MD5.upper(), SHA1, PHOTODNA, "7", "true", "", "", "se;ries", "3", "", "image", "true"])
    writer.writerow([MD5, "x"])
    read = items(HASH_LISTS.get("icse"), out.getvalue())
    assert [(e.algorithm, e.category) for e in read if isinstance(e, KnownEntry)] == [
        (Algorithm.MD5, "true"), (Algorithm.SHA1, "true"), (Algorithm.PHOTODNA, "true"),
    ]  # fmt: skip
    assert isinstance(read[-1], RejectedEntry)


def test_another_header_is_no_icse_list() -> None:
    with pytest.raises(ItemError, match="12 columns"):
        items(HASH_LISTS.get("icse"), "MD5;SHA1\n")


def test_a_free_csv_is_read_by_a_mapping_of_its_columns() -> None:
    data = f"Name|Hash value|Kat\nx|{MD5}|B\ny||C\n"
    options = ListOptions(columns={"md5": "hash VALUE", "category": "Kat"})
    assert found(HASH_LISTS.get("csv"), data, options) == [("md5", MD5, "B")]
    with pytest.raises(ItemError, match="no column Other"):
        items(HASH_LISTS.get("csv"), data, ListOptions(columns={"md5": "Other"}))


def test_a_pdq_list_gives_quality_where_the_tool_printed_it() -> None:
    read = items(
        HASH_LISTS.get("pdq"), f"{PDQ},100,a.jpg\n{PDQ[:-1]}b,49,b.jpg\nhash={PDQ[:-1]}c,x\n{PDQ.upper()}\n"
    )
    assert [getattr(e, "quality", "rejected") for e in read] == [100, "rejected", None, None]


def test_a_signal_file_names_its_types_and_unknown_ones_are_told() -> None:
    data = f"pdq {PDQ}\nvideo_md5 {MD5}\ntmk xyz\n{PDQ[:-1]}b\nurl example.org\nabc\n"
    assert [(a, v) for a, v, _ in found(HASH_LISTS.get("threatexchange"), data)] == [
        ("pdq", PDQ), ("md5", MD5), ("pdq", PDQ[:-1] + "b"),
    ]  # fmt: skip
    assert len(items(HASH_LISTS.get("threatexchange"), data)) == 6


FRAMES = [(0, 100, PDQ, "0.000"), (1, 30, PDQ[:-1] + "b", "1.000"), (2, 80, PDQ[:-1] + "c", "2.000")]
VPDQ_FORMS = {
    "text": "".join(f"{n},{q},{h},{t}\n" for n, q, h, t in FRAMES),
    "array": json.dumps([f"{h},{q},{t}" for _, q, h, t in FRAMES]),
    "object": json.dumps({str(n): {"quality": q, "hash": h, "timestamp": float(t)} for n, q, h, t in FRAMES}),
}


@pytest.mark.parametrize("form", VPDQ_FORMS)
def test_a_known_video_is_the_same_in_all_three_written_forms(form: str) -> None:
    read = items(HASH_LISTS.get("vpdq"), VPDQ_FORMS[form], ListOptions(video="clip"))
    assert [(e.name, e.value, e.frame and e.frame.time_s) for e in read if isinstance(e, KnownEntry)] == [
        ("vpdq:clip#0", PDQ, 0.0),
        ("vpdq:clip#2", PDQ[:-1] + "c", 2.0),
    ]
    assert [e.row for e in read if isinstance(e, RejectedEntry)] == [2]


def test_three_columns_are_not_the_text_form_whatever_its_readme_says() -> None:
    assert all(isinstance(e, RejectedEntry) for e in items(HASH_LISTS.get("vpdq"), f"0,100,{PDQ}\n"))


def test_a_signal_file_may_hold_whole_videos() -> None:
    read = items(HASH_LISTS.get("threatexchange"), f"vpdq {VPDQ_FORMS['array']}\nvpdq [broken\n")
    assert [getattr(e, "name", "rejected") for e in read] == [
        "vpdq:row-1#0", "rejected", "vpdq:row-1#2", "rejected",
    ]  # fmt: skip


NCMEC = f"""<?xml version="1.0"?>
<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images count="2" maxTimestamp="2026-01-01T00:00:00Z">
<image><member id="42">Example</member><timestamp>2026-01-01T00:00:00Z</timestamp><id>x</id><classification>A1</classification>
<fingerprints><md5>{MD5.upper()}</md5><sha1>{SHA1}</sha1><pdna>{PHOTODNA}</pdna><pdq>{PDQ}</pdq><netclean>n</netclean></fingerprints></image>
<deletedImage><member id="42">Example</member><id>y</id></deletedImage></images>
<videos count="1"><video><id>z</id><fingerprints><tmk_pdqf href="/a"/></fingerprints></video></videos>
<paging><next>/v2/entries?start=3</next></paging></queryResult>"""


def test_an_answer_of_the_hash_sharing_service_is_read_with_its_classification() -> None:
    assert found(HASH_LISTS.get("ncmec"), NCMEC) == [
        ("md5", MD5, "A1"), ("sha1", SHA1, "A1"), ("photodna", PHOTODNA, "A1"), ("pdq", PDQ, "A1"),
    ]  # fmt: skip
    told = [i.reason for i in items(HASH_LISTS.get("ncmec"), NCMEC) if isinstance(i, RejectedEntry)]
    assert told == ["deleted by the provider", "no fingerprint that can be used"]


@pytest.mark.parametrize(
    "data", ["<other/>", "<queryResult", '<!DOCTYPE q [<!ENTITY a "b">]><queryResult>&a;</queryResult>', ""]
)
def test_other_xml_is_refused_and_entities_are_never_opened(data: str) -> None:
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        items(HASH_LISTS.get("ncmec"), data)


@pytest.mark.parametrize("stray", ['"' + MD5 + ",1", MD5 + ',"1', '"'], ids=["before", "behind", "alone"])
def test_a_quotation_mark_that_nothing_closes_costs_its_own_line_and_no_other(stray: str) -> None:
    good = [f"{n:032x},1" for n in range(1, 1001)]
    lines = ["md5,category", *good[:1], stray, *good[1:]]
    listed = items(HASH_LISTS.get("csv"), "\n".join(lines) + "\n")
    assert [e.value for e in listed if isinstance(e, KnownEntry) and e.value != MD5] == [g[:32] for g in good]
    assert len(listed) == 1001, "every line is an entry or refused"


def test_a_cell_may_hold_a_line_break_and_a_quotation_mark_within_a_word_is_a_letter() -> None:
    text = f'md5,category,note\n{MD5},1,"two\nlines"\n{"a2" * 16},2,5" disk\n{"a3" * 16},3,x\n'
    assert found(HASH_LISTS.get("csv"), text) == [
        ("md5", MD5, "1"), ("md5", "a2" * 16, "2"), ("md5", "a3" * 16, "3")
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(['"', ",", "x", MD5, "\r", " "]), max_size=30), st.integers(1, 60))
def test_whatever_stands_in_one_line_the_others_are_read(pieces: list[str], behind: int) -> None:
    # A quote that a later line closes may take the lines between with it, told as one record: here none closes it.
    good = [f"{n:032x}" for n in range(1, behind + 1)]
    listed = found(
        HASH_LISTS.get("csv"), "\n".join(["md5,a,b", "".join(pieces).replace("\r", ""), *good]) + "\n"
    )
    assert [value for _, value, _ in listed][-behind:] == good
