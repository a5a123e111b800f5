"""From digested files to triage, without decoding: python -m benchmarks.scale.catalogue --files 1000000

Runs the stages of `fairlead process` that come after examining, with one worker, over made tables, and then the
counting that `fairlead triage` does. Prints a line of JSON a stage.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.scale.made_tables import make_tables
from benchmarks.scale.measure import measured
from fairlead.case.known.sets import match_stages
from fairlead.case.lists.states import STATES_SQL
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.media.stages import ContentsStage, FramesStage, MetadataStage, WorklistStage
from fairlead.tables.evidence import FILES
from fairlead.tables.known import MATCHES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        with measured() as cost:
            store = make_tables(folder / "tables", asked.files)
        say(asked.files, "(making the tables)", cost)
        total = 0.0
        with LocalEngine(store, workers=1) as engine:
            stages = (WorklistStage(), ContentsStage(), MetadataStage(), FramesStage(), *match_stages(store))
            for stage in stages:
                with measured() as cost:
                    engine.run(stage)
                total += cost.cpu_s
                say(
                    asked.files,
                    stage.name,
                    cost,
                    table=stage.writes.name,
                    parts=len(store.parts(stage.writes)),
                )
        with measured() as cost:
            counted = triage(store)
        say(asked.files, "triage", cost, **counted)
        with LocalEngine(store, workers=1) as engine, measured() as cost:
            done = sum(engine.run(stage).done for stage in stages)
        say(asked.files, "all of it again", cost, tasks_done=done)
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        told = {
            "files": asked.files,
            "cpu_us_a_file": 1e6 * total / asked.files,
            "bytes_a_file": size / asked.files,
        }
        sys.stdout.write(json.dumps(told) + "\n")
    finally:
        shutil.rmtree(folder)


def triage(store):
    catalogue = Catalogue(store, (FILES, CONTENTS, MATCHES, ORIGINS_OF))
    try:
        rows = catalogue.rows(f"SELECT state, count(*) AS n FROM ({STATES_SQL}) GROUP BY 1 ORDER BY 1")
        return {row["state"]: row["n"] for row in rows}
    finally:
        catalogue.close()


def say(files, stage, cost, **more):
    told = {"files": files, "stage": stage, **{k: round(v, 1) for k, v in vars(cost).items()}, **more}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
