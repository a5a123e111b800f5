"""Gives up, one layer after the other, everything a worker no longer needs."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from pathlib import Path

from fairlead.engine.sandbox import seccomp
from fairlead.engine.sandbox.limits import SandboxLimits

_NOBODY = 65534
# Threads that workers may start beside those there are. As nobody, who runs nothing else, few; as a person, whose other
# programs come and go, so many that a decoder never fails for them.
_AS_NOBODY, _AS_USER = 512, 4096
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL = 9
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 446, 1
# Newest Landlock ABI that brought a right, and the number of file rights from there on.
_FILE_RIGHTS = ((5, 16), (3, 15), (2, 14), (1, 13))
_NET_ABI, _SCOPE_ABI = 4, 6


def lock_down(limits: SandboxLimits) -> dict[str, object]:
    """Apply all layers this computer has; returns which took, for the supervisor to judge."""
    threads = _threads()
    _limit_resources(limits)
    dropped = _drop_privileges()
    if limits.threads:
        _limit_threads(_AS_NOBODY if dropped else _AS_USER)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privs = landlock = 0
    filtered = False
    if sys.platform == "linux":
        libc.prctl(_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        no_new_privs = int(libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        landlock = _enter_landlock(libc) if no_new_privs else 0
    if no_new_privs and seccomp.available():
        filtered = seccomp.install(
            pid=os.getpid(), threads=limits.threads, executable_memory=limits.executable_memory
        )
    return {
        "rlimits": True,
        "uid": os.getuid(),
        "dropped": dropped,
        "no_new_privs": bool(no_new_privs),
        "landlock_abi": landlock,
        "seccomp": filtered,
        "threads_before": threads,
    }


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return sum(1 for _ in tasks.iterdir()) if tasks.is_dir() else 1


def _limit_resources(limits: SandboxLimits) -> None:
    pairs = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
    )
    for name, most in pairs:
        _, hard = resource.getrlimit(name)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (value, value))


def _limit_threads(more: int) -> None:
    """No more threads than this user has now, and some: the kernel counts all of a user's, whoever started them."""
    now = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.getuid():
                now += sum(1 for _ in (process / "task").iterdir())
        except OSError:  # it has ended meanwhile
            continue
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    value = now + more if hard == resource.RLIM_INFINITY else min(now + more, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (value, value))


def _drop_privileges() -> bool:
    """Become nobody when started as root. PDEATHSIG must be set afterwards: a change of uid clears it."""
    if os.getuid() != 0:
        return False
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        return False
    return True


def _enter_landlock(libc: ctypes.CDLL) -> int:
    """Enter a Landlock domain without any right; returns the ABI, 0 when the kernel has none."""
    abi = int(libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION)))
    if abi <= 0:
        return 0
    rights = next(count for since, count in _FILE_RIGHTS if abi >= since)
    fields = [(1 << rights) - 1]
    if abi >= _NET_ABI:
        fields.append(0b11)
    if abi >= _SCOPE_ABI:
        fields.append(0b11)
    ruleset = struct.pack(f"={len(fields)}Q", *fields)
    descriptor = int(
        libc.syscall(_LANDLOCK_CREATE, ruleset, ctypes.c_size_t(len(ruleset)), ctypes.c_uint32(0))
    )
    if descriptor < 0:
        return 0
    entered = libc.syscall(_LANDLOCK_RESTRICT, descriptor, ctypes.c_uint32(0)) == 0
    os.close(descriptor)
    return abi if entered else 0
