"""The page for planners shows what the planning script gives."""

from __future__ import annotations

from benchmarks.scale.plan import ROWS, Device, plan, row

from tests.documents.console import ROOT


def test_the_rows_of_the_capacity_page_are_those_of_the_script() -> None:
    page = (ROOT / "docs" / "explanation" / "capacity.md").read_text()
    for name, devices, cores in ROWS:
        assert row(name, plan(devices), cores) in page


def test_twice_the_devices_take_twice_the_hours_and_more_pixels_take_more() -> None:
    assert plan(200).hours == 2 * plan(100).hours
    assert plan(100, Device(megapixels=16)).hours > plan(100, Device(megapixels=8)).hours
