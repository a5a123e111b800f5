"""Searches that somebody asks for over pictures of an operation: written part by part, so that they resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypedDict, TypeVar

from fairlead.case.origin.own_weights import weights_text
from fairlead.case.origin.weighing import weigh_again
from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.session import Session
from fairlead.case.running.runs import sole_run
from fairlead.engine.parts import Part, part_name
from fairlead.engine.progress import Done, Progress
from fairlead.provenance.signal import Observation, observation_of
from fairlead.provenance.weights import weights_of
from fairlead.tables.provenance import SEARCHED
from fairlead.tables.rows import SearchedRow
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import reading_order

_ROWS_A_PART = 50


class Content(TypedDict):
    """A content that is looked at: its digest, and where it lies."""

    sha256: str
    exhibit: str
    locator: str


C = TypeVar("C", bound=Content)
Look = Callable[[C, int], Iterable[Observation]]
"""``look(content, descriptor)``: what the search finds in one content."""


def run_search(
    session: Session,
    name: str,
    version: str,
    contents: Sequence[C],
    look: Look[C],
    progress: Progress | None = None,
) -> int:
    """Look at every content, replace what an earlier search of that name found, and weigh again.

    ``contents`` are rows with sha256, exhibit and locator. ``version`` names everything that can change what is
    found; killed anywhere, the same search goes on from there. Returns how many contents had a signal.
    """
    session.require_act()
    table = weights_of(weights_text(session))
    opener = opener_of(session)
    store = session.store
    names: set[str] = set()
    found = 0
    with sole_run(session, "provenance search", progress) as shown:
        pieces = list(_pieces(contents))
        shown.begin(name, len(pieces))
        for piece in pieces:
            key = hashlib.sha256("".join(row["sha256"] for row in piece).encode()).hexdigest()
            part = part_name("search", name, version, key)
            names.add(part)
            if not store.is_whole(SEARCHED, part):
                rows: list[SearchedRow] = []
                for row in piece:
                    try:
                        with opener(row["exhibit"], row["locator"]) as descriptor:
                            signals = table.signals(look(row, descriptor))
                    except ItemError:
                        continue
                    rows += [
                        {"search": name, "sha256": row["sha256"], "signal": number, **signal.columns()}
                        for number, signal in enumerate(signals)
                    ]
                store.write(SEARCHED, part, [SEARCHED.batch(rows)])
            rows_there = store.part(SEARCHED, part).read(["sha256"])
            found += len(set(rows_there.column("sha256").to_pylist()))
            shown.advance(name, Done(rows=rows_there.num_rows))
        others = {p.name for p in store.parts(SEARCHED) if _search_of(p) not in {name, None}}
        store.keep_only(SEARCHED, names | others)
        shown.finish(name)
    weigh_again(session)
    return found


def reweigh_searched(session: Session) -> None:
    """Give everything that searches found the weights as they are now; nothing is searched again."""
    session.require_act()
    table = weights_of(weights_text(session))
    for part in session.store.parts(SEARCHED):
        rows = []
        for row in part.read().to_pylist():
            kept = {name: row[name] for name in ("search", "sha256", "signal")}
            rows.append({**kept, **table.signal(observation_of(row)).columns()})
        session.store.write(SEARCHED, part.name, [SEARCHED.batch(rows)])


def _pieces(contents: Sequence[C]) -> Iterator[list[C]]:
    rest = iter(
        sorted(contents, key=lambda row: (row["exhibit"], reading_order(row["locator"]), row["sha256"]))
    )
    while piece := list(islice(rest, _ROWS_A_PART)):
        yield piece


def _search_of(part: Part) -> str | None:
    names = part.read(["search"]).column("search")
    return str(names[0].as_py()) if len(names) else None
