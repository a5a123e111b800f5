"""The stack of an exhibit's volumes: in the order in which they lie on each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.exhibits.volumes import list_volumes
from fairlead.case.place.session import Session
from fairlead.case.process import process
from tests.evidence.build import MIB, behind_partition_table, ext4_image, note


def test_a_run_leaves_the_stack_of_an_image_and_none_before_it(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    volume = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    disk = behind_partition_table(tmp_path / "disk.dd", volume.read_bytes())
    session = make_session()
    add_exhibit(session, NewExhibit(number="AB/1", path=disk, authority="order 1"))
    assert list_volumes(session, "AB/1") == []
    process(session)
    stack = list_volumes(session, "AB/1")
    assert [(one.depth, one.kind, one.form) for one in stack] == [
        (0, "disk", "partition table"),
        (1, "partition", "ext2, ext3 or ext4"),
    ]
    assert (stack[1].offset_bytes, stack[1].size_bytes) == (MIB, volume.stat().st_size)
    assert all(one.opened for one in stack)
