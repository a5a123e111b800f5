"""What a hash set has byte for byte is to be seen while the rest of a run has not begun."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.known.sets import import_hash_set
from fairlead.case.lists.recognised import count_recognised
from fairlead.case.place.session import Session
from fairlead.case.process import process
from fairlead.cli.main import fairlead
from fairlead.engine.progress import Done, Silent
from fairlead.known.lists import HASH_LISTS
from fairlead.tables.known import RECOGNISED
from fairlead.tables.media import EXAMINED
from fairlead.terms.errors import RunError
from fairlead.terms.matching import Meaning
from tests.evidence.build import note, zip_of
from tests.known.test_case import hash_set

MakeSession = Callable[..., Session]
SOUGHT, HARMLESS, LATER = note(7), note(8), note(9)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def give_list(session: Session, folder: Path, name: str, meaning: Meaning, header: str, *values: str) -> None:
    listed = folder / f"{name}.csv"
    listed.write_text("\n".join([header, *values]) + "\n")
    import_hash_set(session, listed, HASH_LISTS.get("csv"), hash_set(name, meaning=meaning))


@pytest.fixture
def session(make_session: MakeSession, tmp_path: Path) -> Session:
    made = make_session()
    folder = tmp_path / "seized"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.txt").write_bytes(note(number))
    (folder / "inner.zip").write_bytes(zip_of({"again.txt": SOUGHT}))
    (folder / "empty").touch()
    add_exhibit(made, NewExhibit(number="AB/1", path=folder, authority="order"))
    give_list(made, tmp_path, "sought", Meaning.OF_INTEREST, "md5", md5(SOUGHT), md5(b""))
    sha1 = hashlib.sha1(HARMLESS, usedforsecurity=False).hexdigest()
    give_list(made, tmp_path, "harmless", Meaning.BENIGN, "sha1", sha1)
    return made


class Watching(Silent):
    """Looks at what is recognised whenever a stage begins or ends."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen: dict[str, dict[str, int]] = {}

    def begin(self, stage: str, total: int) -> None:
        self._look(f"{stage} begins")

    def finish(self, stage: str) -> None:
        self._look(f"{stage} ends")

    def _look(self, when: str) -> None:
        self.seen[when] = {one["set"]: one["files"] for one in count_recognised(self.session)}


def test_what_is_known_byte_for_byte_is_there_before_reading_ends_and_before_anything_is_decoded(
    session: Session,
) -> None:
    watching = Watching(session)
    process(session, workers=1, progress=watching)
    assert watching.seen["digest begins"] == {}
    everything = {"sought": 2, "harmless": 1}  # the file, its copy in the archive; no empty file
    assert watching.seen["digest ends"] == everything
    assert watching.seen["examine begins"] == everything
    assert count_recognised(session) == [
        {"set": "sought", "meaning": "of-interest", "files": 2, "contents": 1},
        {"set": "harmless", "meaning": "benign", "files": 1, "contents": 1},
    ]
    assert count_recognised(session, "AB/2") == []


def test_a_new_list_is_held_against_files_that_are_not_read_again(session: Session, tmp_path: Path) -> None:
    process(session, workers=1)
    give_list(session, tmp_path, "later", Meaning.OF_INTEREST, "sha256", hashlib.sha256(LATER).hexdigest())
    outcome = process(session, workers=1)
    done = {stage.stage: stage.done for stage in outcome.stages}
    assert done["digest"] == 0
    assert done["recognise"] > 0
    assert {one["set"]: one["files"] for one in count_recognised(session)} == {
        "sought": 2, "harmless": 1, "later": 1,
    }  # fmt: skip
    assert len(session.store.parts(RECOGNISED)) == done["recognise"]


def test_an_exhibit_that_changed_since_it_was_received_is_not_decoded(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "seized" / "3.txt").write_bytes(b"something else")
    with pytest.raises(RunError, match="CUSTODY-CHANGED"):
        process(session, workers=1)
    assert session.store.parts(EXAMINED) == []


def test_status_and_the_exhibit_say_what_is_known_so_far(session: Session) -> None:
    process(session, workers=1)
    here = [
        "--workspace",
        str(session.workspace.root),
        "--user",
        session.user_name,
        "--operation",
        session.operation,
    ]
    told = json.loads(CliRunner().invoke(fairlead, ["status", "--json", *here]).output)
    assert [(one["set"], one["files"]) for one in told["recognised"]] == [("sought", 2), ("harmless", 1)]
    said = CliRunner().invoke(fairlead, ["status", *here]).output
    assert "same bytes as sought (of-interest): 2 files" in " ".join(said.split())
    shown = CliRunner().invoke(fairlead, ["exhibit", "show", "AB/1", *here]).output
    assert "Same bytes as sought (of-interest): 2 files" in shown


def test_while_a_stage_runs_its_speed_is_told(session: Session) -> None:
    from fairlead.case.running.runs import find_run, sole_run

    with sole_run(session, "process", Silent()) as followed:
        followed.begin("digest", 2)
        operation = session.workspace.operation(session.operation)
        state = find_run(operation)
        assert state is not None
        assert state.rows_per_second is None
        followed.advance("digest", Done(rows=100))
        followed.finish("digest")
        state = find_run(operation)
        assert state is not None
        assert state.rows_per_second is not None
        assert state.rows_per_second > 0
        assert state.to_dict()["rows_per_second"] == state.rows_per_second
