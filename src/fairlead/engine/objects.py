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

ENVIRONMENT = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")
"""Names in the environment that say which object storage it is; nothing secret is among them."""

_ATTEMPTS = 5
_AGAIN = "then run the same command again: finished parts are kept."
_MEANINGS = (
    (
        re.compile(r"NO_SUCH_BUCKET|NoSuchBucket"),
        "RUN-OBJECTS-BUCKET",
        "the bucket does not exist",
        "Make the bucket, or correct its name.",
    ),
    (
        re.compile(r"configured region|PermanentRedirect|AuthorizationHeaderMalformed|HTTP response code: 301"),
        "RUN-OBJECTS-REGION",
        "the bucket lies in another region than the one that was asked",
        "Set AWS_REGION to the region of the bucket, and AWS_ENDPOINT_URL to its address, " + _AGAIN,
    ),
    (
        re.compile(
            r"ACCESS_DENIED|ACCOUNT|CREDENTIALS|INVALID_ACCESS_KEY_ID|SIGNATURE|TOKEN|Forbidden|InvalidAccessKeyId"
            r"|HTTP response code: 40[13]"
        ),
        "RUN-OBJECTS-RIGHTS",
        "the object storage refuses",
        "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the role of this machine) and its rights to list, read, "
        "write and delete there, " + _AGAIN,
    ),
    (
        re.compile(r"AWS Error"),
        "RUN-OBJECTS",
        "the object storage does not answer",
        "Check that it runs and that AWS_ENDPOINT_URL names it, " + _AGAIN,
    ),
)  # fmt: skip
_OPEN: dict[tuple[int, str, str, str], fs.S3FileSystem] = {}


def filesystem() -> fs.S3FileSystem:
    """The connection of this process. A forked process opens its own: its threads do not survive a fork."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    authority = os.environ.get("AWS_CA_BUNDLE") or ""
    key = (os.getpid(), endpoint, region, authority)
    if key not in _OPEN:
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
    for pattern, code, fact, remedy in _MEANINGS:
        if "AWS Error" in said and pattern.search(said):
            return RunError(f"{fact} (bucket {bucket})" if bucket else fact, remedy, code=code)
    return None
