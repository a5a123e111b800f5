"""One draft for everything under an exhibit, made in the sandbox, and loaded as it is."""

from __future__ import annotations

import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.process import process
from fairlead.case.records import proposing
from fairlead.case.records.loading import load_records
from fairlead.case.records.proposing import propose_records
from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.records import surveying
from fairlead.terms.errors import UsageError
from tests.records.test_presets import SAMPLES
from tests.records.test_propose import JOINED, LOG


@pytest.fixture
def session(make_session, tmp_path):
    seized = tmp_path / "seized"
    (seized / "log").mkdir(parents=True)
    (seized / "www").mkdir()
    (seized / "db.sql").write_bytes(JOINED)
    (seized / "log" / "access.log").write_bytes(LOG)
    (seized / "log" / "access.log.1").write_bytes(LOG.replace(b"22/Nov", b"21/Nov"))
    (seized / "pay.csv").write_bytes(SAMPLES["stripe"][0])
    (seized / "www" / "index.php").write_bytes(b"<?php echo 1;")
    (seized / "readme.txt").write_bytes(b"nothing to see\n")
    session = make_session()
    add_exhibit(session, NewExhibit(number="NSK/1", path=seized, authority="order 1"))
    process(session, workers=1)
    return session


def test_a_draft_for_a_whole_exhibit_loads_as_it_is_with_every_access_placed(session, tmp_path):
    proposal = propose_records(session, exhibit="NSK/1", path=None, name="board")
    file = tmp_path / "m.toml"
    file.write_text(proposal.toml)
    report = load_records(session, file)
    assert report.accounts == 20
    assert report.accesses == 40
    assert [(one.rows_of, one.found, one.not_found) for one in report.joined] == [
        ("accesses", 40, 0),
        ("events", 20, 0),
    ]
    assert proposal.unmapped == ("readme.txt: not a record file",)


def test_rotated_logs_are_one_source(session):
    proposal = propose_records(session, exhibit="NSK/1", path=None, name="board")
    assert 'path = "log/access.log*"' in proposal.toml


def test_a_pattern_that_fits_no_file_is_told(session):
    with pytest.raises(UsageError, match="no readable file of exhibit NSK/1 fits"):
        propose_records(session, exhibit="NSK/1", path="*.sqlite", name="board")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"kind": 7}, "its reader answered with something else"),
        (
            {"kind": "payments", "form": "csv", "said": "", "delimiter": ",", "charset": "utf-8", "header_column": "",
             "tables": [{"name": "", "columns": ["a"], "rows": [["YQ==", "Yg=="]], "total": 1}]},
            "its reader answered with something else",
        ),
    ],
)  # fmt: skip
def test_an_answer_of_a_reader_that_was_taken_over_is_not_believed(session, monkeypatch, answer, said):
    monkeypatch.setattr(
        surveying.SandboxPool, "call", lambda *_, **__: SandboxReply(outcome=Outcome.OK, body=answer)
    )
    monkeypatch.setattr(proposing, "propose", lambda found, name: [seen.said for _, seen in found])
    assert propose_records(session, exhibit="NSK/1", path="*.csv", name="board") == [said]
