"""Are the parts of every table what was written, and with which command are they written again?"""

from __future__ import annotations

from collections.abc import Iterator

from pyarrow import ArrowException

from fairlead.case.upkeep.checks.check import Check, check_of
from fairlead.engine.part_digests import PartState
from fairlead.engine.parts import PartStore
from fairlead.tables import ALL, Table

_BY_ROOM = {
    "attribution": "fairlead attribute",
    "law": "fairlead law assess-persons",
    "records": "fairlead records load",
}
_BY_TABLE = {
    "exhibits": "nothing writes it again: bring it back from a backup",
    "holders": "fairlead exhibit holder",
    "known": "fairlead known update",
    "hash_sets": "fairlead known update",
    "rejected": "fairlead known update",
    "searched": "fairlead provenance search",
    "device_references": "fairlead provenance reference add",
    "noise_groups": "fairlead provenance groups",
}


def command_of(table: Table) -> str:
    """The command that writes a table."""
    return _BY_TABLE.get(table.name) or _BY_ROOM.get(table.written_by, "fairlead process")


def check_parts(store: PartStore) -> list[Check]:
    """Parts against the digests they were written with, and against the columns their table declares."""
    altered: list[str] = []
    unreadable: list[str] = []
    undigested: list[str] = []
    for table in ALL.values():
        for name, state in _states(store, table):
            where = f"table {table.name}, {name}"
            again = f"written again by: {command_of(table)}"
            match state:
                case PartState.GONE:
                    altered.append(f"{where}: it is gone; {again}")
                case PartState.ALTERED:
                    altered.append(f"{where}: its bytes are not those that were written; {again}")
                case PartState.UNDIGESTED if _fits(store, table, name):
                    undigested.append(f"{where}: no digest was kept of it")
                case PartState.UNDIGESTED | PartState.WHOLE:
                    if not _fits(store, table, name):
                        unreadable.append(f"{where}: it has not the columns of the table; {again}")
    return [
        check_of(
            "Is every part what was written?",
            altered,
            "Check the disk, then run the command named with each part: `fairlead process` and the others write "
            "again what is altered or gone.",
        ),
        check_of(
            "Can every part be read, with the columns its table declares?",
            unreadable,
            "Run the command named with each part; when it does not help, bring the part back from a backup.",
        ),
        check_of(
            "Is a digest kept of every part?",
            undigested,
            "Run `fairlead doctor --adopt` when they come from an older version of Fairlead or from a killed run. A "
            "part that nobody here wrote does not belong: move it away.",
        ),
    ]


def adopt_parts(store: PartStore) -> None:
    """Keep digests of parts that have none and can be read: after an upgrade from a version that kept none."""
    for table in ALL.values():
        for name, state in _states(store, table):
            if state is PartState.UNDIGESTED:
                store.digests.adopt(table, name)


def _states(store: PartStore, table: Table) -> Iterator[tuple[str, PartState]]:
    names = sorted({part.name for part in store.parts(table)} | store.digests.names(table))
    yield from zip(names, store.states(table, names), strict=True)


def _fits(store: PartStore, table: Table, name: str) -> bool:
    try:
        schema = store.part(table, name).open().schema_arrow
    except (OSError, ArrowException):
        return False
    return bool(schema.equals(table.schema))
