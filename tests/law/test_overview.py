"""The overview of the shipped records, cell by cell, against the resolver: it belongs to the version of the data.

Fully synthetic, realistic pictures on 22 November 2026 (the European Union: 3 December), the best value over
both age bands. Y covered by words that were read, Pc read but in part or on a condition, ?m nothing read,
N what is recorded does not reach it, . no record; * enacted but not verified as in force. A correction of the
data changes this file as it changes the worked examples beside the records; the rules of the program do not.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from fairlead.law import assess
from fairlead.terms.law import AgeBand, ImageClass, LawVerdict, LegalAct

ROWS = list(csv.DictReader((Path(__file__).parent / "overview.csv").open(encoding="utf-8")))
BANDS = (AgeBand.UNDER_14, AgeBand.FROM_14_TO_17)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["jurisdiction"])
def test_the_resolver_says_what_the_overview_says(row: dict[str, str]) -> None:
    code = row["jurisdiction"]
    day = date(2026, 12, 3) if code == "EU" else date(2026, 11, 22)
    for act in LegalAct:
        answers = [assess(code, (day, day), act, ImageClass.SYNTH, band).periods[0].answer for band in BANDS]
        verdicts = {answer.verdict for answer in answers}
        reached = any(answer.provisions or answer.unconfirmed for answer in answers)
        match row[act.value][0], row[act.value][1:]:
            case (("N" | "."), _):
                assert not reached, act
                assert LawVerdict.MAY_APPLY not in verdicts, act
            case "Y", "":
                assert LawVerdict.MAY_APPLY in verdicts, act
            case _:
                assert reached, act
                assert LawVerdict.UNCLEAR in verdicts, act
                assert LawVerdict.MAY_APPLY not in verdicts, act


def test_the_overview_names_every_jurisdiction() -> None:
    assert len(ROWS) == 28
