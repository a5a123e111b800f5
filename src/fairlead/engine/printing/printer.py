"""One worker that prints for this process, started with the first document."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from functools import cache

from fairlead.engine.printing.document import Document, PrintJob, Standard
from fairlead.engine.printing.spelling import shapeless_in, spell, spell_letters
from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.terms.errors import RunError

PDF_A: tuple[Standard, ...] = ("a-2a",)
"""PDF/A-2a (ISO 19005-2)."""
PDF_A_UA: tuple[Standard, ...] = ("a-2a", "ua-1")
"""PDF/A-2a that is PDF/UA-1 (ISO 14289-1) as well."""

_LIMITS = SandboxLimits(
    memory_bytes=4 << 30, deadline_s=180.0, output_bytes=1 << 29, threads=True, recycle_after=500
)
_ONE_AT_A_TIME = threading.Lock()
"""A pool answers one job after the other; the server has several threads."""


_MOST_TRIES = 64
_ENDED = {
    Outcome.MEMORY: "it takes more memory than allowed",
    Outcome.TIMEOUT: "it takes too long",
    Outcome.CRASHED: "the program that sets it died",
    Outcome.FAILED: "the program that sets it failed",
}


def print_pdf(template: bytes, inputs: Mapping[str, str], *, standards: tuple[Standard, ...]) -> bytes:
    """The document as PDF: the same template and inputs give the same octets on every machine.

    No font is used but those that come with Typst. A character that they have no shape for stands as ``[U+738B]``, its
    number in Unicode, and ``sys.inputs.spelled`` is ``yes`` then. RunError when Typst refuses the document, or when it
    takes more time or memory than one may.
    """
    spelled = {name: spell(text) for name, text in inputs.items()}
    for _ in range(_MOST_TRIES):
        said = {**spelled, "spelled": "yes" if spelled != inputs else ""}
        pdf, problem = _print(template, said, standards)
        if not problem:
            return pdf
        letters = shapeless_in(problem)
        if not letters:
            break
        spelled = {name: spell_letters(text, letters) for name, text in spelled.items()}
    raise _failed("it is refused")


def _print(template: bytes, inputs: Mapping[str, str], standards: tuple[Standard, ...]) -> tuple[bytes, str]:
    """The PDF, or what Typst says against the document in its own words, which may hold content."""
    output = os.memfd_create("printed", os.MFD_CLOEXEC)
    try:
        body = _ask({"standards": list(standards), "pages_only": False}, template, inputs, output)
        if (problem := body.get("problem")) is not None:
            return b"", str(problem)
        size = body.get("size")
        pdf = os.pread(output, size, 0) if isinstance(size, int) else b""
    finally:
        os.close(output)
    if not pdf.startswith(b"%PDF-"):
        raise _failed("the answer is out of bounds")
    return pdf, ""


def count_pages(template: bytes, inputs: Mapping[str, str]) -> int:
    """How many pages the document has. Raises as ``print_pdf`` does."""
    output = os.memfd_create("printed", os.MFD_CLOEXEC)
    try:
        said = {name: spell(text) for name, text in inputs.items()} | {"spelled": ""}
        pages = _ask({"standards": [], "pages_only": True}, template, said, output).get("pages")
    finally:
        os.close(output)
    if not isinstance(pages, int):
        raise _failed("the answer is out of bounds")
    return pages


def _ask(job: PrintJob, template: bytes, inputs: Mapping[str, str], output: int) -> Mapping[str, object]:
    document = os.memfd_create("document", os.MFD_CLOEXEC)
    try:
        given: Document = {"template": template.decode(), "inputs": dict(inputs)}
        with os.fdopen(os.dup(document), "wb") as file:
            file.write(json.dumps(given).encode())
        os.lseek(document, 0, os.SEEK_SET)
        with _ONE_AT_A_TIME:
            reply = _pool().call(job, [document, output])
    finally:
        os.close(document)
    if reply.outcome is not Outcome.OK:
        raise _failed(_ENDED[reply.outcome])
    return reply.body


@cache
def _pool() -> SandboxPool:
    return SandboxPool(handler="fairlead.engine.printing.handler:handle", limits=_LIMITS)


def _failed(how: str) -> RunError:
    return RunError(
        f"a document cannot be printed: {how}",
        "Print less in one document; if it is small, report it with the version of the program. Nothing was sent.",
        code="PRINT-FAILED",
    )
