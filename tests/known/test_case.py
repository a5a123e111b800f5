"""Hash sets in an operation: imported, updated, removed, exported, explained, and each step in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fairlead.case.known.certifying import certify_hash_set
from fairlead.case.known.explaining import explain_matches
from fairlead.case.known.exporting import export_hash_set
from fairlead.case.known.sets import (
    get_hash_set,
    import_hash_set,
    let_entry_through,
    list_hash_sets,
    list_held,
    remove_hash_set,
    update_hash_set,
)
from fairlead.case.place.session import Session
from fairlead.known.imports import HashSet
from fairlead.known.lists import HASH_LISTS
from fairlead.tables.known import MATCHES
from fairlead.tables.media import CONTENTS
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.matching import Meaning, ReleasePolicy

PICTURES = np.random.default_rng(3).integers(0, 256, (4, 32), dtype=np.uint8)


def hash_set(name: str = "s", **more: object) -> HashSet:
    told = {
        "version": "1",
        "scheme": "vics-us",
        "meaning": Meaning.OF_INTEREST,
        "release": ReleasePolicy.RELEASABLE,
    }
    return HashSet(name=name, **{**told, **more})


@pytest.fixture
def session(make_session: Callable[..., Session]) -> Session:
    made = make_session()
    rows = [
        {"sha256": f"{n}a" * 32, "md5": f"{n}b" * 16, "verdict": "decoded", "pdq": p.tobytes(), "pdq_quality": 90,
         "pdq_pipeline": "pdq-full/test", "exhibit": "E/1", "locator": f"path:{n}"}
        for n, p in enumerate(PICTURES)
    ]  # fmt: skip
    made.store.write(CONTENTS, "part-0.parquet", [CONTENTS.batch(rows)])
    return made


def pdq_list(tmp_path: Path, *numbers: int) -> Path:
    path = tmp_path / f"list-{numbers}.txt"
    path.write_text("".join(PICTURES[n].tobytes().hex() + "\n" for n in numbers) + "broken\n")
    return path


def test_an_update_says_what_came_what_went_and_matches_only_that(session: Session, tmp_path: Path) -> None:
    import_hash_set(session, pdq_list(tmp_path, 0, 1), HASH_LISTS.get("pdq"), hash_set(radius=20))
    report = update_hash_set(session, pdq_list(tmp_path, 1, 2, 3), "s", version="2")
    assert (report.added, report.removed, report.matches_before, report.matches) == (2, 1, 0, 3)
    assert report.imported.reasons == {"not a pdq value: 64 hex digits expected": 1}
    assert {row["threshold"] for row in session.store.read(MATCHES).to_pylist()} == {20}
    assert get_hash_set(session, "s")["version"] == "2"


def test_removing_a_set_removes_its_matches_and_nothing_else(session: Session, tmp_path: Path) -> None:
    for name in ("s", "t"):
        import_hash_set(session, pdq_list(tmp_path, 0), HASH_LISTS.get("pdq"), hash_set(name))
    update_hash_set(session, pdq_list(tmp_path, 0), "s", version="1")
    assert remove_hash_set(session, "s", reason="withdrawn by the provider") == 1
    assert [row["set"] for row in session.store.read(MATCHES).to_pylist()] == ["t"]
    with pytest.raises(UsageError, match="USAGE-SET-UNKNOWN"):
        remove_hash_set(session, "s", reason="again")


def test_every_change_of_a_set_is_in_the_ledger(session: Session, tmp_path: Path) -> None:
    import_hash_set(session, pdq_list(tmp_path, 0), HASH_LISTS.get("pdq"), hash_set())
    update_hash_set(session, pdq_list(tmp_path, 0, 1), "s", version="2")
    export_hash_set(session, "s", tmp_path / "out.json", scheme="uk", recipient="GB")
    remove_hash_set(session, "s", reason="withdrawn")
    from fairlead.register.models import LedgerRow

    done = LedgerRow.objects.filter(case=session.operation).order_by("index").values_list("what", flat=True)
    assert [w for w in done if w.startswith("known.")] == [
        "known.import", "known.update", "known.export", "known.remove",
    ]  # fmt: skip


def test_a_name_that_is_taken_is_refused_and_a_broken_list_changes_nothing(
    session: Session, tmp_path: Path
) -> None:
    import_hash_set(session, pdq_list(tmp_path, 0), HASH_LISTS.get("pdq"), hash_set())
    with pytest.raises(UsageError, match="USAGE-SET"):
        import_hash_set(session, pdq_list(tmp_path, 1), HASH_LISTS.get("pdq"), hash_set())
    broken = tmp_path / "broken.json"
    broken.write_text('{"value": [')
    with pytest.raises(ItemError, match="KNOWN-LIST"):
        import_hash_set(session, broken, HASH_LISTS.get("vics"), hash_set("new"))
    assert [row["set"] for row in list_hash_sets(session)] == ["s"]


def test_a_held_entry_counts_once_a_person_let_it_through(session: Session, tmp_path: Path) -> None:
    near = np.unpackbits(PICTURES[0])
    near[:9] ^= 1
    rows = [
        {"sha256": "ee" * 32, "verdict": "decoded", "pdq": np.packbits(near).tobytes(), "pdq_quality": 90,
         "pdq_pipeline": "pdq-full/test"}
    ]  # fmt: skip
    session.store.write(CONTENTS, "part-1.parquet", [CONTENTS.batch(rows)])
    import_hash_set(session, pdq_list(tmp_path, 0, 1), HASH_LISTS.get("pdq"), hash_set(flood_limit=1))
    update_hash_set(session, pdq_list(tmp_path, 0, 1), "s", version="1")
    [held] = list_held(session)
    assert (held["reason"], held["contents"]) == ("flood", 2)
    told = explain_matches(session, "ee" * 32)
    assert told["matches"] == []
    assert "a person looks at the entry first" in told["held"][0]["words"]
    assert let_entry_through(session, "s", held["entry"], reason="looked at: right") == 2
    assert list_held(session) == []
    with pytest.raises(UsageError, match="USAGE-HELD"):
        let_entry_through(session, "s", held["entry"], reason="again")


def test_an_explanation_is_enough_to_compute_the_match_again(session: Session, tmp_path: Path) -> None:
    import_hash_set(session, pdq_list(tmp_path, 2), HASH_LISTS.get("pdq"), hash_set())
    update_hash_set(session, pdq_list(tmp_path, 2), "s", version="7")
    [match] = explain_matches(session, "2a" * 32)["matches"]
    distance = (int(match["hash"], 16) ^ int(match["value"], 16)).bit_count()
    assert distance == match["distance"] <= match["threshold"]
    assert (match["version"], match["transform"], match["quality"]) == ("7", "identity", 90)
    assert "sha256:" in match["source"]
    for said in (match["hash"], match["value"], "version 7", "pdq-full/test"):
        assert said in match["words"]


def test_what_may_not_leave_does_not_leave(session: Session, tmp_path: Path) -> None:
    for policy in (ReleasePolicy.NOT_RELEASABLE, ReleasePolicy.ORIGINATOR_CONSENT):
        import_hash_set(
            session, pdq_list(tmp_path, 0), HASH_LISTS.get("pdq"), hash_set(policy.value, release=policy)
        )
        with pytest.raises(UsageError, match="USAGE-RELEASE"):
            export_hash_set(session, policy.value, tmp_path / "no.json", scheme="uk", recipient="GB")
    with pytest.raises(UsageError, match="USAGE-RELEASE"):
        export_hash_set(
            session,
            "not-releasable",
            tmp_path / "no.json",
            scheme="uk",
            recipient="GB",
            consent="letter of 3 May",
        )
    export_hash_set(
        session,
        "originator-consent",
        tmp_path / "yes.json",
        scheme="uk",
        recipient="GB",
        consent="letter of 3 May",
    )
    assert not (tmp_path / "no.json").exists()
    assert len(json.loads((tmp_path / "yes.json").read_text())["value"]) == 1


def test_the_index_of_a_set_is_certified_on_the_set_itself(session: Session, tmp_path: Path) -> None:
    import_hash_set(session, pdq_list(tmp_path, 0, 1, 2), HASH_LISTS.get("pdq"), hash_set())
    certificate = certify_hash_set(session, "s", sample=40, seed=2)
    assert (certificate.entries, certificate.missed, certificate.extra) == (3, 0, 0)
    assert certificate.pairs > 10
    empty = tmp_path / "md5.csv"
    empty.write_text("md5\n" + "1a" * 16 + "\n")
    import_hash_set(session, empty, HASH_LISTS.get("csv"), hash_set("digests"))
    with pytest.raises(UsageError, match="USAGE-NO-PDQ"):
        certify_hash_set(session, "digests", sample=1, seed=1)
