"""The main job against the truth of the made-up operation."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pyrage
import pytest

from fairlead.engine.parts import PartStore
from fairlead.leads.bag import unpack
from fairlead.tables import ALL
from tests.end_to_end.conftest import Worked, ask, fairlead
from tests.tables.absent import absent_in


def test_the_summary_has_every_figure_that_was_promised(worked: Worked) -> None:
    promised = {
        "files", "verdicts", "contents", "exact", "near", "known_benign", "machine_made", "for_people",
        "views_avoided", "lines_in", "lines_parsed", "lines_quarantined", "accounts", "persons", "leads",
        "packages", "countries", "ledger_verified",
    }  # fmt: skip
    assert promised <= worked.summary.keys()
    assert worked.summary["ledger_verified"] is True
    assert worked.summary["healthy"] is True
    assert sum(worked.summary["verdicts"].values()) == worked.summary["files"]


def test_every_listed_picture_is_matched_exactly_and_nothing_else_is(worked: Worked) -> None:
    truth = {k for k, v in worked.truth("contents").items() if v["group"] == "listed"}
    rows = worked.sql("SELECT DISTINCT sha256 FROM matches WHERE kind = 'exact' AND \"set\" = 'national'")
    assert {r["sha256"] for r in rows} == truth


def test_at_least_99_of_100_altered_copies_are_matched_and_nothing_else_is(worked: Worked) -> None:
    truth = {k for k, v in worked.truth("contents").items() if v["group"] == "altered"}
    found = {r["sha256"] for r in worked.sql("SELECT DISTINCT sha256 FROM matches WHERE kind = 'near'")}
    assert found <= truth
    assert len(found) >= 0.99 * len(truth)


def test_everything_known_benign_is_recognised(worked: Worked) -> None:
    truth = {k for k, v in worked.truth("contents").items() if v["group"] == "benign"}
    rows = worked.sql("SELECT DISTINCT sha256 FROM matches WHERE meaning = 'benign'")
    assert {r["sha256"] for r in rows} == truth


def test_declared_machine_pictures_are_told_from_camera_pictures_and_conflicts_stay_for_people(
    worked: Worked,
) -> None:
    truth = worked.truth("contents")
    rows = {r["sha256"]: r for r in worked.sql("SELECT * FROM origins_of")}
    for sha256, about in truth.items():
        conclusion = rows[sha256]["conclusion"]
        match about["group"]:
            case "machine":
                assert conclusion == ("derived_from_picture" if about["derived"] else "generated")
                assert rows[sha256]["derived_from_picture"] is about["derived"]
            case "camera":
                assert conclusion == "captured"
            case "conflict":
                assert conclusion == "conflict"
            case "plain":
                assert conclusion == "nothing_found"


def test_every_planted_possibly_real_picture_comes_before_every_planted_generated_one_and_says_why(
    worked: Worked,
) -> None:
    truth = worked.truth("contents")
    rows = ask("provenance", "queue", "--limit", "100000", "--workspace", worked.lead)["queue"]
    place = {row["sha256"]: (number, row["reason"]) for number, row in enumerate(rows)}
    possibly_real = {s for s, v in truth.items() if v["derived"] or v["group"] in {"conflict", "camera"}}
    first = {s for s, v in truth.items() if v["derived"] or v["group"] == "conflict"}
    generated = {s for s, v in truth.items() if v["group"] == "machine" and not v["derived"]}
    assert possibly_real | generated <= place.keys()
    assert max(place[s][0] for s in possibly_real) < min(place[s][0] for s in generated)
    assert max(place[s][0] for s in first) < min(n for s, (n, _) in place.items() if s not in first)
    assert all("real" in place[s][1] for s in first)
    assert all("machine" in place[s][1] for s in generated)


def test_pictures_are_joined_to_the_model_that_made_them_and_to_the_picture_they_were_made_from(
    worked: Worked,
) -> None:
    answer = ask("provenance", "links", "--workspace", worked.lead)
    assert {tool["role"] for tool in answer["tools"]} == {"checkpoint", "lora"}
    kinds = {link["kind"]: link for link in answer["links"]}
    assert {
        "model_file",
        "source_file",
        "same_model",
        "same_lora",
        "same_layout",
        "file_prefix",
    } <= kinds.keys()
    assert all(link["ground"] and link["limit"] for link in answer["links"])
    acts = {(act["kind"], act["exhibit"]) for act in answer["acts"]}
    assert acts == {("possess_tool", "NSK/2"), ("produce", "NSK/2")}
    assert all(act["limits"] for act in answer["acts"])


def test_a_file_is_found_in_every_exhibit_that_holds_it(worked: Worked) -> None:
    truth = worked.truth("contents")
    rows = worked.sql(
        "SELECT DISTINCT sha256, exhibit FROM files WHERE exhibit <> 'NSK/5' AND sha256 IS NOT NULL"
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["sha256"], set()).add(row["exhibit"])
    for sha256, about in truth.items():
        assert found.get(sha256, set()) == set(about["exhibits"])


def test_every_line_of_the_log_is_parsed_or_in_quarantine(worked: Worked) -> None:
    truth = worked.truth("log")
    rows = worked.sql(
        "SELECT sum(lines_in)::BIGINT AS i, sum(lines_parsed)::BIGINT AS p, sum(lines_quarantined)::BIGINT AS q, "
        "sum(lines_skipped)::BIGINT AS s FROM sources WHERE source = 'weblog'"
    )[0]
    assert rows["i"] == truth["lines"]
    assert rows["q"] == truth["garbage"]
    assert rows["p"] + rows["q"] + rows["s"] == rows["i"]


def test_hostile_files_have_their_own_verdict_and_cost_nothing_else(worked: Worked) -> None:
    rows = worked.sql(
        "SELECT f.path, f.verdict AS file, c.verdict AS content FROM files f LEFT JOIN contents c USING (sha256) "
        "WHERE f.path LIKE 'upload/%'"
    )
    seen = {row["path"]: (row["file"], row["content"]) for row in rows}
    assert seen["upload/bomb.png"] == ("read", "limit")
    assert seen["upload/zeros.zip!zeros.bin"] == ("limit", None)
    assert seen["upload/empty.jpg"] == ("read", "empty")
    assert seen["upload/noise.png"][1] in {"damaged", "identified"}
    assert seen["upload/cut.jpg"][1] in {"damaged", "partial"}
    assert "upload/n\\xe4me-in-latin1.txt" in seen
    assert "upload/new\\x0aline.txt" in seen


def test_every_account_has_the_country_that_the_evidence_supports(worked: Worked) -> None:
    figures = ask("attribute", "evaluate", "--truth", worked.made / "truth", "--workspace", worked.lead)
    assert figures["country"]["which"] == []
    assert figures["country"]["accounts_missing"] == 0
    assert figures["false_attributions"] == 0
    assert all(trap["mixed"] == 0 for trap in figures["traps"])


def packages(worked: Worked) -> dict[str, dict[str, bytes]]:
    """Country → files of its package, opened with nothing but the country's key."""
    opened = {}
    for path in worked.summary["packages"]:
        country = path.rsplit("-", 2)[1]
        identity = pyrage.x25519.Identity.from_str((worked.keys / f"{country}.age").read_text().strip())
        opened[country] = unpack(pyrage.decrypt(Path(path).read_bytes(), [identity]))[1]
    return opened


def test_no_person_is_in_a_package_of_a_country_they_are_not_in(worked: Worked) -> None:
    accounts = worked.truth("accounts")
    for country, files in packages(worked).items():
        for path, data in files.items():
            if not path.endswith("lead.json"):
                continue
            for statement in json.loads(data)["statements"]:
                if statement["of"] == "user_name":
                    numbers = [
                        row["account"].partition(":")[2]
                        for row in worked.sql(
                            f"SELECT account FROM accounts WHERE lower(user_name) = '{statement['value']}'"
                        )
                    ]
                    for number in numbers:
                        if accounts[number]["status"] == "member":
                            assert accounts[number]["country"] == country


def test_no_identifier_of_another_countrys_person_is_in_a_package(worked: Worked) -> None:
    """A second, naive look: every e-mail, telephone, IBAN and name of elsewhere is searched for as text."""
    rows = worked.sql(
        """SELECT i.value, i.original, list(DISTINCT p.country) AS countries FROM identifiers i
           JOIN persons p ON list_contains(p.members, i.owner)
           WHERE i.kind IN ('email', 'phone', 'iban', 'card', 'name') GROUP BY ALL"""
    )
    for country, files in packages(worked).items():
        text = b"\n".join(data for path, data in files.items() if not path.endswith(".pdf")).decode()
        for row in rows:
            if country not in row["countries"] and len(row["original"] or "") > 8:
                assert row["original"] not in text, (country, row["countries"])


def test_every_statement_of_every_lead_walks_back_to_bytes(worked: Worked) -> None:
    leads = ask("lead", "list", "--workspace", worked.lead, "--country", "SE")["leads"]
    assert leads
    for lead in leads:
        explained = ask("lead", "explain", lead["lead"], "--workspace", worked.lead)
        for statement in explained["statements"]:
            if statement["kind"] == "fact":
                assert statement["traced"]
            for traced in statement["traced"]:
                assert traced["problem"] == ""
                assert traced["bytes_read"] > 0


def test_every_lead_has_an_assessment_for_its_acts(worked: Worked) -> None:
    rows = worked.sql(
        """SELECT count(*) AS n FROM acts a JOIN persons p ON list_contains(p.members, a.account)
           WHERE p.country IN ('DK', 'SE', 'DE') AND a.kind = 'access'
           AND NOT EXISTS (SELECT 1 FROM assessments s WHERE s.person = p.person AND s.act = a.act)"""
    )
    assert rows[0]["n"] == 0


def test_the_recipient_opened_the_package_and_the_receipt_came_back(worked: Worked) -> None:
    listed = ask("package", "list", "--workspace", worked.lead)["packages"]
    assert {p["country"]: p["receipt"] for p in listed}["SE"] == "opened"


def test_a_package_never_holds_a_picture(worked: Worked) -> None:
    for files in packages(worked).values():
        for data in files.values():
            assert not data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF"))


def test_processing_again_finds_everything_done(worked: Worked) -> None:
    answer = ask("process", "--workspace", worked.lead)
    assert sum(stage["done"] for stage in answer["stages"]) == 0


def test_a_decided_category_is_in_the_next_version_of_the_lead_and_the_diff_shows_it(worked: Worked) -> None:
    lead = ask("lead", "list", "--workspace", worked.lead, "--country", "SE")["leads"][0]
    name, place = lead["lead"], ("--workspace", worked.lead)
    assert ask("lead", "diff", name, *place)["head"] == {}
    ask("lead", "categorise", name, "other_party", "--reason", "only a payer", *place)
    ask("lead", "publish", *place)
    shown = ask("lead", "show", name, *place)
    assert (shown["subject_category"], shown["version"]) == ("other_party", lead["version"] + 1)
    assert ask("lead", "diff", name, *place)["head"] == {
        "subject_category": ["not_categorised", "other_party"]
    }
    assert name in {row["lead"] for row in ask("lead", "due", "--on", "2040-01-01", *place)["due"]}


def test_a_changed_exhibit_stops_the_run(worked: Worked) -> None:
    exhibit = worked.made / "exhibits" / "laptop.zip"
    original = exhibit.read_bytes()
    try:
        exhibit.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
        done = fairlead("process", "--workspace", worked.lead, check=False)
        assert done.returncode == 2
        assert "NSK/2" in done.stderr
        assert "CUSTODY-CHANGED" in done.stderr
    finally:
        exhibit.write_bytes(original)


def test_a_package_changed_by_one_byte_and_a_wrong_key_are_told_apart(worked: Worked, tmp_path) -> None:
    package = next(p for p in worked.summary["packages"] if "-SE-" in p)
    data = bytearray(Path(package).read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.tar.age"
    changed.write_bytes(data)
    keys = ("--lead-keys", worked.keys / "DK.keys.json")
    first = fairlead("verify", changed, "--key", worked.keys / "SE.age", *keys, check=False)
    second = fairlead("verify", package, "--key", worked.keys / "FI.age", *keys, check=False)
    assert (first.returncode, second.returncode) == (2, 2)
    assert "PACKAGE-CHANGED" in first.stderr
    assert "PACKAGE-KEY" in second.stderr


def test_wrong_usage_ends_with_64_and_says_what_to_do(worked: Worked, tmp_path) -> None:
    for arguments in (
        ("process", "--workspace", tmp_path),
        ("table", "nothing", "--workspace", worked.lead),
        (
            "package",
            "build",
            "--country",
            "US",
            "--preparer",
            "holm",
            "--releaser",
            "lund",
            "--workspace",
            worked.lead,
        ),
        ("--no-such-option",),
    ):
        assert fairlead(*arguments, check=False).returncode == 64


def test_the_log_shows_who_was_sent_what(worked: Worked) -> None:
    verified = ask("ledger", "verify", "--workspace", worked.lead)
    assert verified["verified"] is True
    assert verified["size"] > 40


@pytest.mark.long
def test_two_makings_with_one_seed_are_equal_byte_for_byte(tmp_path) -> None:
    for name in ("a", "b"):
        fairlead("training", "make", tmp_path / name, "--seed", "5", "--scale", "0.1")
    done = subprocess.run(["diff", "-r", tmp_path / "a", tmp_path / "b"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[:500]


def test_leads_count_uploads_as_uploads_and_fetched_files_as_fetched(worked: Worked) -> None:
    told: dict[tuple[str, str], int] = {}
    for lead in ask("lead", "list", "--country", "SE", "--workspace", worked.lead)["leads"]:
        body = ask("lead", "show", lead["lead"], "--workspace", worked.lead)
        for said in body["statements"]:
            if said["of"] in ("contents", "uploads"):
                assert ("uploaded" if said["of"] == "uploads" else "fetched") in said["text"]
                told[said["about"], said["of"]] = int(said["value"])
    rows = worked.sql(
        """SELECT p.person, CASE WHEN a.kind IN ('upload', 'produce') THEN 'uploads' ELSE 'contents' END AS of,
                  count(DISTINCT s.sha256) AS n
           FROM (SELECT person, unnest(members) AS account FROM persons) p JOIN acts a USING (account),
                unnest(a.sha256s) AS s(sha256) JOIN contents c ON c.sha256 = s.sha256
           GROUP BY ALL"""
    )
    counted = {(row["person"], row["of"]): row["n"] for row in rows}
    assert told
    assert {key: counted[key] for key in told} == told


def test_what_a_table_says_is_always_there_is_there(worked: Worked) -> None:
    store = PartStore(worked.lead / "operations" / "lanternfish" / "tables")
    absent = {table.name: absent_in(table, store.read(table)) for table in ALL.values()}
    assert {name: paths for name, paths in absent.items() if paths} == {}
    assert sum(bool(store.parts(table)) for table in ALL.values()) > 35
