"""The table of claims: its README says what its file says, and what has become 1.5 times worse is told."""

from __future__ import annotations

import json

import pytest
from benchmarks.claims import HOME, IN_SMALL, MEASURES, Row, find_worse, table_of

README = (HOME / "README.md").read_text()


def row(claim: str, ratio: float) -> dict[str, object]:
    return {"claim": claim, "ratio": ratio}


def test_a_claim_that_is_half_again_as_dear_is_told_and_a_little_dearer_is_not() -> None:
    landed = [row("walk", 2.0), row("help", 1.0)]
    assert find_worse([row("walk", 2.9), row("help", 1.0)], landed) == []
    [told] = find_worse([row("walk", 3.1), row("help", 0.5)], landed)
    assert told.startswith("walk: 3.10 times its bound, 2.00")


def test_a_claim_that_is_not_measured_any_more_is_told() -> None:
    assert find_worse([], [row("walk", 2.0)]) == ["walk: was measured in the landed table, and now is not"]
    assert find_worse([row("walk", 2.0), row("new", 9.0)], [row("walk", 2.0)]) == []


def test_what_misses_its_target_is_in_bold() -> None:
    made = Row(claim="c", product=3.0, bound=1.0, unit="CPU s", wanted=2.0)
    missed = {
        "claim": "c",
        "product": 3.0,
        "bound": 1.0,
        "unit": "CPU s",
        "wanted": 2.0,
        "told": "",
        "ratio": made.ratio,
    }
    assert "**3.00**, 2.00" in table_of([missed])
    assert "**" not in table_of([{**missed, "wanted": 3.0}])


def test_the_readme_shows_the_landed_table() -> None:
    assert table_of(json.loads((HOME / "claims.json").read_text())) in README


@pytest.mark.parametrize("file", ["claims.json", "claims-small.json"])
def test_what_has_landed_says_its_date_processor_and_command_and_the_small_form_is_all_there(
    file: str,
) -> None:
    landed = json.loads((HOME / file).read_text())
    measured = {str(r["command"]).rpartition(" ")[2] for r in landed}
    assert set(IN_SMALL) <= measured <= set(MEASURES)
    assert all(r["at"] and r["processor"] for r in landed)
    assert all(("--small" in r["command"]) == (file == "claims-small.json") for r in landed)
