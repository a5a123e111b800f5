"""Measures the law resolver: one answer after start, and a million assessments of a made-up operation.

    python benchmarks/law/assess.py [--acts 1000000]

Prints CPU seconds of this process; nothing is asserted.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.law import assess, load_records
from fairlead.law.resolve import timeline_of
from fairlead.law.stage import AssessmentsStage
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACTS
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.law import AgeBand, ImageClass, LegalAct
from fairlead.terms.platform import PlatformAct

CONDUCT = (PlatformAct.PAY, PlatformAct.ACCESS, PlatformAct.DOWNLOAD, PlatformAct.UPLOAD)


def single_answers(codes: tuple[str, ...]) -> list[float]:
    """Milliseconds of the first answer to each of many different questions."""
    spent = []
    for code in codes:
        for act in LegalAct:
            begun = time.perf_counter()
            assess(code, (date(2024, 6, 1), date(2026, 12, 31)), act, ImageClass.SYNTH, AgeBand.UNDER_18)
            spent.append((time.perf_counter() - begun) * 1000)
    return sorted(spent)


def calls(count: int, codes: tuple[str, ...], seed: int) -> float:
    """CPU seconds of so many calls of ``assess`` with random questions and days."""
    random.seed(seed)
    acts, images, ages = list(LegalAct), list(ImageClass), list(AgeBand)
    begin = date(2024, 1, 1)
    asked = []
    for _ in range(count):
        first = begin + timedelta(days=random.randrange(1100))
        period = (first, first + timedelta(days=random.randrange(60)))
        asked.append(
            (random.choice(codes), period, random.choice(acts), random.choice(images), random.choice(ages))
        )
    begun = time.process_time()
    for jurisdiction, period, act, image, age in asked:
        assess(jurisdiction, period, act, image, age)
    return time.process_time() - begun


def stage(acts: int, seed: int) -> tuple[float, int]:
    """CPU seconds of the stage over so many acts, and the rows it makes."""
    random.seed(seed)
    countries = sorted(PARTICIPANTS)
    people = max(1, acts // 20)
    persons = [
        {"person": f"P-{n:08x}", "country": random.choice(countries), "members": [f"a:{n}"]}
        for n in range(people)
    ]
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    rows = []
    for n in range(acts):
        first = begin + timedelta(minutes=random.randrange(1_500_000))
        rows.append(
            {
                "act": f"{n}", "kind": random.choice(CONDUCT).value, "account": f"a:{n % people}",
                "from_at": first, "to_at": first + timedelta(days=random.randrange(30)),
            }
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        store = PartStore(Path(folder))
        store.write(PERSONS, part_name("p"), [PERSONS.batch(persons)])
        store.write(ACTS, part_name("a"), [ACTS.batch(rows)])
        begun = time.process_time()
        catalogue = Catalogue(store)
        made = sum(table.num_rows for _, table in AssessmentsStage().gather(catalogue))
        catalogue.close()
    return time.process_time() - begun, made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--acts", type=int, default=300_000)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    begun = time.perf_counter()
    records = load_records()
    print(
        f"reading the records: {(time.perf_counter() - begun) * 1000:.0f} ms, {len(records.versions)} versions"
    )
    spent = single_answers(records.codes)
    print(
        f"one new answer: median {spent[len(spent) // 2]:.2f} ms, slowest of {len(spent)} {spent[-1]:.2f} ms"
    )
    seconds = calls(given.calls, records.codes, given.seed)
    print(
        f"{given.calls:,} calls of assess: {seconds:.1f} CPU-s, {timeline_of.cache_info().currsize} questions kept"
    )
    seconds, made = stage(given.acts, given.seed)
    print(
        f"stage: {given.acts:,} acts, {made:,} assessments: {seconds:.1f} CPU-s ({seconds / made * 1e6:.1f} s a million)"
    )


if __name__ == "__main__":
    main()
