"""Inside the sandbox: one document set by Typst, which reads nothing but what it is given."""

from __future__ import annotations

import json
import os

import typst

from fairlead.engine.printing.document import Document, Printed, PrintJob

_LONGEST_WORDS = 4000
_compilers: list[typst.Compiler] = []


def warm() -> None:
    """Make the compiler before the lock: it asks for the working folder, and takes its fonts from the wheel."""
    _compilers.append(typst.Compiler(b"", ignore_system_fonts=True))


def handle(header: PrintJob, descriptors: list[int]) -> Printed:
    """``descriptors``: the document as JSON, an empty file that takes the PDF."""
    source, output = descriptors
    with os.fdopen(os.dup(source), "rb") as file:
        document: Document = json.load(file)
    template = document["template"].encode()
    try:
        if header["pages_only"]:
            drawn = _compilers[0].compile(template, format="svg", sys_inputs=document["inputs"])
            return {"pages": len(drawn) if isinstance(drawn, list) else 1}
        pdf = _compilers[0].compile(
            template, sys_inputs=document["inputs"], pdf_standards=[*header["standards"]]
        )
    except typst.TypstError as problem:
        return {"problem": str(problem)[:_LONGEST_WORDS]}
    if not isinstance(pdf, bytes):
        raise TypeError
    with os.fdopen(os.dup(output), "wb") as file:
        file.write(pdf)
    return {"size": len(pdf)}
