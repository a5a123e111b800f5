"""Files about networks that attack their reader: a list or a database is read in the sandbox, and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.attribution import network_reading
from fairlead.attribution.networks import read_networks
from fairlead.terms.errors import UsageError


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nested.json", b"[" * 3_000_000),
        ("large.json", b"[" + b"[[[[]]]]," * 12_000_000 + b"[]]"),
        ("digits.json", b'[{"cidr": ' + b"9" * 6_000 + b"}]"),
        ("tables.toml", b"a = " + b"[" * 3_000_000),
        ("zeros.csv", bytes(1 << 20)),
    ],
    ids=["nested", "many", "6,000 digits", "nested TOML", "zeros"],
)
def test_a_list_made_to_overwhelm_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    monkeypatch.setattr(network_reading, "_LIMITS", replace(network_reading._LIMITS, memory_bytes=1 << 30))
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=name) as told:
        read_networks([tmp_path / name])
    assert told.value.code in ("NETWORKS-003", "NETWORKS-004")


@pytest.mark.parametrize(
    "data", [b"", b"\xab\xcd\xefMaxMind.com" * 9, bytes(1 << 20)], ids=["empty", "cut", "zeros"]
)
def test_a_database_that_is_none_is_an_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "odd.mmdb").write_bytes(data)
    with pytest.raises(UsageError, match=r"odd\.mmdb") as told:
        read_networks(mmdb=tmp_path / "odd.mmdb").look_up("198.51.100.7")
    assert told.value.code == "NETWORKS-004"


def test_no_octet_of_a_list_is_parsed_by_the_program_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed in the open")

    monkeypatch.setattr("fairlead.attribution.network_handler.entries_of", refuse)
    (tmp_path / "tor.txt").write_text("198.51.100.7\n")
    assert read_networks([tmp_path / "tor.txt"]).look_up("198.51.100.7").kind == "tor"
