"""The short path: which files are entries of hash sets, byte for byte, while the rest of a run has not begun.

What counts as a match is decided later, with floods held back and contents described: see the table matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.places import Place
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.known import KNOWN, RECOGNISED
from fairlead.terms.matching import Algorithm

_DIGESTS = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)
_SAME_BYTES = " UNION ALL ".join(
    f"""
SELECT f.exhibit, f.locator, f.sha256, k."set", k.entry, k.algorithm, k.category, k.meaning
FROM known k JOIN read_now f ON k.value = f.{digest}
WHERE k.algorithm = '{digest}' AND f.read_bytes > 0
"""
    for digest in _DIGESTS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseStage:
    """FILES to RECOGNISED: a row for each file and entry that it is.

    ``place`` is where the operation's tables lie: the entries are there.
    """

    place: Place
    name: str = "recognise"
    reads: Table = FILES
    writes: Table = RECOGNISED
    rows_per_task: int = 100_000

    @property
    def version(self) -> str:
        """Changes with the entries as well: they are compared, but not this stage's input."""
        return "1/known=" + part_name(*(part.name for part in PartStore(self.place).parts(KNOWN)))

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of RECOGNISED, file by file."""
        catalogue = Catalogue(PartStore(self.place), (KNOWN,))
        try:
            for batch in batches:
                wanted = batch.select(["exhibit", "locator", "sha256", "sha1", "md5", "read_bytes"])
                catalogue.hold("read_now", pa.Table.from_batches([wanted]))
                same = catalogue.query(f"{_SAME_BYTES} ORDER BY 1, 2, 4, 5")
                yield from same.select(RECOGNISED.schema.names).cast(RECOGNISED.schema).to_batches()
        finally:
            catalogue.close()
