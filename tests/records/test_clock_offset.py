"""The offset of a server's clock, from payments that the processor recorded, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fairlead.records.clock_offset import measure_offset
from tests.records.builders import catalogue_of

START = datetime(2024, 1, 1, tzinfo=UTC)


def payment(source, number, seconds, **columns):
    base = {"payment": f"{source}:{number}", "source": source, "kind": "payment", "exhibit": "X/1"}
    base |= {"locator": f"path:{source}{number}", "paid_at": START + timedelta(hours=number, seconds=seconds)}
    return base | columns


def offset(tmp_path, rows, **known):
    return measure_offset(
        catalogue_of(tmp_path, {"payments": rows}), source="platform", against="card", **known
    )


def test_a_clock_that_is_ninety_seconds_ahead_is_measured(tmp_path):
    rows = [payment("platform", n, 90 + n % 3, reference=f"ch_{n}") for n in range(20)]
    rows += [payment("card", n, 0) | {"payment": f"card:ch_{n}"} for n in range(20)]
    found = offset(tmp_path, rows)
    assert (found.pairs, found.seconds, found.steady) == (20, 91, True)
    assert "20 payments that card recorded" in found.evidence


def test_an_offset_that_is_already_corrected_is_part_of_the_answer(tmp_path):
    rows = [payment("platform", n, 10, reference=f"r{n}") for n in range(6)]
    rows += [payment("card", n, 0, reference=f"r{n}") for n in range(6)]
    assert offset(tmp_path, rows, known=80).seconds == 90


def test_a_reference_that_several_payments_share_says_nothing(tmp_path):
    rows = [payment("platform", n, 90, reference="same") for n in range(10)]
    rows += [payment("card", n, 0, reference="same") for n in range(10)]
    assert offset(tmp_path, rows).pairs == 0


def test_a_clock_that_jumps_has_no_single_offset(tmp_path):
    rows = [payment("platform", n, 0 if n < 10 else 7200, reference=f"r{n}") for n in range(20)]
    rows += [payment("card", n, 0, reference=f"r{n}") for n in range(20)]
    assert not offset(tmp_path, rows).steady
