"""Clerical review: a blind random sample of links, and the precision that people's judgements give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from fairlead.attribution.sampling import LinkSample, SampleFigures, draw_sample, figures_of
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.register.actions import Action
from fairlead.tables.attribution import IDENTIFIERS, LINKS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.grades import AttributionGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindPair:
    """Two records and their identifiers as stored, without what the program thinks of them."""

    left: str
    right: str
    left_says: tuple[str, ...]
    right_says: tuple[str, ...]


@verb(
    "attribute.sample",
    Action.JUDGE,
    becomes=Operation.CONSULTATION,
    command="attribute sample",
    page="none: samples are drawn at the shell and judged on the page of a person",
    about=("grade", "seed"),
)
def sample_links(session: Session, grade: AttributionGrade, *, count: int, seed: int) -> list[BlindPair]:
    """Draw pairs to judge and keep which they are; drawing again with the same seed gives the kept ones.

    They are judged with `fairlead attribute judge`; `sample_figures` says what follows.
    """
    if grade is AttributionGrade.UNRESOLVED:
        raise UsageError("unresolved records have no links", "Sample another grade.", code="USAGE-GRADE")
    file = _folder(session) / f"{grade.value}-{seed}.json"
    catalogue = Catalogue(session.store, (LINKS, IDENTIFIERS))
    try:
        if file.is_file():
            sample = _read(file)
        else:
            sample = draw_sample(catalogue, grade, count=count, seed=seed)
            if not sample.pairs:
                return []
            session.record(
                Operation.CONSULTATION,
                "attribute.sample",
                (),
                "links drawn for clerical review",
                facts={"grade": grade.value, "seed": seed, "drawn": len(sample.pairs)},
            )
            _write(file, sample)
        owners = sorted({record for pair in sample.pairs for record in pair})
        said: dict[str, list[str]] = {owner: [] for owner in owners}
        for row in catalogue.rows(
            "SELECT owner, kind, original FROM identifiers WHERE list_contains($o, owner) ORDER BY owner, kind, value",
            {"o": owners},
        ):
            said[row["owner"]].append(f"{row['kind']} {row['original']}")
    finally:
        catalogue.close()
    return [
        BlindPair(left=left, right=right, left_says=tuple(said[left]), right_says=tuple(said[right]))
        for left, right in sample.pairs
    ]


def sample_figures(session: Session) -> list[SampleFigures]:
    """What the judgements made so far say of every sample that was drawn."""
    from fairlead.register.judgements import find_judgements

    judged = {
        (left, right): judgement
        for left, right, judgement in find_judgements(session.user_id, session.operation, at=session.clock())
    }
    return [figures_of(_read(file), judged) for file in sorted(_folder(session).glob("*.json"))]


def _folder(session: Session) -> Path:
    folder = session.workspace.operation(session.operation) / "link-samples"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(file: Path, sample: LinkSample) -> None:
    temporary = file.with_suffix(".part")
    temporary.write_text(
        json.dumps(
            {
                "grade": sample.grade.value,
                "seed": sample.seed,
                "population": sample.population,
                "pairs": sample.pairs,
            }
        )
    )
    temporary.rename(file)


def _read(file: Path) -> LinkSample:
    raw = json.loads(file.read_text())
    return LinkSample(
        grade=AttributionGrade(raw["grade"]),
        seed=raw["seed"],
        population=raw["population"],
        pairs=tuple((left, right) for left, right in raw["pairs"]),
    )
