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
    print(f"{'page':<28}{'best ms':>10}{'median ms':>11}{'worst ms':>10}{'queries':>9}{'kB':>8}")
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
        figures = f"{min(times):>10.1f}{statistics.median(times):>11.1f}{max(times):>10.1f}{len(asked):>9}"
        print(f"{page or '(operation)':<28}{figures}{len(body.content) // 1024:>8}")


QUERIES = {
    "count of one country": "SELECT count(*) FROM register_judgementrow WHERE operation_id = %s AND country = 'SE'",
    "count of all": "SELECT count(*) FROM register_judgementrow WHERE operation_id = %s",
    "counts by country": "SELECT country, count(*) FROM register_judgementrow WHERE operation_id = %s GROUP BY country",
    "newest 50 of one country": "SELECT * FROM register_judgementrow WHERE operation_id = %s AND country = 'SE' "
    "ORDER BY at DESC, id DESC LIMIT 50",
    "leads, 50 in order": "SELECT lead, country, grade, version FROM register_leadrow WHERE operation_id = %s "
    "ORDER BY country, lead LIMIT 50",
}


def policies(user: object, operation: str) -> None:
    """The same statement as the owner, whom no policy binds, and as the application, in turns."""
    from django.db import connections, transaction

    from fairlead.register.gate import tell_user

    print(f"{'statement':<28}{'without ms':>12}{'with ms':>10}{'ratio':>8}")
    for name, sql in QUERIES.items():
        times: dict[str, list[float]] = {"owner": [], "default": []}
        for _ in range(4 * ROUNDS):
            for alias, kept in times.items():
                with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                    tell_user(cursor, user.pk)
                    begun = time.perf_counter()
                    cursor.execute(sql, [operation])
                    cursor.fetchall()
                    kept.append(1000 * (time.perf_counter() - begun))
        without, held = statistics.median(times["owner"]), statistics.median(times["default"])
        print(f"{name:<28}{without:>12.2f}{held:>10.2f}{held / without:>7.2f}x")


if __name__ == "__main__":
    sys.exit(main())
