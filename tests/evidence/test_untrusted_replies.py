"""A reader that was taken over may say anything: nothing but rows of the table comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.evidence.copies import copy_at
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.medium import parse_medium
from fairlead.evidence.session import Page
from fairlead.evidence.volumes import FoundVolume, parse_volume
from fairlead.evidence.walk import walk_exhibit
from fairlead.evidence.working_copy import WorkingCopy
from fairlead.tables.evidence import LISTING
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.origin import StepKind, parse_locator

FIELDS = (
    "path", "kind", "index", "partition", "inode", "attribute", "volume", "message", "number", "generation", "start",
    "end", "size", "stored", "modified", "accessed", "changed", "created", "clock", "allocation", "verdict", "detail",
    "password",
)  # fmt: skip
plausible = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from(
        [*StepKind, "live", "deleted", "carved", "read", "encrypted", "616263", "", None, True, 1.5]
    ),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
)
replies = st.dictionaries(st.sampled_from(FIELDS), plausible, max_size=len(FIELDS))


@dataclass
class TakenOver:
    """A session whose reader answers whatever it likes."""

    entries: tuple[dict[str, Any], ...]
    limits: EvidenceLimits = field(default_factory=EvidenceLimits)

    def copy(self, source: ExhibitSource) -> WorkingCopy:
        return copy_at(source.path)

    def pages(self, source: ExhibitSource, prefix: object, hint: object = None) -> Iterator[Page]:
        yield Page(untrusted_entries=self.entries)

    def gaps(self, source: ExhibitSource, prefix: object) -> tuple[str, ...]:
        return ()

    def volumes(self, source: ExhibitSource, prefix: object) -> list[FoundVolume]:
        return [parse_volume(dict(entry), "0" * 64) for entry in self.entries if "number" in entry]


@settings(deadline=None)
@given(st.lists(replies, max_size=6))
def test_whatever_a_reader_says_rows_of_the_table_come_out(entries: list[dict[str, Any]]) -> None:
    source = ExhibitSource(exhibit="AB/1", kind=ExhibitKind.ARCHIVE, path=Path("a.zip"))
    rows = list(walk_exhibit(source, TakenOver(tuple(entries))))  # type: ignore[arg-type]
    assert rows
    LISTING.batch(rows)
    for row in rows:
        assert str(parse_locator(row["locator"])) == row["locator"]
        assert row["exhibit"] == "AB/1"


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["size", "found_md5", "found_sha1", "stored_md5", "header"]), plausible)
)
def test_a_forged_medium_is_refused_or_has_digests_only(untrusted: dict[str, Any]) -> None:
    try:
        medium = parse_medium(untrusted)
    except (ValueError, KeyError):
        return
    assert medium.result in {"equal", "different", "not_stated"}
    assert all(
        digest in (None, "") or len(digest) in (32, 40) for digest in (medium.found_md5, medium.stored_md5)
    )
