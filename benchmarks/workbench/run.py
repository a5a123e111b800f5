"""Server time and query counts of list pages against a real PostgreSQL, and what row-level security costs.

    python benchmarks/workbench/run.py WORKSPACE USER

WORKSPACE was grown by make.py. Asks every list page as USER fifteen times through Django's test client, and prints
medians and the number of queries. Compares the same queries with and without the policies.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

PAGES = (
    "",
    "exhibits/",
    "triage/",
    "triage/?state=for_people",
    "triage/?q=near&page=40",
    "review/",
    "persons/",
    "persons/?country=SE",
    "leads/",
    "leads/?country=SE",
    "countries/",
    "countries/SE/",
    "action-day/",
    "find/?q=example.org",
    "find/?q=upload_123456",
    "find/?q=nothing-holds-this",
    "ledger/",
    "administration/",
)
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("user")
    given = parser.parse_args()
    os.environ |= {"FAIRLEAD_WORKSPACE": str(given.workspace), "FAIRLEAD_DEMO": "1"}
    from fairlead.register.database import open_register

    open_register(given.workspace / "register", settings="fairlead.workbench.settings")
    from fairlead.register.people import find_operations, get_user

    user = get_user(given.user)
    operation = find_operations(user, at=datetime.now(UTC))[0]
    pages(user, operation)
    policies(user, operation)


def pages(user: object, operation: str) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(user, backend="fairlead.workbench.signin.LinkBackend")
    print(f"{'page':<28}{'median ms':>10}{'worst ms':>10}{'queries':>9}{'kB':>8}")
    for page in PAGES:
        path = f"/operations/{operation}/{page}"
        asked = []

        def count(execute, *what, asked=asked):
            asked.append(1)
            return execute(*what)

        with connection.execute_wrapper(count):
            body = client.get(path)
        assert body.status_code == 200, (path, body.status_code)
        times = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            client.get(path)
            times.append(1000 * (time.perf_counter() - begun))
        figures = f"{statistics.median(times):>10.1f}{max(times):>10.1f}{len(asked):>9}"
        print(f"{page or '(operation)':<28}{figures}{len(body.content) // 1024:>8}")


def policies(user: object, operation: str) -> None:
    from django.db import connections, transaction

    sql = "SELECT count(*) FROM register_judgementrow WHERE operation_id = %s AND country = 'SE'"
    medians = {}
    for name in ("owner", "default"):
        times = []
        for _ in range(ROUNDS):
            with transaction.atomic(using=name), connections[name].cursor() as cursor:
                cursor.execute("SELECT set_config('fairlead.user', %s, true)", [str(user.pk)])
                begun = time.perf_counter()
                cursor.execute(sql, [operation])
                cursor.fetchall()
                times.append(1000 * (time.perf_counter() - begun))
        medians[name] = statistics.median(times)
    without, held = medians["owner"], medians["default"]
    print(f"without policies {without:.2f} ms, with {held:.2f} ms: {held / without:.2f}x")


if __name__ == "__main__":
    sys.exit(main())
