"""Files that people give in the browser: small texts, read once and never kept under a name that came with them."""

from __future__ import annotations

from django.http import HttpRequest

from fairlead.terms.errors import UsageError

LIMIT_BYTES = 1 << 20


def uploaded_text(request: HttpRequest, name: str) -> str:
    """The text of an uploaded file. UsageError when there is none, when it is larger than 1 MiB, or no UTF-8 text."""
    given = request.FILES.get(name)
    if given is None or not given.size:
        raise UsageError("no file was given", "Choose the file first.", code="USAGE-UPLOAD")
    if given.size > LIMIT_BYTES:
        raise UsageError(
            "the file is larger than 1 MiB", "Give the file as the partner sent it.", code="USAGE-UPLOAD"
        )
    try:
        text: str = given.read().decode()
    except UnicodeDecodeError as problem:
        raise UsageError(
            "the file is not text", "Give the signed file itself, not a package or a picture of it.",
            code="USAGE-UPLOAD",
        ) from problem  # fmt: skip
    return text
