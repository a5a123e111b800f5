"""Access logs of five columns between tabs: time, address, user, request, status."""

from __future__ import annotations

from fairlead.records.weblog import LogForm, Parsed


def read(line: bytes) -> Parsed | None:
    """Address, user, time, request, status; no size, agent or port. None of a line that is not one."""
    columns = line.split(b"\t")
    if len(columns) != 5:
        return None
    at, address, user, request, status = columns
    return Parsed(address, user or None, at, request, status, None, None, None)


TAB_LOG = LogForm(name="tab-log", about="time, address, user, request and status between tabs", read=read)
