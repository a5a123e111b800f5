"""An older backup is restored: the countries are told, no number means two things, and nobody can pretend it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.operations.workplace import Countries, ask, fairlead

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Story:
    countries: Countries
    backup: Path
    second: Path
    third: Path
    told: dict[str, Any]
    opened: dict[str, Any]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Sweden opened 0001 and 0002; Denmark lost its workspace and went back to the state before 0002."""
    countries = Countries(tmp_path_factory.mktemp("countries"))
    countries.publish("first@example.org")
    countries.open(countries.build())
    backup = countries.back_up("between.tar")
    countries.publish("second@example.org")
    second = countries.folder / "second.tar.age"
    shutil.copy(countries.build(), second)
    countries.open(second)
    shutil.rmtree(countries.denmark)
    told = ask("restore", backup, countries.denmark, "--user", "holm")
    countries.publish("third@example.org")
    third = countries.build()
    opened = countries.open(third)
    return Story(countries=countries, backup=backup, second=second, third=third, told=told, opened=opened)


def test_a_restored_workspace_gives_out_no_number_that_was_given_out_before(story: Story) -> None:
    number = int(story.third.name.removesuffix(".tar.age").rsplit("-", 1)[1])
    assert number > 200_000_000, "beyond every number there can have been, not 2 again"
    assert story.told["ledger_verified"] is True


def test_the_country_opens_the_next_package_and_is_told_what_happened(story: Story) -> None:
    opened = story.opened
    assert "restored its workspace" in opened["restored"]
    assert "lanternfish-SE-0002" in opened["restored"]
    assert "lanternfish-SE-0001" not in opened["restored"]
    story.countries.publish("fourth@example.org")
    fourth = story.countries.open(story.countries.build())
    assert fourth["version"] == opened["version"] + 1


def test_a_package_of_the_log_that_was_left_is_refused_afterwards(story: Story) -> None:
    refused = story.countries.open(story.second, code=2)
    assert refused["error"] in ("PACKAGE-REPLAY", "LEDGER-FORK")


def test_status_and_doctor_say_from_when_the_workspace_is_and_what_a_receipt_proves_to_be_missing(
    story: Story,
) -> None:
    here = ("--user", "holm", "--workspace", story.countries.denmark)
    assert "this is the state of" in fairlead("status", *here)
    receipt = story.countries.sweden / "received" / "lanternfish" / "DK" / "lanternfish-SE-0002.receipt.json"
    said = fairlead(
        "package", "receipt", receipt, "--keys", story.countries.folder / "SE.keys.json", *here, code=2
    )
    assert "restored from a backup" in said
    checks = ask("doctor", *here, code=1)["checks"]
    missing = next(check for check in checks if check["question"].startswith("Restored to the state of"))
    assert missing["found"] == ["package lanternfish-SE-0002: SE holds it, it was sent after the backup"]
    assert "lanternfish-SE-0002" in fairlead("status", *here)


def test_the_same_backup_restored_a_second_time_gives_out_numbers_of_its_own(story: Story) -> None:
    again = Countries.__new__(Countries)
    again.__dict__ |= story.countries.__dict__
    again.denmark = story.countries.folder / "denmark-again"
    ask("restore", story.backup, again.denmark, "--user", "holm")
    again.publish("other@example.org")
    built = again.build()
    assert built.name != story.third.name
    opened = again.open(built)
    assert "restored its workspace" in opened["restored"]
    story.countries.publish("fifth@example.org")
    left = story.countries.open(story.countries.build(), code=2)
    assert left["error"] in ("LEDGER-FORK", "PACKAGE-REPLAY"), "the log that was left is not gone back to"


def test_an_older_backup_over_the_newer_workspace_is_refused_until_it_is_said(story: Story) -> None:
    place = story.countries.folder / "denmark-over"
    ask("restore", story.backup, place, "--user", "holm")
    fairlead("doctor", "--user", "holm", "--workspace", place, code=1)
    said = fairlead("restore", story.backup, place, "--user", "holm", code=64)
    assert "USAGE-NEWER" in said
    assert "more than the backup" in said
    told = ask("restore", story.backup, place, "--over-newer", "--user", "holm")
    aside = Path(told["aside"])
    assert (aside / "fairlead.json").is_file(), "the newer one lies aside, whole"
    assert json.loads((place / "fairlead.json").read_text())["branch"] in told["log"]
