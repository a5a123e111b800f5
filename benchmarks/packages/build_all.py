"""How long the packages of all countries take: python -m benchmarks.packages.build_all WORKSPACE (a finished demo's).

Builds the next package of every country that has leads and prints seconds, leads and statements, one process.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fairlead.case.sending.packages import Release, build_for_country

from fairlead.case.place.session import open_session
from fairlead.case.place.workspace import find_workspace
from fairlead.case.sending.leads import list_leads


def main(workspace: Path) -> None:
    session = open_session(find_workspace(workspace))
    leads = list_leads(session)
    countries = sorted({lead["country"] for lead in leads})
    start, cpu = time.perf_counter(), time.process_time()
    for country in countries:
        build_for_country(session, country, Release(preparer="holm", releaser="lund"))
    statements = sum(lead["statements"] for lead in leads)
    print(
        f"{len(leads)} leads, {statements} statements, {len(countries)} countries: "
        f"{time.perf_counter() - start:.1f} s, {time.process_time() - cpu:.1f} CPU-s"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
