"""Pages that are alive: a stream says that something changed, to those who may see it, within bounds."""

from __future__ import annotations

import pytest


def test_the_pulse_of_a_country_does_not_beat_for_another_country(world):
    from fairlead.case.board.action_day import report_cells
    from fairlead.register.pulse import pulse

    def seen(name):
        session = world.session(name)
        return pulse(session.user_id, session.operation, at=session.clock())

    sweden, britain, whole = seen("berg"), seen("evans"), seen("holm")
    report_cells(world.session("berg"), "SE", {"searches": "4"})
    assert seen("berg") != sweden
    assert seen("holm") != whole
    assert seen("evans") == britain, "not even that something happened"


def test_a_stream_says_that_something_changed_and_never_what(world, monkeypatch):
    from fairlead.case.board.action_day import report_cells
    from fairlead.workbench import streams

    monkeypatch.setattr(streams, "_BETWEEN_S", 0.0)
    answer = world.as_("berg").get("/operations/lanternfish/events/", headers={"Accept": "text/event-stream"})
    assert answer["Content-Type"] == "text/event-stream"
    lines = iter(answer.streaming_content)
    assert next(lines).startswith(b"retry:")
    assert next(lines) == b": still here\n\n"
    report_cells(world.session("berg"), "SE", {"arrests": "5"})
    assert next(lines) == b"event: changed\ndata: \n\n"
    answer.close()


def test_a_person_has_a_few_streams_and_a_process_half_its_threads(world):
    from fairlead.workbench.streams import Places

    places = Places(in_all=4, for_one=2)
    assert [places.take(1), places.take(1), places.take(1)] == [True, True, False]
    assert [places.take(2), places.take(3), places.take(4)] == [True, True, False]
    places.give_back(1)
    assert places.take(4)


def test_without_a_place_the_browser_is_told_not_to_ask_again(world, monkeypatch):
    from fairlead.workbench import streams

    monkeypatch.setattr(streams, "PLACES", streams.Places(in_all=0, for_one=0))
    assert world.as_("holm").get("/operations/lanternfish/events/").status_code == 204


def test_a_stream_that_ends_in_any_way_gives_its_place_back_once(world, monkeypatch):
    from fairlead.workbench import streams

    monkeypatch.setattr(streams, "PLACES", streams.Places(in_all=1, for_one=1))
    for _ in range(2):
        answer = world.as_("holm").get("/operations/lanternfish/events/")
        assert answer.status_code == 200
        answer.close()
        answer.close()
    assert world.as_("holm").get("/operations/lanternfish/events/").status_code == 200


@pytest.mark.parametrize("header", [{"X-By-Itself": "1"}, {"Accept": "text/event-stream"}])
def test_what_a_page_asks_by_itself_does_not_keep_a_session_alive(world, header):
    from django.contrib.sessions.models import Session
    from django.test import Client

    client = Client()
    client.force_login(world.users["dahl"], backend="fairlead.workbench.signin.LinkBackend")
    page = "/operations/lanternfish/law/"
    client.get(page)

    def ends():
        return Session.objects.get(pk=client.session.session_key).expire_date

    before = ends()
    client.get(page, headers=header)
    assert ends() == before
    client.get(page)
    assert ends() > before
