"""Values of another kind, everywhere in what comes in: each is refused in words or means nothing, and none is a crash."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from fairlead.case.place.keys import LeadKeys, parse_lead_keys
from fairlead.case.receiving.incoming import take_in
from fairlead.leads.dsse import envelope_of, sign_payload
from fairlead.leads.outcome import (
    NoActionReason,
    Outcome,
    OutcomeFile,
    OutcomeState,
    sign_outcomes,
    verify_outcomes,
)
from fairlead.leads.recall import (
    Recall,
    acknowledge_recall,
    sign_recall,
    verify_acknowledgement,
    verify_recall,
)
from fairlead.leads.receipt import Receipt, ReceiptState, sign_receipt, verify_receipt
from fairlead.ledger.checkpoint import Checkpoint
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.names import CountryCode
from tests.case.test_receiving import BERG, Denmark, denmark
from tests.leads.builders import (
    AT,
    LOG_KEY,
    OFFICERS,
    PREPARER,
    RELEASER,
    SWEDEN,
    closed_by_hand,
    payload_of,
    plan,
    proof_file,
    sealed,
)
from tests.leads.opened import open_here

__all__ = ["denmark"]  # the fixture

ODD = (
    "-1", "0", "7.5", "1e999", "-Infinity", "Infinity", "NaN", "true", "null", '""', '"x"', "[]", "[1]", "[[]]", "{}",
    '{"a": 1}', "1" + "0" * 400, "1" + "0" * 5000, "[" * 2000 + "]" * 2000, "[" * 900 + "]" * 900, '{"a":' * 2000 + "1" + "}" * 2000, '"\\u0000"',
    '"\\ud800"', '"' + "9" * 5000 + '"', '"9999-12-31T23:59:59.999999-23:59"', '"0001-01-01T00:00:00+23:59"',
    '"2026-03-04"', '"٣"', '" 2"', '"1_0"',
)  # fmt: skip
"""What stands in the place of a value, as it is written in JSON."""
_HERE = "what is odd stands here"
LAST = Checkpoint(origin=LOG_KEY.name, size=3, root=b"\x01" * 32)
_EACH = 4  # odd values for every value, drawn anew for each


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON value."""
    yield so_far
    if isinstance(value, dict):
        for key, part in value.items():
            yield from paths(part, (*so_far, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from paths(part, (*so_far, at))


def mutated(value: Any, rng: random.Random, *, each: int = _EACH) -> Iterator[str]:
    """The JSON value again and again, each time with something odd in the place of one of its values."""
    for path in paths(value):
        for odd in rng.sample(ODD, each):
            changed = copy.deepcopy(value) if path else _HERE
            at = changed
            for step in path[:-1]:
                at = at[step]
            if path:
                at[path[-1]] = _HERE
            yield json.dumps(changed, indent=1, ensure_ascii=False).replace(f'"{_HERE}"', odd) + "\n"


def opens(files: dict[str, bytes], seen: Checkpoint | None = None) -> str:
    """The code with which a package is refused; ``opened`` when it is taken. Anything else raised fails the test."""
    try:
        open_here(
            sealed(plan(), files),
            str(SWEDEN),
            country=CountryCode("DK"),
            officers=OFFICERS,
            ledger=LOG_KEY,
            seen=seen,
            earlier=[Checkpoint(origin=LOG_KEY.name, size=2, root=b"\x01" * 32)],
            restored_at=AT,
            now=AT,
        )
    except ItemError as refused:
        return refused.code
    return "opened"


def read(by: Callable[[str], object], text: str) -> str:
    """As `opens`, for a text and what reads it."""
    try:
        by(text)
    except (ItemError, UsageError) as refused:
        return refused.code
    return "read"


@cache
def payload() -> dict[str, bytes]:
    return payload_of(plan())


def test_a_statement_with_values_of_another_kind_is_refused() -> None:
    rng, files = random.Random(1), closed_by_hand(plan(), payload())
    envelope = json.loads(files["statement.dsse.json"])
    statement = json.loads(base64.b64decode(envelope["payload"]))
    seen = set()
    for text in mutated(statement, rng):
        signed = envelope_of(
            text.encode(), [sign_payload(text.encode(), one) for one in (PREPARER, RELEASER)]
        )
        seen.add(opens(closed_by_hand(plan(), payload(), statement__dsse__json=signed.encode())))
    for text in mutated(envelope, rng, each=len(ODD)):
        seen.add(opens(closed_by_hand(plan(), payload(), statement__dsse__json=text.encode())))
    assert {"PACKAGE-ENVELOPE", "PACKAGE-COVER", "PACKAGE-SIGNATURE"} <= seen


def test_a_cover_with_values_of_another_kind_is_refused() -> None:
    rng, seen = random.Random(2), set()
    for text in mutated(json.loads(payload()["package.json"]), rng):
        seen.add(opens(closed_by_hand(plan(), {**payload(), "package.json": text.encode()})))
    assert {"PACKAGE-COVER", "PACKAGE-EGRESS"} <= seen


def test_a_lead_with_values_of_another_kind_is_refused() -> None:
    rng, seen = random.Random(3), set()
    path = next(name for name in payload() if name.endswith("lead.json"))
    for text in mutated(json.loads(payload()[path]), rng):
        seen.add(opens(closed_by_hand(plan(), {**payload(), path: text.encode()})))
    assert seen == {
        "PACKAGE-EGRESS",
        "opened",
    }  # what is nowhere else in the package, such as a value, is believed


def test_a_ledger_proof_with_values_of_another_kind_is_refused() -> None:
    rng, seen = random.Random(4), set()
    files = closed_by_hand(plan(), payload())
    proof = json.loads(files["ledger.json"])
    step = {"since": 3, "proof": [proof["proof"][0]] * 2}
    proof |= {"consistency": step, "earlier": [step | {"since": 2}]}
    restored = {
        "note": proof["checkpoint"],
        "leaf": proof["leaf"],
        "inclusion": step["proof"],
        "consistency": step["proof"],
    }
    for base in (proof, proof | {"restored": [restored]}):
        for text in mutated(base, rng, each=8):
            seen.add(opens(closed_by_hand(plan(), payload(), ledger__json=text.encode()), LAST))
    for text in mutated(json.loads(proof["leaf"]), rng, each=8):
        held = proof_file(proof | {"leaf": text})
        seen.add(opens(closed_by_hand(plan(), payload(), ledger__json=held), LAST))
    assert {"PACKAGE-LEDGER", "LEDGER-NOTE", "LEDGER-CONTINUATION", "LEDGER-FORK"} <= seen


def _answers() -> Iterator[tuple[str, Callable[[str], object]]]:
    package, sha256 = "lanternfish-SE-0001", "a" * 64
    recall = Recall(
        package=package, sha256=sha256, country="SE", leads=("L-SE-0000000001",), reason="x", at=AT
    )
    outcome = Outcome(
        lead="L-SE-0000000001",
        states=(OutcomeState.NO_ACTION,),
        reason=NoActionReason.OTHER,
        new_exhibits=("NSK/4",),
        victims_safeguarded=1,
    )
    receipt = Receipt(
        package=package, version=1, sha256=sha256, country="SE", state=ReceiptState.ACCEPTED, reason="", at=AT
    )
    yield sign_receipt(receipt, PREPARER), lambda text: verify_receipt(text, OFFICERS)
    yield sign_recall(recall, PREPARER), lambda text: verify_recall(text, OFFICERS)
    yield (
        acknowledge_recall(recall, PREPARER, notice=sha256, at=AT),
        lambda text: verify_acknowledgement(text, OFFICERS),
    )
    yield (
        sign_outcomes(
            OutcomeFile(package=package, sha256=sha256, country="SE", at=AT, outcomes=(outcome,)), PREPARER
        ),
        lambda text: verify_outcomes(text, OFFICERS),
    )


@pytest.mark.parametrize("which", range(4))
def test_an_answer_with_values_of_another_kind_is_refused(which: int) -> None:
    signed, by = [*_answers()][which]
    rng, seen = random.Random(5 + which), set()
    envelope = json.loads(signed)
    for text in mutated(envelope, rng, each=len(ODD)):
        seen.add(read(by, text))
    for text in mutated(json.loads(base64.b64decode(envelope["payload"])), rng, each=len(ODD)):
        seen.add(read(by, envelope_of(text.encode(), [sign_payload(text.encode(), PREPARER)])))
    assert len(seen - {"read"}) > 1


def test_a_file_of_keys_with_values_of_another_kind_is_refused() -> None:
    keys = LeadKeys(
        country=CountryCode("SE"), officers=dict(OFFICERS), ledger=LOG_KEY, valid_until={"holm": AT}
    )
    seen = {
        read(parse_lead_keys, text)
        for text in mutated(json.loads(keys.to_json()), random.Random(9), each=len(ODD))
    }
    assert "USAGE-KEY" in seen
    assert seen <= {"USAGE-KEY", "read"}


def test_an_answer_that_is_brought_with_values_of_another_kind_is_refused(denmark: Denmark) -> None:
    rng, seen = random.Random(10), set()
    for signed in (denmark.receipt(ReceiptState.ACCEPTED), denmark.outcomes()):
        statement = json.loads(base64.b64decode(json.loads(signed)["payload"]))
        for text in mutated(statement, rng):
            answer = envelope_of(text.encode(), [sign_payload(text.encode(), BERG)])
            seen.add(read(lambda it: take_in(denmark.session, it, country="SE"), answer))
    assert len(seen - {"read"}) > 1
