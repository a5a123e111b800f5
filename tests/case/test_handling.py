"""A wrong handling code is corrected with a reason, and nothing goes out under the old one again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.exhibits.handling import correct_handling
from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.session import Session
from fairlead.case.sending.building import build_for_country
from fairlead.case.sending.freshness import stale_leads
from fairlead.case.sending.recipients import keep_recipients
from fairlead.terms.errors import UsageError
from tests.case.test_sending import RELEASE, publish
from tests.leads.builders import lead
from tests.officers import make_officer


@pytest.fixture
def sent(make_session: Callable[..., Session], tmp_path: Path) -> Session:
    """An operation that sent Sweden a lead resting on one exhibit."""
    session = make_session()
    for name in ("holm", "lund"):
        make_officer(session.workspace, name)
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.txt").write_text("a")
    number = lead().evidence[0].exhibit
    codes = lead().evidence[0].handling
    add_exhibit(session, NewExhibit(number=number, path=tmp_path / "disk", authority="order", handling=codes))
    publish(session, lead(operation=session.operation))
    keep_recipients(session, "SE", [str(pyrage.x25519.Identity.generate().to_public())])
    build_for_country(session, "SE", RELEASE)
    return session


def test_the_correction_names_what_was_sent_and_stops_the_lead_until_it_is_published_again(
    sent: Session,
) -> None:
    from fairlead.register.leads import find_leads

    exhibit = lead().evidence[0]
    with pytest.raises(UsageError, match="USAGE-REASON"):
        correct_handling(sent, exhibit.exhibit, handling="H0+H1", reason=" ")
    corrected = correct_handling(
        sent,
        exhibit.exhibit,
        handling="H0+H1+H3",
        restriction="ask first",
        reason="the originator wrote again",
    )
    assert (corrected.before, corrected.after) == (exhibit.handling, "H0+H1+H3")
    (one,) = corrected.sent
    assert (one.package, one.country, one.leads) == (f"{sent.operation}-SE-0001", "SE", ("L-SE-0000000001",))
    (row,) = list_exhibits(sent)
    assert (row["handling"], row["restriction"]) == ("H0+H1+H3", "ask first")
    rows = find_leads(sent.user_id, sent.operation, at=sent.clock(), country="SE")
    assert stale_leads(sent, rows) == {"L-SE-0000000001"}
    with pytest.raises(UsageError, match="USAGE-STALE"):
        build_for_country(sent, "SE", RELEASE)
    correct_handling(sent, exhibit.exhibit, handling=exhibit.handling, reason="it was right before")
    assert stale_leads(sent, rows) == frozenset()


def test_codes_that_cannot_be_read_change_nothing(sent: Session) -> None:
    before = list_exhibits(sent)
    with pytest.raises(UsageError, match="USAGE-HANDLING"):
        correct_handling(sent, before[0]["exhibit"], handling="H9", reason="x")
    with pytest.raises(UsageError, match="USAGE-HANDLING"):
        correct_handling(sent, before[0]["exhibit"], handling=" ", reason="x")
    with pytest.raises(UsageError, match="USAGE-HANDLING"):
        correct_handling(sent, before[0]["exhibit"], handling="H0+H3", reason="x")
    with pytest.raises(UsageError, match="USAGE-EXHIBIT"):
        correct_handling(sent, "NO/1", handling="H0", reason="x")
    assert list_exhibits(sent) == before
