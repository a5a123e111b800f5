"""Evaluation and explanation."""

from __future__ import annotations

import pytest

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.explain import explain_person
from fairlead.terms.errors import UsageError
from fairlead.terms.intervals import wilson_interval
from tests.attribution.builders import Operation, account, payment, subscriber

ANNA = {"full_name": "Anna Berg", "email": "anna.berg@mail.example", "phone": "+999111222333"}


def person(name, members, grade="attributed"):
    group = {"probable_group": f"G{name}", "possible_group": f"G{name}"}
    return {"person": name, "members": members, "grade": grade} | group


def test_a_person_with_a_strangers_record_is_a_false_attribution():
    figures = evaluate(
        [person("P1", ["a", "b"]), person("P2", ["c", "d"])], {"a": "1", "b": "1", "c": "2", "d": "3"}
    )
    assert figures["false_attributions"] == 1
    assert figures["precision"] == 0.5
    assert figures["recall"] == 1.0


def test_a_wider_group_counts_for_its_grade_and_leaves_weaker_persons_out():
    rows = [
        person("P1", ["a", "b"]),
        person("P2", ["c"], "unresolved") | {"probable_group": "GP1", "possible_group": "GP1"},
        person("P3", ["d", "e"], "possible"),
    ]
    figures = evaluate(rows, {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2"})
    recall = {grade: part["recall"] for grade, part in figures["at_least"].items()}
    assert recall == {"attributed": 0.25, "probable": 0.75, "possible": 1.0}


def test_a_precision_comes_with_its_interval():
    low, high = wilson_interval(200, 200)
    assert (round(low, 3), high) == (0.981, 1.0)


def test_an_explanation_names_values_families_and_origins():
    op = Operation(account("1", **ANNA), subscriber("a", **ANNA), account("2", email=ANNA["email"]))
    explained = explain_person(op.catalogue, op.person("platform:1")["person"])
    text = "\n".join(explained.sentences)
    assert "both have phone +999111222333" in text
    assert "Measured on made-up records: " in text
    assert "both have handle anna.berg" not in text  # the mailbox says it already
    assert explained.inside[0].origins == ("NSK/1:path:x", "NSK/1:path:x")
    assert any(link.right == "platform:2" or link.left == "platform:2" for link in explained.alternatives)


def test_an_explanation_names_those_who_are_probably_the_same_and_says_that_roles_stay_apart():
    op = Operation(
        account("1", email="anna.berg@mail.example"),
        payment("1", account="platform:1", payer_name="Anna Berg", payer_email="anna.berg@mail.example"),
    )
    user, payer = op.person("platform:1")["person"], op.person("card:1")["person"]
    assert user != payer
    assert any(
        line.startswith(f"Probably one human being with {payer}; roles stay apart")
        for line in explain_person(op.catalogue, user).sentences
    )


def test_an_unknown_person_is_a_wrong_question():
    with pytest.raises(UsageError):
        explain_person(Operation(account("1")).catalogue, "P-0")


@pytest.mark.parametrize("seed", [5, 11])
def test_a_population_with_traps_is_attributed_without_a_stranger_in_five_hundred(seed, tmp_path):
    from benchmarks.linkage.generate import population

    from fairlead.attribution.networks import read_networks
    from fairlead.case.persons.attribution import attribution_stages
    from fairlead.engine.local import LocalEngine
    from fairlead.engine.parts import PartStore
    from fairlead.tables.attribution import LINKS, PERSONS
    from fairlead.tables.records import ACCOUNTS, PAYMENTS

    made = population(10_000, seed)
    store = PartStore(tmp_path)
    store.write(ACCOUNTS, "part-1.parquet", made.accounts.to_batches())
    store.write(PAYMENTS, "part-1.parquet", made.payments.to_batches())
    with LocalEngine(store, alone_up_to=100) as engine:
        for stage in attribution_stages(read_networks()):
            engine.run(stage)
    persons = store.read(PERSONS).to_pylist()
    assert sorted(m for row in persons for m in row["members"]) == sorted(made.truth)
    truth = {record: str(who) for record, who in made.truth.items()}
    figures = evaluate(persons, truth, store.read(LINKS).to_pylist())
    assert figures["grades"]["attributed"]["precision"] >= 0.998
    assert figures["grades"]["probable"]["precision"] >= 0.97
    assert figures["at_least"]["probable"]["precision"] >= 0.97
    assert figures["at_least"]["probable"]["recall"] >= 0.35
