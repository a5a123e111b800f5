"""BagIt (RFC 8493) in memory: payload, manifests, and checking them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from datetime import datetime

from fairlead.leads.dsse import refused
from fairlead.terms.names import BagPath, PackageName

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
STATEMENT_AND_TAGS = frozenset({"statement.dsse.json", TAG_MANIFEST})
_LARGEST_BYTES = 512 << 20
_MOST_FILES = 100_000

Files = dict[str, bytes]


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Lines of digest, two spaces, path; sorted by path."""
    return "".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())
    ).encode()


def make_bag(payload: Mapping[str, bytes], info: Mapping[str, str]) -> Files:
    """A bag without tag manifest: payload below ``data/``, declaration, info, payload manifest."""
    files: Files = {f"data/{path}": data for path, data in payload.items()}
    size = sum(len(data) for data in payload.values())
    lines = {**info, "Payload-Oxum": f"{size}.{len(payload)}"}
    manifest = manifest_of(files)
    files[DECLARATION] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    files[INFO] = "".join(f"{name}: {value}\n" for name, value in lines.items()).encode()
    files[MANIFEST] = manifest
    return files


def close_bag(files: Files) -> Files:
    """The bag with its tag manifest over every file that is not payload."""
    tags = {path: data for path, data in files.items() if not path.startswith("data/")}
    return {**files, TAG_MANIFEST: manifest_of(tags)}


def check_bag(files: Mapping[str, bytes]) -> None:
    """Raise ItemError unless manifests and files agree both ways, as RFC 8493, 3, asks of a valid bag."""
    for name in (DECLARATION, INFO, MANIFEST, TAG_MANIFEST):
        if name not in files:
            raise refused(f"the package has no {name}", "PACKAGE-BAG")
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    tags = {
        path: data for path, data in files.items() if not path.startswith("data/") and path != TAG_MANIFEST
    }
    for name, part in ((MANIFEST, payload), (TAG_MANIFEST, tags)):
        if files[name] != manifest_of(part):
            raise refused(f"files and {name} do not agree", "PACKAGE-BAG")


def pack(files: Mapping[str, bytes], root: str, *, at: datetime) -> bytes:
    """The bag as a tar archive below ``root``: same files, same bytes, whoever packs them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(f"{root}/{path}")
            member.size = len(data)
            member.mtime = int(at.timestamp())
            member.mode = 0o600
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def unpack(untrusted_archive: bytes) -> tuple[PackageName, Files]:
    """Name and files of a packed bag, in memory; nothing is written. Raises ItemError for anything odd.

    Every path has the form of a `BagPath`; none is given twice, not in other capitals either, and none is both a file
    and a folder: the files can be written on any disk, each below the bag's folder.
    """
    files: Files = {}
    roots: set[str] = set()
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(untrusted_archive), mode="r:") as archive:
            for member in archive:
                root, _, untrusted_path = member.name.partition("/")
                total += member.size
                if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not BagPath.fits(untrusted_path):
                    raise refused("the archive holds something that is no plain file of a bag", "PACKAGE-BAG")
                if total > _LARGEST_BYTES or len(files) >= _MOST_FILES:
                    raise refused("the package is larger than a package may be", "PACKAGE-BAG")
                path = BagPath.parse(untrusted_path)
                if path in files:
                    raise refused("the archive holds one path twice", "PACKAGE-BAG")
                handle = archive.extractfile(member)
                files[path] = handle.read() if handle else b""
                roots.add(root)
            behind = archive.offset
    except (tarfile.TarError, ValueError, OverflowError, OSError) as problem:
        raise refused("the decrypted file is not a package", "PACKAGE-BAG") from problem
    if untrusted_archive[behind:].strip(b"\0"):
        raise refused("something stands behind the end of the archive", "PACKAGE-BAG")
    if len(roots) != 1 or not PackageName.fits(root := roots.pop()):
        raise refused("the archive does not hold exactly one bag", "PACKAGE-BAG")
    _check_apart(files)
    return PackageName.parse(root), files


def _check_apart(files: Files) -> None:
    """Raise ItemError when two paths are one on a disk that knows no capitals, or a file is a folder of another, too."""
    places = {path.casefold() for path in files}
    folders = {"/".join(parts[:n]) for parts in (p.split("/") for p in places) for n in range(1, len(parts))}
    if len(places) != len(files) or not places.isdisjoint(folders):
        raise refused("the archive holds one path twice", "PACKAGE-BAG")
