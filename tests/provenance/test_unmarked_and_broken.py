"""What carries no mark gives none, and what is broken costs nothing else. The long forms are in benchmarks/provenance."""

from __future__ import annotations

import random
from itertools import chain, islice
from pathlib import Path

import pytest
from benchmarks.provenance.corpus import made, of_system
from benchmarks.provenance.mutations import mutated, verdict_of

from fairlead.media.examine import examine_file
from fairlead.provenance.file import weigh_file
from fairlead.terms.provenance import Conclusion
from fairlead.terms.verdicts import ContentVerdict
from tests.provenance.formats import samples

SAMPLES = [sample.data for sample in samples()]


def test_unmarked_files_of_every_common_format_give_no_sign_of_a_machine(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for name, data in chain(made(60, seed=5), islice(of_system(), 40)):
        path.write_bytes(data)
        answer = weigh_file(path, examine_file(path))
        assert answer["conclusion"] in {"nothing_found", "captured", "captured_then_edited"}, name
        assert not any(s["finding"] in {"machine_made", "derived_from_picture"} for s in answer["signals"]), (
            name
        )


@pytest.mark.parametrize("seed", range(4))
def test_every_mutated_file_gets_a_conclusion(seed: int) -> None:
    rng = random.Random(seed)
    for data in SAMPLES * 6:
        assert verdict_of(mutated(data, rng)) in {conclusion.value for conclusion in Conclusion}


def test_mutated_files_go_through_the_whole_sandboxed_chain(tmp_path: Path) -> None:
    rng = random.Random(11)
    path = tmp_path / "file"
    for data in SAMPLES:
        path.write_bytes(mutated(data, rng))
        examined = examine_file(path)
        assert ContentVerdict(examined["verdict"])
        assert Conclusion(weigh_file(path, examined)["conclusion"])


def test_text_that_inflates_without_end_is_bounded() -> None:
    import zlib

    from fairlead.media.metadata.read import read_metadata
    from tests.media.pictures import chunk, png

    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(200 << 20), 9))
    items = read_metadata(png(*[bomb] * 30))
    assert sum(len(item.value) for item in items) <= 4 << 20
