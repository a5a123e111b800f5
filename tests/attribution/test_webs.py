"""Webs: what is decided in one depends on nothing outside it, wherever it is decided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benchmarks.linkage.generate import population

from fairlead.attribution import shipped
from fairlead.attribution.links import TRIANGLE, links_of
from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.engine.stage import MapStage
from fairlead.tables.attribution import LINKS, WEBS
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.terms.platform import Judgement
from tests.attribution.builders import Operation, account, payment, subscriber

PAYER = {"payer_name": "Anna Berg", "payer_email": "anna.berg@mail.example", "account": "platform:1"}


def store_of(folder: Path, records: int, seed: int) -> PartStore:
    made = population(records, seed)
    store = PartStore(folder)
    store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
    store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
    return store


def attribute(store: PartStore, judgements: tuple[tuple[str, str, Judgement], ...] = ()) -> None:
    with LocalEngine(store, alone_up_to=100) as engine:
        for stage in attribution_stages(read_networks(), judgements):
            engine.run(stage)


def one_web(webs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    records: dict[str, dict[str, Any]] = {}
    for record in (record for web in webs for record in web["records"]):
        known = records.setdefault(record["record"], record)
        known["copies"] = known["copies"] or record["copies"]
    pairs = [pair for web in webs for pair in web["pairs"] or ()]
    return list(links_of([records[name] for name in sorted(records)], pairs))


@pytest.mark.parametrize("seed", [3, 8])
def test_links_decided_web_by_web_are_those_of_all_records_decided_together(
    seed: int, tmp_path: Path
) -> None:
    store = store_of(tmp_path, 4000, seed)
    first = store_of(tmp_path / "unjudged", 4000, seed)
    attribute(first)
    links = first.read(LINKS).to_pylist()
    noted = [link for link in links if link["decision"] == "noted" and link["grade"] == "possible"]
    joined = [link for link in links if link["decision"] == "joined" and link["pattern"]]
    judgements = (
        (links[0]["left"], links[-1]["right"], Judgement.SAME),
        *((link["left"], link["right"], Judgement.SAME) for link in noted[:3]),
        *((link["left"], link["right"], Judgement.DIFFERENT) for link in joined[:3]),
        (links[5]["left"], links[-5]["right"], Judgement.DIFFERENT),
    )
    attribute(store, judgements)
    webs = store.read(WEBS).to_pylist()
    assert len(webs) > 500
    assert any(web["web"].startswith("between ") for web in webs)
    apart = sorted(store.read(LINKS).to_pylist(), key=ends)
    together = sorted(one_web(webs), key=ends)
    assert apart == together
    assert {link["decision"] for link in apart} == {"joined", "noted", "refused", "same", "different"}


def test_platform_processor_and_provider_agree_inside_one_web_and_a_payer_outside_it_agrees_with_nobody() -> (
    None
):
    berg = {"payer_name": "Anna Berg", "payer_email": "anna.berg@mail.example", "instrument_kind": "card"}
    rows = (
        account("1", email="anna.berg@mail.example", registered_ip="198.51.100.7"),
        payment("1", account="platform:1", **berg, instrument="f1"),
        subscriber("a", full_name="Anna Berg", email="anna.berg@mail.example", last_ip="198.51.100.7"),
    )
    stranger = payment("9", account="platform:1", payer_name="Lars Holm", payer_email="lars@web.example")
    alone, beside = Operation(*rows), Operation(*rows, stranger)
    assert TRIANGLE in alone.link("platform:1", "provider:a")["reasons"]
    assert TRIANGLE not in beside.link("platform:1", "provider:a")["reasons"]
    for op in (alone, beside):
        webs = op.store.read(WEBS).to_pylist()
        assert sorted(op.store.read(LINKS).to_pylist(), key=ends) == sorted(one_web(webs), key=ends)


def test_an_operation_without_records_has_no_persons(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    attribute(store)
    assert [store.read(stage.writes).num_rows for stage in attribution_stages(read_networks())] == [0] * 9


def test_a_shipped_list_that_changed_makes_what_rests_on_it_and_nothing_else_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {stage.name: stage.version for stage in attribution_stages(read_networks())}
    for name in (
        "values.toml",
        "hints.toml",
        "linkage.toml",
        "measured.toml",
        "names.toml",
        "given_names.txt",
    ):
        (tmp_path / name).write_bytes((shipped.FOLDER / name).read_bytes())
    (tmp_path / "values.toml").write_text("another")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    after = {stage.name: stage.version for stage in attribution_stages(read_networks())}
    assert [name for name in before if before[name] != after[name]] == ["normal forms"]


def ends(link: dict[str, Any]) -> tuple[str, str]:
    return link["left"], link["right"]


def test_a_record_is_in_one_web_and_beside_it_only_where_nothing_can_join(tmp_path: Path) -> None:
    store = store_of(tmp_path, 4000, 3)
    attribute(store)
    home: dict[str, str] = {}
    for web in store.read(WEBS).to_pylist():
        names = [record["record"] for record in web["records"]]
        assert names == sorted(names)
        if web["web"].startswith("between "):
            assert all(pair["refusal"] or pair["grade"] == "unresolved" for pair in web["pairs"])
        else:
            assert web["web"] == names[0]
            assert not [name for name in names if home.setdefault(name, web["web"]) != web["web"]]


def test_tasks_of_any_size_give_the_same_links_and_persons(tmp_path: Path) -> None:
    large, small = store_of(tmp_path / "large", 2000, 5), store_of(tmp_path / "small", 2000, 5)
    attribute(large)
    with LocalEngine(small, alone_up_to=100) as engine:
        for stage in attribution_stages(read_networks()):
            cut = replace(stage, rows_per_task=137) if isinstance(stage, MapStage) else stage
            done = engine.run(cut).done
            assert done >= 5 or not isinstance(stage, MapStage)
    for table in (LINKS, stage.writes):
        order = [(name, "ascending") for name in table.key]
        assert small.read(table).sort_by(order).equals(large.read(table).sort_by(order))


def test_payments_that_say_the_same_are_one_profile_until_a_person_tells_them_apart() -> None:
    rows = (account("1"), payment("1", **PAYER), payment("2", **PAYER), payment("3", **PAYER))
    assert Operation(*rows).same("card:1", "card:2", "card:3")
    judged = Operation(*rows, judgements=(("card:1", "card:2", Judgement.DIFFERENT),))
    assert not judged.same("card:1", "card:2")
    assert judged.link("card:1", "card:2")["decision"] == "different"


def test_a_judgement_of_different_between_records_that_nothing_connects_is_told() -> None:
    op = Operation(
        account("1"), subscriber("a"), judgements=(("platform:1", "provider:a", Judgement.DIFFERENT),)
    )
    assert op.link("platform:1", "provider:a")["decision"] == "different"
    assert not op.same("platform:1", "provider:a")


def test_a_judgement_writes_again_the_links_of_its_own_web_only(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("fairlead.attribution.webs.WEBS_A_PART", 50)
    store = store_of(tmp_path, 3000, 4)
    attribute(store)
    link = next(
        link for link in store.read(LINKS).to_pylist() if link["decision"] == "joined" and link["pattern"]
    )
    before = {part.name for part in store.parts(LINKS)}
    attribute(store, ((link["left"], link["right"], Judgement.DIFFERENT),))
    after = {part.name for part in store.parts(LINKS)}
    assert len(before) > 10
    assert 1 <= len(after - before) <= 3
