"""Looking as little as possible: the ladder, one look a token, privacy of exposure, the missed rate."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairlead.case.looking.content_file import ContentFile
from fairlead.case.looking.exposure import own_exposure, stretch
from fairlead.case.looking.reveal import ask_to_see, picture_of
from fairlead.case.looking.review import Reach, decide, open_queue, reach_now
from fairlead.terms.errors import UsageError
from fairlead.terms.intervals import wilson_interval


def subject(world, number):
    return open_queue(world.session("iversen")).waiting[number]["sha256"]


def seen(session, sha256, level, purpose=""):
    return Image.open(
        io.BytesIO(picture_of(session, ask_to_see(session, sha256, level=level, purpose=purpose)))
    )


def test_the_ladder_is_climbed_step_by_step_and_each_step_shows_no_more_than_it_says(world):
    session, sha256 = world.session("iversen"), subject(world, 0)
    with pytest.raises(UsageError, match="one step at a time"):
        ask_to_see(session, sha256, level=2, purpose="")
    lines = seen(session, sha256, 1)
    assert max(lines.size) <= 160
    assert lines.mode == "L"
    soft = seen(session, sha256, 2)
    assert max(soft.size) <= 320
    assert soft.mode == "L"
    with pytest.raises(UsageError, match="needs a purpose"):
        ask_to_see(session, sha256, level=3, purpose="")
    grey = seen(session, sha256, 3, "classify").convert("RGB")
    middle = grey.getpixel((grey.width // 2, grey.height // 2))
    assert middle[0] == middle[1] == middle[2]


def test_a_look_is_opened_once_and_by_the_one_who_asked_only(world):
    session, sha256 = world.session("iversen"), subject(world, 1)
    token = ask_to_see(session, sha256, level=1, purpose="")
    with pytest.raises(LookupError):
        picture_of(world.session("quist"), token)
    assert picture_of(session, token)
    with pytest.raises(LookupError):
        picture_of(session, token)


def test_exposure_is_shown_to_the_person_alone_and_to_groups_of_five_never_less(world):
    from fairlead.register.reviews import group_exposure, own_exposures

    at = world.session("quist").clock()
    assert own_exposures(world.users["quist"].pk, since=timedelta(days=9), at=at) == []
    ask_to_see(world.session("iversen"), subject(world, 2), level=1, purpose="")
    assert own_exposure(world.session("iversen")).by_level[1][0] >= 1
    assert group_exposure(world.users["holm"].pk, "lanternfish") is None


def test_the_ledger_page_does_not_say_who_looked(world):
    ask_to_see(world.session("iversen"), subject(world, 3), level=1, purpose="")
    page = world.as_("holm").get("/operations/lanternfish/ledger/").content.decode()
    row = page[page.index("review.reveal") :][:80]
    assert "a reviewer" in row
    assert "iversen" not in row


def test_unsure_goes_to_a_second_person_and_not_back_to_the_first(world):
    session, sha256 = world.session("iversen"), subject(world, 4)
    decide(session, sha256, decision="unsure", category="", note="", sample=False)
    assert sha256 not in {row["sha256"] for row in open_queue(session).second}
    assert sha256 in {row["sha256"] for row in open_queue(world.session("quist")).second}


def test_the_missed_rate_comes_from_the_sample_with_its_interval(world):
    session = world.session("iversen")
    queue = open_queue(session)
    assert queue.missed_rate is None
    for number, row in enumerate(queue.sample[:4]):
        decide(
            session,
            row["sha256"],
            decision="relevant" if number == 0 else "not_relevant",
            category="",
            note="",
            sample=True,
        )
    rate, low, high = open_queue(session).missed_rate
    assert rate == 25.0
    assert low < 25.0 < high


def test_no_list_page_holds_a_picture(world):
    for path in ("", "triage/", "review/", "persons/", "exhibits/", "leads/", "find/?q=jpg", "countries/"):
        client = world.as_("iversen")
        assert b"<img" not in client.get("/operations/lanternfish/" + path).content


def test_wilsons_interval_equals_the_published_example():
    """Wilson 1927 / Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662."""
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilsons_interval_holds_the_share_and_stays_a_share(found, more):
    looked = found + more
    low, high = wilson_interval(found, looked)
    assert 0 <= low <= found / looked <= high <= 1


def test_a_break_of_ten_minutes_begins_a_new_stretch():
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    before = [now - timedelta(minutes=m) for m in (80, 70, 55, 46, 37, 28, 19, 10, 1)]
    assert stretch(before, now=now) == 55
    assert stretch([now - timedelta(minutes=m) for m in (40, 20, 11)], now=now) == 0
    assert stretch([], now=now) == 0


def queued(world, name="iversen"):
    from fairlead.case.looking.review import waiting_rows

    return waiting_rows(world.session(name))


def test_what_a_person_has_kept_away_comes_to_others_and_nobody_else_can_tell(world):
    from fairlead.register.own import keep_away

    everything = queued(world)
    assert {row["family"] for row in everything} == {"picture", "video"}
    client = world.as_("iversen")
    assert client.post("/me/", {"kept_away": ["video", "nonsense"]}).status_code == 302
    try:
        assert {row["family"] for row in queued(world)} == {"picture"}
        assert {row["family"] for row in queued(world, "quist")} == {"picture", "video"}
        assert "checked" in client.get("/me/").content.decode()
        assert " checked" not in world.as_("quist").get("/me/").content.decode().split("kept-away")[1]
    finally:
        keep_away(world.users["iversen"].pk, [])


def test_after_three_heavy_ones_in_a_row_a_lighter_one_comes_first(world):
    from fairlead.case.looking.review import next_item

    rows = queued(world, "quist")
    heavy = [row["sha256"] for row in rows if row["heavy"]]
    light = [row["sha256"] for row in rows if not row["heavy"]]
    assert len(heavy) >= 4
    assert light
    session = world.session("quist")
    for sha256 in [row["sha256"] for row in rows if not row["heavy"]][: len(light) - 1]:
        decide(session, sha256, decision="not_relevant", category="", note="", sample=False)
    for sha256 in heavy[:3]:
        decide(session, sha256, decision="not_relevant", category="", note="", sample=False)
    assert next_item(session, sample=False) == light[-1], "although heavy ones stand before it"
    decide(session, light[-1], decision="not_relevant", category="", note="", sample=False)
    assert next_item(session, sample=False) in heavy, "when nothing lighter is left, it goes on"


def test_five_people_together_are_told_and_four_are_not(world):
    from fairlead.register.models import ExposureRow, User
    from fairlead.register.reviews import group_exposure

    at = world.session("holm").clock()
    officer = world.users["holm"].pk
    people = [User.objects.using("owner").get_or_create(username=f"viewer-{n}")[0] for n in range(5)]
    ExposureRow.objects.using("owner").filter(operation_id="lanternfish").delete()
    made = [
        ExposureRow(operation_id="lanternfish", user=one, subject="0" * 64, level=1, token=f"made-up-{one.pk}", at=at, seconds=2)
        for one in people
    ]  # fmt: skip
    ExposureRow.objects.using("owner").bulk_create(made[:4])
    assert group_exposure(officer, "lanternfish") is None
    made[4].save(using="owner")
    assert group_exposure(officer, "lanternfish") == {"people": 5, "views": 5, "seconds": 10.0}
    assert (
        "5 people looked" in world.as_("holm").get("/operations/lanternfish/administration/").content.decode()
    )
    assert group_exposure(world.users["berg"].pk, "lanternfish") is None, "not for somebody of one country"
    ExposureRow.objects.using("owner").filter(user__in=people).delete()


def test_no_derivative_and_no_original_is_kept_anywhere_in_the_workspace(world):
    """A look leaves nothing behind but its entry."""
    session, sha256 = world.session("iversen"), queued(world)[0]["sha256"]
    before = {p for p in world.workspace.root.rglob("*") if p.is_file() and "postgres" not in p.parts}
    seen(session, sha256, 1)
    seen(session, sha256, 2)
    after = {p for p in world.workspace.root.rglob("*") if p.is_file() and "postgres" not in p.parts}
    assert {p.suffix for p in after - before} <= {".parquet", ".lock"}


def made_up_cluster(prefix: str, count: int) -> list[dict]:
    return [{"sha256": f"{prefix}{n:063d}", "representative": False, "uncovered": None} for n in range(count)]


def reach(session, cluster, sha256, *, sample: bool = False) -> Reach:
    empty = {"content": {}, "files": [], "beside": [], "matches": [], "signals": [], "scenes": []}
    file = ContentFile(row={"sha256": sha256}, origin=None, cluster=cluster, **empty)
    return reach_now(session, file, sample=sample)


def keep(session, shown: str, subjects: list[str], decision: str) -> None:
    from fairlead.register.reviews import record_review

    record_review(
        session.user_id, session.operation, subjects, shown=shown, cluster=shown, decision=decision, category="",
        note="", sample=False, highest_level=1, at=session.clock(),
    )  # fmt: skip


def test_for_how_many_a_decision_would_hold_is_counted_as_things_stand_now(world):
    session, cluster = world.session("iversen"), made_up_cluster("0", 4)
    names = [row["sha256"] for row in cluster]

    def held(name: str, *, sample: bool = False) -> int:
        return len(reach(session, cluster, name, sample=sample).rows)

    assert (held(names[0]), held(names[0], sample=True), held("alone")) == (4, 1, 1)
    keep(session, names[0], names[:2], "relevant")
    assert (held(names[0]), held(names[3])) == (4, 2)


def test_a_later_decision_about_the_cluster_leaves_what_was_looked_at_and_decided(world):
    """Somebody was sure of the one they saw; whoever sees another of the cluster does not overrule them unseen."""
    session, cluster = world.session("iversen"), made_up_cluster("1", 4)
    names = [row["sha256"] for row in cluster]
    keep(session, names[0], names, "not_relevant")
    keep(session, names[2], names[1:], "relevant")
    found = reach(session, cluster, names[1])
    assert [row["sha256"] for row in found.rows] == [names[1], names[3]]
    assert found.left == 2
    keep(session, names[2], [names[2]], "unsure")
    assert reach(session, cluster, names[1]).left == 1, "what a person was unsure of waits for a decision"


def test_a_decision_keeps_which_content_was_shown(world):
    from fairlead.register.models import ReviewRow

    session, sha256 = world.session("quist"), queued(world, "quist")[0]["sha256"]
    decide(session, sha256, decision="not_relevant", category="", note="", sample=False)
    rows = ReviewRow.objects.using("owner").filter(subject=sha256, user_id=session.user_id)
    assert set(rows.values_list("shown", flat=True)) == {sha256}
