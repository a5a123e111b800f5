"""Ten thousand files made to break tools end with a verdict each, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.files import bombs, hostile
from tests.hostile.run import run

FILES = 10_000


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_hostile_file_ends_with_a_verdict_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ended = run(tmp_path, files=FILES, seed=20)
    assert ended.returncode == 1, ended.complaint  # findings, and no crash of the run
    assert ended.files == FILES
    assert (ended.without_verdict, ended.contents_without_verdict) == (0, 0)
    assert ended.verdicts["limit"] >= 5
    assert {"read", "damaged"} <= set(ended.verdicts)
    assert {"decoded", "partial", "damaged", "limit"} <= set(ended.contents)
    assert not ended.changed
    assert ended.left_files == []
    assert ended.left_processes == []


def test_hostile_files_can_be_made_again_by_their_seed() -> None:
    one, again, other = (dict(hostile(80, seed)) for seed in (4, 4, 5))
    assert one == again
    assert one != other
    assert all(len(data) < 1_000_000 for data in bombs().values())
