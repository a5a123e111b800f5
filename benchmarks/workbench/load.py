"""Many people at once against a served workbench: answers, errors, times.

    python benchmarks/workbench/load.py URL COOKIE OPERATION [--people 100] [--seconds 300]

COOKIE is the value of the session cookie `fairlead_session` of somebody who is signed in.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import threading
import time
from urllib.parse import urlsplit

PAGES = ("", "exhibits/", "triage/", "persons/", "leads/", "countries/", "action-day/", "ledger/", "law/")


def person(
    number: int, place: object, cookie: str, operation: str, ends: float, told: list[tuple[int, float]]
) -> None:
    """Ask one page after the other, with a second of reading in between."""
    chosen = random.Random(number)
    while time.monotonic() < ends:
        begun = time.perf_counter()
        try:
            link = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
            link.request(
                "GET",
                f"/operations/{operation}/{chosen.choice(PAGES)}",
                headers={"Cookie": f"fairlead_session={cookie}"},
            )
            answer = link.getresponse()
            answer.read()
            link.close()
            told.append((answer.status, time.perf_counter() - begun))
        except OSError:
            told.append((0, time.perf_counter() - begun))
        time.sleep(chosen.uniform(0.5, 1.5))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("cookie")
    parser.add_argument("operation")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300)
    given = parser.parse_args()
    told: list[tuple[int, float]] = []
    ends = time.monotonic() + given.seconds
    crowd = [
        threading.Thread(
            target=person, args=(n, urlsplit(given.url), given.cookie, given.operation, ends, told)
        )
        for n in range(given.people)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    times = sorted(t for _, t in told)
    wrong = [status for status, _ in told if status != 200]
    print(
        f"{given.people} people, {given.seconds:.0f} s: {len(told)} answers, {len(wrong)} errors {sorted(set(wrong))}"
    )
    print(
        f"median {statistics.median(times):.2f} s, 95 % {times[int(len(times) * 0.95)]:.2f} s, worst {times[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
