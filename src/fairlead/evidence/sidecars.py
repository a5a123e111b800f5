"""Which file speaks of which picture in a provider's export, and the stage that keeps what it says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from fairlead.engine.catalogue import READING_ORDER, Catalogue
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.readers.sidecar import MOST_BYTES
from fairlead.evidence.session import shared_session
from fairlead.tables import Table
from fairlead.tables.evidence import FILES, SIDECARS
from fairlead.tables.rows import SidecarRow
from fairlead.terms.errors import ItemError

_END = ".json"
_ADDED = ".supplemental-metadata"
_LEAST_STEM = 4
_NUMBERED = re.compile(r"(.+)\((\d+)\)\Z")
_DOTTED = re.compile(r"(.+)(\.[^.]+)\Z")

_CANDIDATES = f"""
SELECT exhibit, locator, path FROM files
WHERE verdict = 'read' AND path LIKE '%.json' AND read_bytes BETWEEN 2 AND $most
ORDER BY exhibit, {READING_ORDER}, locator
"""
_BESIDE = """
SELECT exhibit, locator, path FROM files
WHERE verdict = 'read' AND (exhibit, regexp_replace(path, '[^/!]*$', '')) IN (
    SELECT DISTINCT exhibit, regexp_replace(path, '[^/!]*$', '') FROM files
    WHERE verdict = 'read' AND path LIKE '%.json')
ORDER BY exhibit, locator
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarStage:
    """FILES to SIDECARS: what a file beside a picture says of it, one row a statement, one partition an exhibit.

    A statement of the provider or of the account's owner, not of the picture: it is kept with its own origin.
    """

    opener: ExhibitOpener
    name: str = "sidecars"
    version: str = "1"
    reads: tuple[Table, ...] = (FILES,)
    writes: Table = field(default=SIDECARS)

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Rows by exhibit."""
        beside: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for row in catalogue.rows(_BESIDE):
            folder, name = _split(row["path"])
            beside[row["exhibit"], folder].setdefault(name, row["locator"])
        found: dict[str, list[SidecarRow]] = defaultdict(list)
        for row in catalogue.rows(_CANDIDATES, {"most": MOST_BYTES}):
            folder, name = _split(row["path"])
            names = beside[row["exhibit"], folder]
            spoken_of = find_subject(name, names)
            if spoken_of is None:
                continue
            found[row["exhibit"]] += self._said(row, names[spoken_of])
        for exhibit in sorted(found):
            yield exhibit, pa.Table.from_batches([SIDECARS.batch(found[exhibit])], schema=SIDECARS.schema)

    def _said(self, sidecar: Mapping[str, str], subject: str) -> list[SidecarRow]:
        session = shared_session(self.opener.limits, self.opener.sandbox)
        try:
            with self.opener(sidecar["exhibit"], sidecar["locator"]) as descriptor:
                facts = session.sidecar(descriptor)
        except ItemError:
            return []  # the file's own row in files says why
        return [
            {
                "exhibit": sidecar["exhibit"],
                "locator": subject,
                "statement": name,
                "value": value,
                "sidecar": sidecar["locator"],
            }
            for name, value in sorted(facts.items())
        ]


def find_subject(sidecar: str, names: dict[str, str] | set[str]) -> str | None:
    """The name of the file beside it that a sidecar speaks of, by the provider's ways of naming.

    ``pier.jpg.json``; ``pier.jpg.supplemental-metadata.json``, whose end may be cut anywhere, even in the
    picture's own extension; ``pier.jpg(1).json`` for ``pier(1).jpg``. None when no file or several fit.
    """
    stem = sidecar.removesuffix(_END)
    numbered = _NUMBERED.match(stem)
    counter = f"({numbered[2]})" if numbered else ""
    bare = numbered[1] if numbered else stem
    fitting = []
    for name in names:
        if name == sidecar:
            continue
        plain = _without_counter(name, counter)
        if plain is None:
            continue
        full = plain + _ADDED
        if bare == plain:
            return name
        if (
            len(bare) >= _LEAST_STEM
            and full.startswith(bare)
            and not name.endswith(_END)
            and _long_enough(bare, plain)
        ):
            fitting.append(name)
    return fitting[0] if len(fitting) == 1 else None


def _long_enough(bare: str, plain: str) -> bool:
    """A cut name: the whole name of the picture, or all of it but a part of the extension."""
    stem = plain.rpartition(".")[0] or plain
    return len(bare) >= len(stem)


def _without_counter(name: str, counter: str) -> str | None:
    """A name without its counter; None when it carries another one than the sidecar."""
    dotted = _DOTTED.match(name)
    stem, extension = (dotted[1], dotted[2]) if dotted else (name, "")
    if counter:
        return stem.removesuffix(counter) + extension if stem.endswith(counter) else None
    return name


def _split(path: str) -> tuple[str, str]:
    at = max(path.rfind("/"), path.rfind("!")) + 1
    return path[:at], path[at:]
