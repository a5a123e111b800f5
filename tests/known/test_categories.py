"""Category schemes are data; a mapping says where it loses; nothing is guessed."""

from __future__ import annotations

import io
import json

import pytest

from fairlead.known.categories import find_schemes, get_scheme, map_category, parse_scheme
from fairlead.known.entry import KnownEntry
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.known.write_vics import WrittenList, write_vics
from fairlead.terms.errors import UsageError

US, UK, PIVOT = get_scheme("vics-us"), get_scheme("uk"), get_scheme("pivot")


@pytest.mark.parametrize("name", list(find_schemes()))
def test_every_scheme_names_version_and_source_and_maps_only_to_neutral_classes(name: str) -> None:
    scheme = get_scheme(name)
    assert scheme.version
    assert scheme.source
    assert set(scheme.pivot.values()) <= PIVOT.codes.keys()
    assert scheme.back.keys() <= PIVOT.codes.keys()


@pytest.mark.parametrize("scheme", [UK, PIVOT, get_scheme("canada")])
def test_null_and_absent_pass_every_mapping_and_zero_is_neither(scheme: object) -> None:
    assert map_category(None, US, scheme).category is None
    assert map_category("null", US, scheme).category == "null"
    zero = map_category("0", US, scheme)
    assert zero.category not in {None, "null"} or not zero.mapped


def test_a_grade_that_is_lost_is_said_to_be_lost_and_never_made_up() -> None:
    there = map_category("A", UK, US)
    assert (there.category, there.losses) == ("1", ("the grade A is lost",))
    assert not map_category("1", US, UK).mapped


def test_codes_that_are_not_public_are_not_guessed() -> None:
    assert get_scheme("canada").codes == {}
    assert not get_scheme("canada").complete
    assert not map_category("1", get_scheme("canada"), US).mapped


def test_an_unknown_key_or_a_stray_mapping_makes_a_scheme_unusable() -> None:
    text = 'scheme="x"\nversion="1"\ntitle="t"\nsource="s"\ncomplete=true\n[codes]\n1="a"\n[back]\n'
    assert parse_scheme(text).codes == {"1": "a"}
    with pytest.raises(ValueError, match="unknown"):
        parse_scheme("colour=1\n" + text)
    with pytest.raises(ValueError, match="no code"):
        parse_scheme(text + 'unassessed="9"\n')


def test_a_scheme_that_nobody_wrote_down_is_refused() -> None:
    with pytest.raises(UsageError, match="USAGE-SCHEME"):
        get_scheme("nowhere")


def known(row: int, algorithm: str, value: str, category: str | None) -> dict[str, object]:
    return {"source": "l", "row": row, "algorithm": algorithm, "value": value, "category": category}


def written(rows: list[dict[str, object]], given: object, wanted: object) -> tuple[bytes, WrittenList]:
    out = io.BytesIO()
    told = write_vics(rows, given, wanted, out)
    return out.getvalue(), told


def test_a_list_goes_out_and_comes_back_with_zero_null_and_absent() -> None:
    rows = [known(n, "md5", f"{n}a" * 16, c) for n, c in enumerate(["0", "null", None, "3"], start=1)]
    rows.insert(1, known(1, "sha1", "b2" * 20, "0"))
    data, told = written(rows, US, US)
    back = [
        e for e in HASH_LISTS.get("vics").read(io.BytesIO(data), ListOptions()) if isinstance(e, KnownEntry)
    ]
    assert [(e.row, e.algorithm.value, e.value, e.category) for e in back] == [
        (r["row"], r["algorithm"], r["value"], r["category"]) for r in rows
    ]
    assert (told.items, told.unmapped.total()) == (4, 0)


def test_a_category_without_counterpart_is_left_out_and_counted() -> None:
    data, told = written([known(1, "md5", "1a" * 16, "1"), known(2, "pdq", "5a" * 32, "9")], US, UK)
    items = json.loads(data)["value"]
    assert all("Category" not in item for item in items)
    assert dict(told.unmapped) == {"1": 1, "9": 1}
    assert items[1]["AlternativeHashes"] == [{"HashName": "PDQ", "HashValue": "5a" * 32}]
    assert "/UK/$metadata#Media" in json.loads(data)["@odata.context"]


def test_frames_of_videos_have_no_place_in_such_a_list_and_are_counted() -> None:
    data, told = written([known(1, "vpdq", "5a" * 32, None)], None, UK)
    assert json.loads(data)["value"] == []
    assert (told.items, told.left_out) == (0, 1)
