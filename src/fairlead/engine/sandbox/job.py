"""One job for a sandboxed worker, which can be given to a second one when the first is killed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping


class Job:
    """A header and descriptors of its own, duplicates of the caller's, which may be closed meanwhile."""

    def __init__(self, header: Mapping[str, object], descriptors: list[int]) -> None:
        self.header = header
        self.descriptors = [os.dup(descriptor) for descriptor in descriptors]
        self._stood = [(os.lseek(d, 0, os.SEEK_CUR), os.fstat(d).st_size) for d in self.descriptors]

    def rewind(self) -> None:
        """Undo what a worker did: every descriptor stands where it stood, and what was written is gone."""
        for descriptor, (at, size) in zip(self.descriptors, self._stood, strict=True):
            os.lseek(descriptor, at, os.SEEK_SET)
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                os.ftruncate(descriptor, size)

    def close(self) -> None:
        """Let go of the duplicates; safe to call twice."""
        while self.descriptors:
            os.close(self.descriptors.pop())
