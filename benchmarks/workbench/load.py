"""Many people at once against a served workbench: answers, errors, times.

    python benchmarks/workbench/load.py URL WORKSPACE [--people 100] [--seconds 300] [--streams 10]

WORKSPACE was grown by make.py and is the one that is served. Every person has a session and rights of their own: one in
four sees the whole operation, the others one country. Some keep a stream of events open besides.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

WHOLE = (
    "",
    "exhibits/",
    "triage/",
    "triage/?state=for_people",
    "persons/",
    "persons/?country=SE",
    "leads/",
    "countries/",
    "action-day/",
    "ledger/",
    "law/",
)
COUNTRY = ("leads/", "countries/", "countries/{country}/", "action-day/", "law/", "press/")

Told = list[tuple[int, float]]


def sessions(workspace: Path, people: int) -> tuple[str, list[tuple[str, str]]]:
    """The operation, and for each person a session cookie and their country (``*`` for the whole)."""
    os.environ |= {"FAIRLEAD_WORKSPACE": str(workspace), "FAIRLEAD_DEMO": "1"}
    from fairlead.register.database import close_register, open_register

    open_register(workspace / "register", settings="fairlead.workbench.settings")
    from django.test import Client

    from fairlead.register.models import Grant

    rows = Grant.objects.using("owner").filter(user__username__startswith="big-").select_related("user")
    made = []
    for grant in rows.order_by("user__username")[:people]:
        client = Client()
        client.force_login(grant.user, backend="fairlead.workbench.signin.LinkBackend")
        made.append((client.cookies["fairlead_session"].value, grant.country))
    operation = rows[0].operation_id
    close_register()
    return operation, made


def get(place: SplitResult, cookie: str, path: str) -> int:
    link = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
    link.request("GET", path, headers={"Cookie": f"fairlead_session={cookie}"})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def person(
    number: int, place: SplitResult, one: tuple[str, str], operation: str, ends: float, told: Told
) -> None:
    """Ask one page after the other, with a second of reading in between."""
    chosen = random.Random(number)
    cookie, country = one
    time.sleep(chosen.random())
    while time.monotonic() < ends:
        page = chosen.choice(WHOLE if country == "*" else COUNTRY).format(country=country)
        begun = time.perf_counter()
        try:
            status = get(place, cookie, f"/operations/{operation}/{page}")
        except (OSError, http.client.HTTPException):
            status = 0
        told.append((status, time.perf_counter() - begun))
        time.sleep(chosen.uniform(0.5, 1.5))


def stream(place: SplitResult, one: tuple[str, str], operation: str, ends: float, told: Counter[int]) -> None:
    """Keep a stream open; when it ends, open another."""
    while time.monotonic() < ends:
        try:
            told[get(place, one[0], f"/operations/{operation}/events/")] += 1
        except (OSError, http.client.HTTPException):
            told[0] += 1
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--streams", type=int, default=10)
    given = parser.parse_args()
    operation, made = sessions(given.workspace, given.people)
    place, told, streamed = urlsplit(given.url), list[tuple[int, float]](), Counter[int]()
    ends = time.monotonic() + given.seconds
    crowd = [
        threading.Thread(target=person, args=(n, place, made[n % len(made)], operation, ends, told))
        for n in range(given.people)
    ]
    crowd += [
        threading.Thread(target=stream, args=(place, made[n % len(made)], operation, ends, streamed))
        for n in range(given.streams)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    times = sorted(t for _, t in told)
    wrong = Counter(status for status, _ in told if status != 200)
    print(
        f"{given.people} people, {given.seconds:.0f} s: {len(told)} answers, {sum(wrong.values())} errors {dict(wrong)}"
    )
    print(
        f"median {statistics.median(times):.2f} s, 95 % {times[int(len(times) * 0.95)]:.2f} s, worst {times[-1]:.2f} s; "
        f"streams by status {dict(streamed)}"
    )


if __name__ == "__main__":
    main()
