"""Object storage that speaks S3: the connection of this process, and what its errors mean for a run.

Endpoint, region and credentials come from the environment, by the names that Amazon's own tools use. They are never
written anywhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from pyarrow import fs

from fairlead.engine.places import ObjectPlace
from fairlead.terms.errors import RunError

_CHECKSUMS = "AWS_REQUEST_CHECKSUM_CALCULATION"
ENVIRONMENT = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", _CHECKSUMS)
"""Names in the environment that say which object storage it is, and how to ask it; nothing secret is among them."""

_ATTEMPTS = 5
_NO_BUCKET = re.compile(r"NO_SUCH_BUCKET|NoSuchBucket")
_ELSEWHERE = re.compile(
    r"configured region|PermanentRedirect|AuthorizationHeaderMalformed|HTTP response code: 301"
)
_REFUSED = re.compile(
    r"ACCESS_DENIED|CREDENTIALS|INVALID_ACCESS_KEY_ID|SIGNATURE|TOKEN|Forbidden|InvalidAccessKeyId"
    r"|HTTP response code: 40[13]"
)
_FULL = re.compile(r"QuotaExceeded|StorageFull|InsufficientStorage|HTTP status 507")
_UNPROVEN = re.compile(r"curlCode: (?:35|58|59|60|77|83|90|91)\b")
_SILENT = re.compile(r"AWS Error (?:NETWORK_CONNECTION|REQUEST_TIMEOUT)")
_NAMED = re.compile(
    r"AWS Error ([A-Z_]+)(?: \(HTTP status (\d+)\))?(?:.*ExceptionName: (\w{1,60}))?", re.DOTALL
)
_OPEN: dict[tuple[int, str, str, str], fs.S3FileSystem] = {}


def filesystem() -> fs.S3FileSystem:
    """The connection of this process. A forked process opens its own: its threads do not survive a fork."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    authority = os.environ.get("AWS_CA_BUNDLE") or ""
    key = (os.getpid(), endpoint, region, authority)
    if key not in _OPEN:
        # Amazon's library would send uploads in chunks with a checksum behind them, which others refuse (Ceph 16).
        os.environ.setdefault(_CHECKSUMS, "when_required")
        scheme, _, host = endpoint.rpartition("://")
        _OPEN[key] = fs.S3FileSystem(
            endpoint_override=host.rstrip("/") or None,
            scheme=scheme or "https",
            region=region or None,
            tls_ca_file_path=authority or None,
            allow_delayed_open=True,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        )
    return _OPEN[key]


@contextmanager
def asked(place: ObjectPlace) -> Iterator[None]:
    """Ask the object storage something; what it refuses becomes a RunError. FileNotFoundError is left to the caller."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as problem:
        meaning = meaning_of(str(problem), place.bucket)
        if meaning is None:
            raise
        raise meaning from problem


def meaning_of(said: str, bucket: str = "") -> RunError | None:
    """What an error of the object storage means for a run; None when it is not one. Names of objects are left out."""
    if "AWS Error" not in said:
        return None
    where = f"of the bucket {bucket}" if bucket else "of a bucket"
    meanings = (
        (
            _NO_BUCKET,
            RunError(
                f"the object storage knows nothing {where}",
                "Make the bucket, or correct its name.",
                code="RUN-OBJECTS-BUCKET",
            ),
        ),
        (
            _ELSEWHERE,
            RunError(
                f"the region {where} is another than the one that was asked",
                "Set AWS_REGION to the bucket's region and AWS_ENDPOINT_URL to its address, then run the same command "
                "again.",
                code="RUN-OBJECTS-REGION",
            ),
        ),
        (
            _FULL,
            RunError(
                f"the object storage {where} takes no more",
                "Make room there or raise the quota, then run the same command again: finished parts are kept.",
                code="RUN-OBJECTS-FULL",
            ),
        ),
        (
            _REFUSED,
            RunError(
                f"the object storage refuses the use {where}",
                "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or this machine's role, and its rights to list, "
                "read, write and delete there; then run the same command again: finished parts are kept.",
                code="RUN-OBJECTS-RIGHTS",
            ),
        ),
        (
            _UNPROVEN,
            RunError(
                f"the object storage {where} does not prove who it is (TLS)",
                "Set AWS_CA_BUNDLE to the certificate of the authority that you trust, or correct AWS_ENDPOINT_URL; "
                "then run the same command again.",
                code="RUN-OBJECTS-TLS",
            ),
        ),
        (
            _SILENT,
            RunError(
                f"the object storage {where} does not answer",
                "Check that it runs and that AWS_ENDPOINT_URL names it, then run the same command again: finished "
                "parts are kept.",
                code="RUN-OBJECTS",
            ),
        ),
    )
    answered = RunError(
        f"the object storage {where} answers with an error ({_name_of(said)})",
        "Run the same command again: finished parts are kept. If it comes again, read the log of the object storage.",
        code="RUN-OBJECTS-ANSWER",
    )
    return next((meaning for pattern, meaning in meanings if pattern.search(said)), answered)


def _name_of(said: str) -> str:
    """What the object storage called its error: a word, or a number of HTTP."""
    named = _NAMED.search(said)
    code, status, own = named.groups() if named else ("", "", "")
    return own or (f"HTTP {status}" if status else code) or "unnamed"
