"""What partners send and what is made to overwhelm: it is read through in the sandbox first, and ends as a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.leads import rehearsal
from fairlead.leads.opening import Expected, decrypt
from fairlead.leads.package import encrypt
from fairlead.leads.rehearsal import LARGEST_BYTES, read_partner_text, verify_package
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.names import CountryCode
from tests.leads.builders import LOG_KEY, OFFICERS, SWEDEN, closed_by_hand, payload_of, plan, sealed

NESTED = b"[" * 400 + b"]" * 400 + b","
"""Much memory for few octets: an empty list in a list, and so on."""
EXPECTED = Expected(country=CountryCode("DK"), officers=OFFICERS, ledger=LOG_KEY)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader with little memory, and none of it afterwards."""
    monkeypatch.setattr(rehearsal, "_LIMITS", replace(rehearsal._LIMITS, memory_bytes=700 << 20))
    rehearsal._pool.cache_clear()
    yield
    rehearsal._pool().close()
    rehearsal._pool.cache_clear()


def package_with(name: str, data: bytes) -> bytes:
    made = plan()
    return sealed(made, closed_by_hand(made, {**payload_of(made), name: data}))


def test_a_sound_package_opens_and_its_rules_are_looked_at_in_the_sandbox_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("taken apart in the open")

    monkeypatch.setattr("pikepdf.open", refuse)
    monkeypatch.setattr("pikepdf.Pdf.open", refuse)
    made = plan()
    data = sealed(made, closed_by_hand(made, payload_of(made)))
    assert verify_package(data, str(SWEDEN), EXPECTED).to_country == "SE"


def test_a_package_that_breaks_a_rule_is_refused_with_the_rule_that_the_sandbox_found() -> None:
    with pytest.raises(ItemError, match=r"hashes\.csv") as told:
        verify_package(package_with("hashes.csv", b"\x89PNG\r\n\x1a\n"), str(SWEDEN), EXPECTED)
    assert told.value.code == "PACKAGE-EGRESS"


@pytest.mark.usefixtures("narrow")
def test_a_package_made_to_overwhelm_is_refused_and_the_next_one_opens() -> None:
    large = package_with("package.json", b"[" + NESTED * 60_000 + b"0]")
    with pytest.raises(ItemError) as told:
        verify_package(large, str(SWEDEN), EXPECTED)
    assert told.value.code == "PACKAGE-OVERWHELMS"
    made = plan()
    assert verify_package(sealed(made, closed_by_hand(made, payload_of(made))), str(SWEDEN), EXPECTED).leads


@pytest.mark.parametrize("body", [{}, {"refused": True}, {"refused": True, "reasons": 7}, {"refused": 0}])
def test_no_answer_of_a_taken_over_worker_but_that_nothing_was_found_lets_a_package_in(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, object]
) -> None:
    monkeypatch.setattr(rehearsal, "_rehearse", lambda *_: SandboxReply(outcome=Outcome.OK, body=body))
    made = plan()
    with pytest.raises(ItemError) as told:
        verify_package(sealed(made, closed_by_hand(made, payload_of(made))), str(SWEDEN), EXPECTED)
    assert told.value.code == "PACKAGE-EGRESS"


def test_a_taken_over_worker_that_says_all_is_well_cannot_put_another_signature_under_a_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        rehearsal, "_rehearse", lambda *_: SandboxReply(outcome=Outcome.OK, body={"refused": False})
    )
    made = plan()
    strangers = replace(EXPECTED, officers=dict(zip(OFFICERS, reversed(OFFICERS.values()), strict=True)))
    with pytest.raises(ItemError) as told:
        verify_package(sealed(made, closed_by_hand(made, payload_of(made))), str(SWEDEN), strangers)
    assert told.value.code != "PACKAGE-EGRESS"


@pytest.mark.usefixtures("narrow")
def test_a_text_made_to_overwhelm_is_refused_before_the_program_reads_it(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").write_bytes(b"[" + NESTED * 20_000 + b"0]")
    with pytest.raises(ItemError) as told:
        read_partner_text(tmp_path / "receipt.json")
    assert told.value.code == "PACKAGE-OVERWHELMS"


def test_a_text_that_is_larger_than_any_answer_or_no_text_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST_BYTES + 1))
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe" * 9)
    for name, said in (("large.json", "larger"), ("odd.json", "no text")):
        with pytest.raises(UsageError, match=said):
            read_partner_text(tmp_path / name)


def test_a_long_text_of_a_partner_that_means_no_harm_is_read(tmp_path: Path) -> None:
    text = "[" + '"row",' * 100_000 + '"end"]'
    (tmp_path / "outcome.json").write_text(text)
    assert read_partner_text(tmp_path / "outcome.json") == text


def test_what_stands_behind_the_archive_of_a_package_is_refused() -> None:
    made = plan()
    archive = decrypt(sealed(made, closed_by_hand(made, payload_of(made))), str(SWEDEN))
    for behind, refused in ((b"", False), (bytes(1024), False), (b"something else", True)):
        data = encrypt(archive + behind, made.recipients)
        if refused:
            with pytest.raises(ItemError, match="behind the end") as told:
                verify_package(data, str(SWEDEN), EXPECTED)
            assert told.value.code == "PACKAGE-BAG"
        else:
            assert verify_package(data, str(SWEDEN), EXPECTED).leads
