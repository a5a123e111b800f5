"""The page of an exhibit draws what lies on what, and says why something was not opened."""

from __future__ import annotations

import pytest

from fairlead.case.exhibits.volumes import StackedVolume
from tests.workbench.conftest import OPERATION, World


def test_the_page_shows_every_volume_and_why_one_was_not_opened(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    volumes = [
        StackedVolume(
            container="", number=number, depth=depth, kind=kind, name=f"volume {number}", form=form,
            offset_bytes=0, size_bytes=1 << 20, encrypted=not opened, opened=opened, detail=detail,
        )
        for number, depth, kind, form, opened, detail in (
            (0, 0, "disk", "partition table", True, ""),
            (2, 1, "partition", "LUKS2", False, "no password was given"),
        )
    ]  # fmt: skip
    from django.urls import reverse

    from fairlead.workbench.views import evidence

    monkeypatch.setattr(evidence, "list_volumes", lambda session, number: volumes)
    address = reverse("exhibit", kwargs={"operation": OPERATION, "number": world.ids["number"]})
    page = world.as_("iversen").get(address).content.decode()
    assert "volume 0" in page
    assert "no password was given" in page
    assert page.count("└") == 1


def test_the_page_shows_what_is_known_so_far_and_how_fast_the_exhibits_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from django.urls import reverse

    from fairlead.case.running.runs import RunState
    from fairlead.workbench.views import evidence

    at = datetime(2026, 5, 1, tzinfo=UTC)
    run = RunState(
        run="a", command="process", state="running", began_at=at, changed_at=at, process=1, host="h", stage="digest",
        done=3, total=12, rows=3000, stage_seconds=2.0,
    )  # fmt: skip
    known = [{"set": "sought-list", "meaning": "of-interest", "files": 4711, "contents": 1}]
    monkeypatch.setattr(evidence, "find_run", lambda operation: run)
    monkeypatch.setattr(evidence, "count_recognised", lambda session, number: known)
    address = reverse("exhibit", kwargs={"operation": OPERATION, "number": world.ids["number"]})
    page = world.as_("iversen").get(address).content.decode()
    assert "3 of 12, 1500 rows a second" in page
    assert "About 6 s of it are left." in page
    assert "sought-list" in page
    assert "4711" in page
