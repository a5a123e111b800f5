"""Long work asked for in the browser: queued once, done by a worker with the rights of who asked, seen on the page."""

from __future__ import annotations

import pytest

from fairlead.terms.errors import UsageError


@pytest.fixture(autouse=True)
def nothing_waits(world):
    """Other tests ask for work, too: here the queue of the operation begins empty."""
    from fairlead.register.models import JobRow

    JobRow.objects.using("owner").filter(operation="lanternfish", state="waiting").update(state="stopped")


def jobs_of(world):
    from fairlead.register.jobs import find_jobs

    session = world.session("holm")
    return find_jobs(session.user_id, session.operation, at=session.clock())


def test_what_is_asked_for_in_the_browser_is_done_by_a_worker(world):
    from fairlead.workbench.tasks import run_worker

    client = world.as_("holm")
    assert client.post("/operations/lanternfish/jobs/", {"kind": "publish"}).status_code == 302
    assert jobs_of(world)[0]["state"] == "waiting"
    assert b"hx-trigger" in client.get("/operations/lanternfish/").content
    run_worker(wait=False)
    job = jobs_of(world)[0]
    assert (job["kind"], job["state"], job["by"]) == ("publish", "done", "holm")


def test_the_same_operation_is_not_queued_twice(world):
    from fairlead.case.jobs import ask_for_job
    from fairlead.register.jobs import update_job

    session = world.session("holm")
    number, _ = ask_for_job(session, "process")
    with pytest.raises(UsageError, match="waits or runs already"):
        ask_for_job(session, "attribute")
    update_job(session.user_id, number, at=session.clock(), state="done")


def test_work_that_is_refused_ends_with_its_code_and_not_in_silence(world):
    from fairlead.case.jobs import JobKind, ask_for_job, run_job

    number, _ = ask_for_job(world.session("holm"), "publish")
    examiner = world.session("iversen")
    run_job(examiner, number, JobKind.PUBLISH)
    job = next(j for j in jobs_of(world) if j["id"] == number)
    assert (job["state"], job["code"]) == ("failed", "USAGE-RIGHT")


def test_an_examiner_cannot_ask_for_leads(world):
    from fairlead.case.jobs import ask_for_job

    with pytest.raises(UsageError, match="does not allow"):
        ask_for_job(world.session("iversen"), "publish")
