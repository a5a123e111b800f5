"""SIGKILL, for real: of the worker in the middle of a job, of the server in the middle of a release."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from fairlead.case.place.made_up import mark_made_up
from fairlead.terms.errors import UsageError

LOOPBACK = "127.0.0.1"


def start(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
    """A command in a process group of its own, on this test's database."""
    return subprocess.Popen(
        [sys.executable, "-m", "fairlead", *arguments],
        env=os.environ | more, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill(process: subprocess.Popen[bytes]) -> None:
    """No chance to say anything: the process and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def until(check, *, what: str, limit_s: float = 60.0):
    """Wait until something is so."""
    ends = time.monotonic() + limit_s
    while time.monotonic() < ends:
        if found := check():
            return found
        time.sleep(0.02)
    raise AssertionError(f"this did not come: {what}")


@pytest.fixture(scope="module")
def fresh(world, tmp_path_factory):
    """A second operation in the same workspace whose exhibits nobody has processed yet."""
    from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
    from fairlead.case.place.exhibits import list_exhibits
    from fairlead.case.place.operations import new_operation

    session = new_operation(world.workspace, "killed", lead="DK", partners=["SE"], user_name="holm")
    for row in list_exhibits(world.session("holm")):
        add_exhibit(
            session,
            NewExhibit(
                number=row["exhibit"], path=Path(row["path"]), authority=row["authority"],
                description=row["description"], handling=row["handling"],
            ),
        )  # fmt: skip
    return session


def job_of(session, number):
    from fairlead.register.jobs import find_job

    return find_job(session.user_id, session.operation, number, at=session.clock())


def ask(session, kind):
    from fairlead.case.jobs import ask_for_job
    from fairlead.workbench.tasks import defer

    number, known = ask_for_job(session, kind)
    defer(session, number, known)
    return number


def contents(session):
    from fairlead.engine.catalogue import Catalogue

    catalogue = Catalogue(session.store)
    try:
        return catalogue.rows("SELECT sha256, family, verdict, pdq FROM contents ORDER BY sha256")
    finally:
        catalogue.close()


def age_heartbeats() -> None:
    """As if two minutes had gone by since a dead worker last said that it lives."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")


def take_up_lost() -> None:
    """The task that looks every minute for jobs whose worker died."""
    from procrastinate.contrib.django import app

    app.configure_task("fairlead.take_up_lost").defer(timestamp=0)


def test_a_killed_workers_job_is_taken_up_by_the_next_one_and_nothing_is_lost(world, fresh):
    number = ask(fresh, "process")
    workspace = str(world.workspace.root)
    first = start("worker", "--workspace", workspace)
    until(
        lambda: (row := job_of(fresh, number))["stage"] not in ("", "walk") and row["done"],
        what="a stage begins",
    )
    kill(first)
    assert job_of(fresh, number)["state"] == "running", "nobody was left to say that it ended"
    with pytest.raises(UsageError, match="waits or runs already"):
        ask(fresh, "process")
    take_up_lost()
    start("worker", "--workspace", workspace, "--once").wait(120)
    assert job_of(fresh, number)["state"] == "running", (
        "a worker whose heartbeat is fresh is not taken for dead"
    )
    age_heartbeats()
    take_up_lost()
    start("worker", "--workspace", workspace, "--once").wait(120)
    assert job_of(fresh, number)["state"] == "done"
    assert contents(fresh) == contents(world.session("holm")), "the tables are those of an undisturbed run"


def test_work_that_is_stopped_by_hand_ends_at_its_next_step_and_can_be_asked_for_again(world, fresh):
    from fairlead.case.jobs import JobKind, run_job, stop

    number = ask(fresh, "attribute")
    stop(fresh, number)
    assert job_of(fresh, number)["state"] == "stopped"
    run_job(fresh, number, JobKind.ATTRIBUTE)
    assert job_of(fresh, number)["state"] == "stopped", "a worker that gets it all the same does nothing"
    with pytest.raises(UsageError, match="no such work"):
        stop(fresh, number)
    from fairlead.register.jobs import end_stopped, stop_job, update_job

    again = ask(fresh, "attribute")
    assert update_job(fresh.user_id, again, at=fresh.clock(), state="running")
    assert stop_job(fresh.user_id, fresh.operation, again, at=fresh.clock())
    assert not update_job(fresh.user_id, again, at=fresh.clock(), done=1), "the next step is told to end"
    end_stopped(fresh.user_id, again, at=fresh.clock())
    assert job_of(fresh, again)["state"] == "stopped"


def test_a_served_workbench_that_is_killed_takes_its_worker_with_it(world):
    import psutil

    with served(world) as (server, _):
        children = [p for p in psutil.Process(server.pid).children(recursive=True) if "worker" in p.cmdline()]
        assert len(children) == 1
        os.kill(server.pid, signal.SIGKILL)  # it alone, and not its group
        until(
            lambda: not children[0].is_running() or children[0].status() == "zombie", what="the worker ends"
        )


@contextlib.contextmanager
def served(world) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    mark_made_up(world.workspace)
    server = start(
        "serve", "--demo", "--workspace", str(world.workspace.root), "--port", str(port), "--user", "holm"
    )
    url = f"http://{LOOPBACK}:{port}"

    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(url + "/sign-in/", timeout=2).ok
        return False

    try:
        until(answers, what="the server answers")
        yield server, url
    finally:
        kill(server)


def signed_in(world, url: str, name: str) -> requests.Session:
    from fairlead.register.signin import create_link

    browser = requests.Session()
    browser.headers["Referer"] = url
    link = f"{url}/sign-in/link/{create_link(world.users[name], at=world.session(name).clock())}/"
    browser.post(link, data={"csrfmiddlewaretoken": token_of(browser.get(link).text)})
    return browser


def token_of(page: str) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


@pytest.mark.parametrize("after_ms", [0, 30, 80, 160, 400])
def test_a_server_killed_during_a_release_leaves_it_released_or_waiting_and_never_between(world, after_ms):
    from fairlead.case.log.ledger import verify_ledger
    from fairlead.case.sending.release import prepare_release, settle
    from fairlead.register.models import PackageRow, PreparedRow
    from tests.releases import digest_of, release_as_read

    countries = sorted(n.removeprefix("lead_") for n in world.ids if n.startswith("lead_"))
    country = countries[-1 - [0, 30, 80, 160, 400].index(after_ms)]
    first, second = world.session("holm"), world.session("lund")
    prepare_release(first, country, legal_basis="a basis", purpose="a purpose")
    waiting = (
        PreparedRow.objects.using("owner").get(country=country, operation="lanternfish", state="waiting").pk
    )
    packages = PackageRow.objects.using("owner").filter(country=country, operation="lanternfish")
    before = packages.count()
    with served(world) as (server, url):
        browser = signed_in(world, url, "lund")
        page = f"{url}/operations/lanternfish/countries/{country}/"
        form = {
            "decision": "release",
            "manifest": digest_of(waiting),
            "csrfmiddlewaretoken": token_of(browser.get(f"{page}reading/").text),
        }

        def press() -> None:
            with contextlib.suppress(requests.RequestException):
                browser.post(f"{page}releases/{waiting}/", data=form, timeout=60)

        pressed = threading.Thread(target=press)
        pressed.start()
        time.sleep(after_ms / 1000)
        kill(server)
        pressed.join()
    row = PreparedRow.objects.using("owner").get(pk=waiting)
    assert row.state in ("waiting", "releasing", "released")
    later = replace(second, clock=lambda: second.clock() + timedelta(hours=1))
    settle(later)
    row.refresh_from_db(using="owner")
    folder = world.workspace.operation("lanternfish") / "packages"
    if row.state == "waiting":
        assert packages.count() == before, "what is not released counts as sent nowhere"
        release_as_read(second, waiting)
        row.refresh_from_db(using="owner")
    assert row.state == "released"
    assert packages.count() == before + 1, "once, whatever was pressed again"
    assert (folder / f"{row.package}.tar.age").stat().st_size > 0
    assert verify_ledger(world.workspace).verified
