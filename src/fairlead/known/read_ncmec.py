"""Reads answers of the NCMEC hash-sharing service, version 2 (XML), saved as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

_FINGERPRINTS = {
    "md5": Algorithm.MD5,
    "sha1": Algorithm.SHA1,
    "sha256": Algorithm.SHA256,
    "pdq": Algorithm.PDQ,
    "pdna": Algorithm.PHOTODNA,
}
_ENTRIES = frozenset({"image", "video"})
_DELETED = frozenset({"deletedImage", "deletedVideo"})


def read_ncmec(file: BinaryIO) -> Iterator[ListItem]:
    """Images and videos of a query result, with the classification as category; ItemError when it is none.

    An entry that the provider deleted is told as rejected: it is in no list any more.
    """
    row = 0
    root: Element | None = None
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            name = _local(element.tag)
            if root is None:
                root = element
                if name != "queryResult":
                    raise unreadable("the file is not a query result of the NCMEC hash-sharing service")
            if event == "start":
                continue
            if name in _ENTRIES:
                row += 1
                yield from _entry(element, row)
                element.clear()
            elif name in _DELETED:
                row += 1
                yield RejectedEntry(row=row, reason="deleted by the provider")
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise unreadable("the file is not well-formed XML, or declares a document type") from problem


def _entry(element: Element, row: int) -> Iterator[ListItem]:
    children = {_local(child.tag): child for child in element}
    classification = children.get("classification")
    category = classification.text.strip() if classification is not None and classification.text else None
    found = False
    for fingerprint in children.get("fingerprints", ()):
        algorithm = _FINGERPRINTS.get(_local(fingerprint.tag))
        if algorithm is not None and fingerprint.text and fingerprint.text.strip():
            found = True
            yield check_value(algorithm, fingerprint.text, category, row)
    if not found:
        yield RejectedEntry(row=row, reason="no fingerprint that can be used")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
