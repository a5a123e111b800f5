"""The error for a file that is not of the format it was said to be."""

from __future__ import annotations

from fairlead.terms.errors import ItemError


def unreadable(fact: str) -> ItemError:
    """The error KNOWN-LIST with what is wrong with the file as a whole."""
    return ItemError(
        fact, "Check the format given with --format, or ask the sender for the list again.", code="KNOWN-LIST"
    )
