"""Lists of networks in the forms in which they are published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribute
from fairlead.case.place.session import Session
from fairlead.terms.errors import UsageError

FORMS = {
    "list.csv": "cidr,country,kind\n198.51.100.0/24,NL,vpn\n",
    "semicolons.csv": "network;type;country_code\n198.51.100.0/24;VPN;NL\n",
    "list.toml": '[[range]]\ncidr = "198.51.100.0/24"\ncountry = "NL"\nkind = "vpn"\n',
    "list.json": '[{"network": "198.51.100.0/24", "country": "NL", "kind": "vpn"}]',
    "deep.json": '{"made": 1, "prefixes": [{"ip_prefix": "198.51.100.0/24", "country": "NL", "type": "vpn"}]}',
    "lines.json": '{"prefix": "198.51.100.0/24", "kind": "vpn", "country": "NL"}\n{"prefix": "203.0.113.0/24", "kind": "tor"}\n',
}


@pytest.mark.parametrize("name", FORMS)
def test_a_list_is_read_in_every_form_it_may_have(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FORMS[name])
    placed = read_networks([tmp_path / name]).look_up("198.51.100.7")
    assert (placed.kind, placed.country) == ("vpn", "NL")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("tor-exits.txt", "# made up\n198.51.100.7\n198.51.100.8\n", "tor"),
        (
            "exit-addresses",
            "ExitNode AB\nPublished 2026-01-01\nExitAddress 198.51.100.7 2026-01-01 10:00:00\n",
            "tor",
        ),
        ("vpn.json", '["198.51.100.0/24"]', "vpn"),
        ("universities.csv", "cidr,country\n198.51.100.0/24,NL\n", None),
        ("campus.csv", "cidr,country\n198.51.100.0/24,NL\n", "university"),
    ],
)
def test_a_list_without_kinds_is_of_the_kind_that_its_name_says(
    name: str, text: str, kind: str | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert read_networks([tmp_path / name]).look_up("198.51.100.7").kind == kind


@pytest.mark.parametrize(
    "name", ["empty.csv", "empty.json", "prose.txt", "broken.json", "broken.toml", "other.csv"]
)
def test_a_list_of_which_nothing_was_read_is_an_error(name: str, tmp_path: Path) -> None:
    texts = {"empty.csv": "", "empty.json": "[]", "prose.txt": "no ranges here\n", "broken.json": '[{"a',
             "broken.toml": "[[range", "other.csv": "name,age\nx,3\n"}  # fmt: skip
    (tmp_path / name).write_text(texts[name])
    with pytest.raises(UsageError) as raised:
        read_networks([tmp_path / name])
    assert raised.value.code == "NETWORKS-003"


def test_a_database_of_anonymous_networks_says_the_kind(tmp_path: Path) -> None:
    writer = MMDBWriter(ip_version=4, database_type="made up")
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"is_anonymous": True, "is_tor_exit_node": True})
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "NL"}})
    writer.to_db_file(str(tmp_path / "anonymous.mmdb"))
    networks = read_networks(mmdb=tmp_path / "anonymous.mmdb")
    assert networks.look_up("198.51.100.7").kind == "tor"
    assert (networks.look_up("203.0.113.7").kind, networks.look_up("203.0.113.7").country) == (None, "NL")


@pytest.mark.parametrize("said", ["ZZ", "XX", "EU", "AP", "-", ""])
def test_what_publishers_write_for_no_country_is_none(tmp_path: Path, said: str) -> None:
    (tmp_path / "list.csv").write_text(f"cidr,country,kind\n198.51.100.0/24,{said},vpn\n")
    placed = read_networks([tmp_path / "list.csv"]).look_up("198.51.100.7")
    assert (placed.country, placed.kind) == (None, "vpn")


def test_uk_is_gb_and_a_country_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "uk.csv").write_text("cidr,country\n198.51.100.0/24,uk\n")
    assert read_networks([tmp_path / "uk.csv"]).look_up("198.51.100.7").country == "GB"
    for said in ("Denmark", "QQ", "DNK"):
        (tmp_path / "odd.csv").write_text(f"cidr,country\n198.51.100.0/24,{said}\n")
        with pytest.raises(UsageError, match="ISO 3166-1"):
            read_networks([tmp_path / "odd.csv"])


def test_a_list_that_cannot_be_read_is_not_kept_for_later_runs(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    session = make_session()
    (tmp_path / "page.html").write_text("<html>not found</html>")
    with pytest.raises(UsageError, match=r"page\.html"):
        attribute(session, network_files=(tmp_path / "page.html",))
    assert attribute(session).persons == 0
