"""What is printed, and what is told of it, between the program and its worker."""

from __future__ import annotations

from typing import Literal, TypedDict

Standard = Literal["a-2a", "ua-1"]


class PrintJob(TypedDict):
    """What is wanted: the standards of a PDF, or how many pages it would have."""

    standards: list[Standard]
    pages_only: bool


class Document(TypedDict):
    """The template's text, and what it reads in ``sys.inputs``."""

    template: str
    inputs: dict[str, str]


class Printed(TypedDict, total=False):
    """How many pages or octets; or what Typst says."""

    pages: int
    size: int
    problem: str
