"""Acts: what rules derive from records."""

from __future__ import annotations

from fairlead.records.acts import ActsStage, rules_of
from fairlead.records.directory import AccountDirectory
from fairlead.records.mapping import parse_mapping
from tests.records.builders import MAPPING, USERS, catalogue_of, load, source


def line(day: str, path: str = "/media/a/b.png", status: int = 200, user: str = "anna") -> bytes:
    return f'203.0.113.9 - {user} [{day}:04:04:05 +0000] "GET {path} HTTP/1.1" {status} 1 "-" "x"\n'.encode()


def acts(
    tmp_path,
    log: bytes = b"",
    *,
    files=(),
    dump: bytes = USERS,
    payments: bytes | None = None,
    rules: str = "",
):
    directory = AccountDirectory()
    tables: dict[str, list[dict[str, object]]] = {"files": list(files)}
    for name, data in (("platform", dump), ("card", payments), ("web", log)):
        if data is not None:
            for table, rows in load(source(name), data, directory).items():
                tables.setdefault(table, []).extend(rows)
    stage = ActsStage(rules_of(parse_mapping(MAPPING + rules)))
    found = [row for _, rows in stage.gather(catalogue_of(tmp_path, tables)) for row in rows.to_pylist()]
    return [row for row in found if row["account"] == "platform:users:1"]


def kinds(found):
    return sorted({row["kind"] for row in found})


def test_an_account_that_only_registered_has_that_act_alone(tmp_path):
    assert kinds(acts(tmp_path)) == ["register"]


def test_a_download_is_an_access_too(tmp_path):
    assert kinds(acts(tmp_path, line("02/Jan/2024"))) == ["access", "download", "register"]


def test_a_refused_request_is_no_act(tmp_path):
    assert kinds(acts(tmp_path, line("02/Jan/2024", status=403))) == ["register"]


def test_conduct_with_a_gap_of_more_than_thirty_days_makes_two_acts(tmp_path):
    log = line("02/Jan/2024") + line("20/Jan/2024") + line("01/Mar/2024")
    downloads = [row for row in acts(tmp_path, log) if row["kind"] == "download"]
    assert [row["events"] for row in downloads] == [2, 1]


def test_an_act_leads_back_to_its_lines(tmp_path):
    act = next(row for row in acts(tmp_path, line("02/Jan/2024") * 60) if row["kind"] == "download")
    assert act["events"] == 60
    assert len(act["origins"]) == 50
    assert act["origins"][0].startswith("NSK/1:path:x#bytes=0-")


def test_a_download_names_the_stored_content(tmp_path):
    files = [
        {"exhibit": "NSK/1", "locator": f"path:{p}", "path": p, "sha256": s}
        for p, s in (("srv/www/media/a/b.png", "aa"), ("srv/www/media/c/b.png", "bb"))
    ]
    act = next(row for row in acts(tmp_path, line("02/Jan/2024"), files=files) if row["kind"] == "download")
    assert act["sha256s"] == ["aa"]


def test_a_file_name_that_two_contents_share_names_none(tmp_path):
    files = [
        {"exhibit": "NSK/1", "locator": f"path:{p}", "path": p, "sha256": s}
        for p, s in (("x/b.png", "aa"), ("y/b.png", "bb"))
    ]
    act = next(row for row in acts(tmp_path, line("02/Jan/2024"), files=files) if row["kind"] == "download")
    assert act["sha256s"] == []


def test_a_tool_and_a_manual_are_told_by_their_path(tmp_path):
    log = line("02/Jan/2024", "/models/style.safetensors") + line("02/Jan/2024", "/guides/start.pdf")
    assert {"possess_tool", "possess_manual"} <= set(kinds(acts(tmp_path, log)))


def test_an_operator_is_told_by_the_platforms_own_record(tmp_path):
    dump = USERS.replace(b"'DK','member'", b"'DK','operator'")
    assert "operate" in kinds(acts(tmp_path, dump=dump))


def test_a_refund_is_no_act_and_a_payment_is_one(tmp_path):
    head = b"id,Description,Amount,Amount Refunded,Currency,Created (UTC)\n"
    found = acts(tmp_path, payments=head + b"ch_1,LF-1,5.00,5.00,EUR,2024-01-02 03:04\n")
    assert [row["payment"] for row in found if row["kind"] == "pay"] == ["card:ch_1"]


def test_a_platforms_own_rule_replaces_the_shipped_one(tmp_path):
    rules = '\n[[rule]]\nname = "downloaded"\nact = "download"\nrows = "accesses"\nwhy = "its own store"\npath_pattern = "^/vault/"\n'
    assert kinds(acts(tmp_path, line("02/Jan/2024"), rules=rules)) == ["access", "register"]


def test_acts_keep_their_ids_from_run_to_run(tmp_path):
    log = line("02/Jan/2024")
    assert [r["act"] for r in acts(tmp_path / "a", log)] == [r["act"] for r in acts(tmp_path / "b", log)]
