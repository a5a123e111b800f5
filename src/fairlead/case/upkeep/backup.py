"""A workspace as one file, and back: register, tables, packages, keys, with a digest of every part."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairlead.case.lists.prepared import FOLDER as PREPARED
from fairlead.case.log.ledger import LAST_CHECKPOINT, TREE, LedgerReport, make_checkpoint, verify_ledger
from fairlead.case.log.restoration import Restoration, Restored, find_restored, keep_restored
from fairlead.case.place.keys import load_ledger_key
from fairlead.case.place.session import Clock, operator_name, utc_now
from fairlead.case.place.workspace import MARK, Workspace
from fairlead.case.upkeep.backup_file import Manifest, unpack_backup, write_backup_file
from fairlead.case.upkeep.checks.leftovers import find_leftovers
from fairlead.engine.lock import sole_writer
from fairlead.engine.places import require_usable
from fairlead.ledger.continuation import RESTORED, Continuation, sign_continuation
from fairlead.ledger.entry import EntryDetail
from fairlead.register.database import end_register, open_register, runs_embedded
from fairlead.register.dump import dump_register, restore_register
from fairlead.register.pending import Pending
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_DUMP = "register.dump"
_UNFINISHED = (
    "fairlead.json.unfinished"  # the mark of a workspace, while its restoring has not come to its end
)
_LEFT_OUT = ("register/postgres", f"{TREE}/")  # the tree grows again from the entries
_GROWN_AGAIN = frozenset({"indexes", PREPARED})  # below an operation: from hash sets, from tables
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """How many files a backup holds, its own digest, and which operations' tables are not in it."""

    files: int
    bytes: int
    sha256: str
    encrypted: bool
    tables_elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """The restored workspace, what it goes on from, and whether its ledger held as far as the backup has it.

    ``aside`` is where the workspace lies that was in the folder before.
    """

    workspace: Workspace
    continuation: Continuation
    ledger: LedgerReport
    aside: Path | None


def back_up(
    workspace: Workspace,
    target: Path,
    *,
    recipient: str = "",
    unencrypted: bool = False,
    clock: Clock = utc_now,
) -> BackupReport:
    """Write a backup. Exhibits are not in it: they lie where they were received from. Nor are tables in object storage.

    Nobody may write the tables meanwhile (RUN-LOCK). It holds private keys: ``recipient`` (an age public
    key) encrypts it; without one it is refused unless ``unencrypted`` says that this is meant, and is then readable by
    its owner only.
    """
    if bool(recipient) == unencrypted:
        raise UsageError(
            "a backup holds private keys, so it is encrypted to a recipient, or expressly not",
            "Give --recipient with an age public key (`fairlead key identity` makes one), or --unencrypted.",
            code="USAGE-BACKUP",
        )
    if target.exists():
        raise UsageError(f"{target.name} exists already", "Name a new file.", code="USAGE-FILE")
    with ExitStack() as held, tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        for slug in workspace.operations():
            held.enter_context(sole_writer(workspace.operation(slug)))
        dump, packed = Path(folder) / _DUMP, Path(folder) / "packed.tar"
        # People go on working: a checkpoint that is newer than the register would look like a log cut short.
        checkpoint = Path(folder) / LAST_CHECKPOINT
        if (workspace.root / LAST_CHECKPOINT).is_file():
            shutil.copyfile(workspace.root / LAST_CHECKPOINT, checkpoint)
        entries = dump_register(workspace.register, dump)
        listed = {name: workspace.root / name for name in _names(workspace)} | {_DUMP: dump}
        if LAST_CHECKPOINT in listed:
            listed[LAST_CHECKPOINT] = checkpoint
        manifest = write_backup_file(
            packed, listed.items(), workspace=workspace.identity, entries=entries, at=clock()
        )
        if recipient:
            packed = _encrypt(packed, recipient)
        packed.rename(target)
    return BackupReport(
        files=len(manifest.files),
        bytes=target.stat().st_size,
        sha256=_digest(target),
        encrypted=bool(recipient),
        tables_elsewhere=tuple(
            slug for slug in workspace.operations() if not isinstance(workspace.tables(slug), Path)
        ),
    )


def restore(
    source: Path,
    root: Path,
    *,
    identity: Path | None = None,
    over_newer: bool = False,
    user_name: str | None = None,
    clock: Clock = utc_now,
) -> RestoreReport:
    """Bring a workspace back into an empty or absent folder; every digest is checked before the register is filled.

    Whatever stops it, nothing of the backup is left behind. The log goes on under a new origin, with an entry that
    says so: see `fairlead.ledger.continuation`. Where the same workspace lies already, it is refused unless
    ``over_newer``; then that one is moved aside, with its register.
    """
    require_usable(root)
    at = clock()
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}.restoring-") as folder:
        staged = Path(folder) / "workspace"
        plain = _decrypt(source, identity, Path(folder)) if identity else source
        manifest = unpack_backup(plain, staged, name=source.name)
        _check_clock(manifest, at)
        (staged / MARK).rename(staged / _UNFINISHED)
        aside = _make_room(root, manifest, at, over_newer=over_newer)
        staged.rename(root)
    finished = False
    try:
        report = _finish(root, _digest(source), manifest, at, operator_name(user_name))
        finished = True
    finally:
        if not finished:
            end_register(root / "register")
            shutil.rmtree(root)
            if aside is not None:
                aside.rename(root)
    return replace(report, aside=aside)


def _check_clock(manifest: Manifest, at: datetime) -> None:
    if at <= manifest.at:
        raise UsageError(
            f"the clock of this computer says {at:%Y-%m-%d %H:%M}Z, and the backup was made later, on "
            f"{manifest.at:%Y-%m-%d %H:%M}Z",
            "Set the clock: numbers of packages go on from it, so that none is given out twice.",
            code="USAGE-RESTORE",
        )


def _make_room(root: Path, manifest: Manifest, at: datetime, *, over_newer: bool) -> Path | None:
    """Leave no folder where the workspace will be; returns where the one that was there lies now."""
    if not root.exists():
        return None
    if not any(root.iterdir()):
        root.rmdir()
        return None
    try:
        mark = json.loads((root / MARK).read_text())
    except FileNotFoundError:
        mark = {}
    if not manifest.workspace or mark.get("id") != manifest.workspace:
        raise UsageError("the folder is not empty", "Name an empty folder.", code="USAGE-FOLDER")
    size = root / TREE / "size"
    entries = int(size.read_text()) if size.is_file() else 0
    if not over_newer:
        compared = (
            f"it has at least {entries} entries in its log, {entries - manifest.entries} more than the backup"
            if entries > manifest.entries
            else f"the backup has {manifest.entries} entries in its log"
        )
        raise UsageError(
            f"this very workspace lies in the folder already: {compared}",
            "Restore into an empty folder and compare, or move the present one aside with --over-newer. What it has "
            "more than the backup will be lacking.",
            code="USAGE-NEWER",
        )
    if runs_embedded(root / "register"):
        raise UsageError(
            "the workspace in the folder is in use",
            "End `fairlead serve`, its workers and every command that works there.",
            code="USAGE-FOLDER",
        )
    aside = root.with_name(f"{root.name}.before-{at:%Y%m%dT%H%M%SZ}")
    root.rename(aside)
    return aside


def _finish(root: Path, backup_sha256: str, manifest: Manifest, at: datetime, actor: str) -> RestoreReport:
    """Fill the register, check the log as the backup has it, and let it go on under a new origin."""
    mark = json.loads((root / _UNFINISHED).read_text())
    before = Workspace(root=root, identity=mark["id"], branch=mark.get("branch", ""))
    restore_register(before.register, root / _DUMP)
    (root / _DUMP).unlink()
    open_register(before.register)
    from fairlead.register.ledger_store import get_leaf, record_entries

    ledger = verify_ledger(before)
    at = max(at, _second_after(before))
    branch = f"{at:%Y%m%d}-{secrets.token_hex(4)}"
    after = replace(before, branch=branch)
    continuation = Continuation(
        origin=before.log_name,
        continued_as=after.log_name,
        entries=ledger.size,
        root=bytes.fromhex(ledger.root),
        backup_at=manifest.at,
        restored_at=at,
    )
    detail = EntryDetail(
        actor=actor,
        objects=(before.log_name, after.log_name, backup_sha256),
        justification=f"restored from a backup of {manifest.at.isoformat()}, with {ledger.size} entries",
        facts={"entries": ledger.size},
    )
    pending = Pending(operation=Operation.ALTERATION, what=RESTORED, case="", detail=detail)
    (index,) = record_entries([pending], at=at)
    note = str(sign_continuation(continuation, load_ledger_key(before)))
    kept = find_restored(before)
    row = Restoration(note=note, leaf=get_leaf(index).decode(), backup_sha256=backup_sha256)
    keep_restored(after, Restored(restorations=(*kept.restorations, row), missing=kept.missing))
    make_checkpoint(after)
    (root / _UNFINISHED).write_text(json.dumps({**mark, "branch": branch}, indent=1) + "\n")
    (root / _UNFINISHED).rename(root / MARK)
    return RestoreReport(workspace=after, continuation=continuation, ledger=ledger, aside=None)


def _second_after(workspace: Workspace) -> datetime:
    """A later moment than the last restoring, by a second at least: numbers go on from it."""
    last = find_restored(workspace).last
    return last.restored_at + timedelta(seconds=1) if last else datetime.min.replace(tzinfo=UTC)


def _names(workspace: Workspace) -> Iterator[str]:
    root = workspace.root
    leftovers = {path for slug in workspace.operations() for path in find_leftovers(workspace, slug)}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        left_out = (
            name.startswith(_LEFT_OUT)
            or not _GROWN_AGAIN.isdisjoint(path.relative_to(root).parts)
            or not leftovers.isdisjoint((path, *path.parents))
        )
        if path.is_file() and not path.is_symlink() and not left_out:
            yield name


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _encrypt(plain: Path, recipient: str) -> Path:
    import pyrage

    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as problem:
        raise UsageError(
            "the recipient is not an age public key", "Give one that begins with age1.", code="USAGE-KEY"
        ) from problem
    target = plain.with_suffix(".age")
    pyrage.encrypt_file(str(plain), str(target), [key])
    plain.unlink()
    target.chmod(0o600)
    return target


def _decrypt(source: Path, identity: Path, folder: Path) -> Path:
    import pyrage

    lines = [line for line in identity.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-")]
    target = folder / "plain.tar"
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines]
        pyrage.decrypt_file(str(source), str(target), keys)
    except pyrage.IdentityError as problem:
        raise UsageError(
            f"{identity.name} holds no age identity",
            "Give the file that `fairlead key identity` made.",
            code="USAGE-KEY",
        ) from problem
    except pyrage.DecryptError as problem:
        if "No matching keys" in str(problem):
            raise UsageError(
                f"{source.name} cannot be decrypted with this identity",
                "Give the right one. If it is the right one, the file is damaged: use another copy of this backup.",
                code="USAGE-KEY",
            ) from problem
        raise _damaged(source) from problem
    except OSError as problem:
        if problem.errno is not None:  # the disk's own errors have a number, those of decrypting have none
            raise
        raise _damaged(source) from problem
    return target


def _damaged(source: Path) -> UsageError:
    return UsageError(
        f"{source.name} is cut or damaged, or no encrypted backup",
        "Nothing was restored. Use another copy of this backup, or the one before it.",
        code="USAGE-RESTORE",
    )
