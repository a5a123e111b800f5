"""The system calls a worker may still make, as a seccomp filter assembled here (x86_64 only)."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_EPERM, _ENOSYS, _ENOTTY = 1, 38, 25
_ARCH_X86_64 = 0xC000003E
_X32_BIT = 0x40000000
_PROT_EXEC = 0x4
_CLONE_THREAD = 0x00010000
_PR_SET_NAME = 15
_AT_EMPTY_PATH = 0x1000

# Numbers of arch/x86/entry/syscalls/syscall_64.tbl.
_PLAIN = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "nanosleep": 35, "getpid": 39, "sendto": 44,
    "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "exit": 60, "ftruncate": 77, "getrlimit": 97,
    "getrusage": 98, "sysinfo": 99, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108,
    "sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228,
    "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "pwrite64": 18,
    "getrandom": 318, "membarrier": 324, "rseq": 334, "restart_syscall": 219, "getcpu": 309,
    "preadv": 295, "preadv2": 327,
}  # fmt: skip
_KILLED = {
    "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "ptrace": 101, "process_vm_readv": 310,
    "process_vm_writev": 311, "kill": 62, "tkill": 200, "unshare": 272, "setns": 308, "bpf": 321,
    "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "keyctl": 250, "add_key": 248,
}  # fmt: skip
_CLONE, _CLONE3, _MMAP, _MPROTECT, _TGKILL, _PRCTL, _PRLIMIT, _IOCTL, _FCNTL, _NEWFSTATAT = (
    56, 435, 9, 10, 234, 157, 302, 16, 72, 262,
)  # fmt: skip
_FCNTL_ALLOWED = (0, 1, 2, 3, 1030, 1034)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GET_SEALS


def available() -> bool:
    """Whether the filter exists for this computer."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", 0x20, 0, 0, offset)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", 0x06, 0, 0, action)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", kind, if_true, if_false, value)


_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45


def _low(argument: int) -> bytes:
    return _load(16 + 8 * argument)


def _high(argument: int) -> bytes:
    return _load(20 + 8 * argument)


def _when(number: int, *block: bytes) -> bytes:
    return _jump(_EQUAL, number, 0, len(block)) + b"".join(block)


def _only_if(number: int, argument: int, kind: int, value: int, *, then: int, otherwise: int) -> bytes:
    return _when(number, _low(argument), _jump(kind, value, 0, 1), _return(then), _return(otherwise))


def build_filter(*, pid: int, threads: bool, executable_memory: bool) -> bytes:
    """The filter program: an allow-list with argument checks; what is not listed fails with EPERM.

    Starting a process or a program, and reaching into others, kills the worker instead.
    """
    refuse = _ERRNO | _EPERM
    parts = [
        _load(4),
        _jump(_EQUAL, _ARCH_X86_64, 1, 0),
        _return(_KILL),
        _load(0),
        _jump(_AT_LEAST, _X32_BIT, 0, 1),
        _return(_KILL),
    ]
    parts += [_when(number, _return(_ALLOW)) for number in _PLAIN.values()]
    parts += [_when(number, _return(_KILL)) for number in _KILLED.values()]
    executable = _ALLOW if executable_memory else refuse
    for number in (_MMAP, _MPROTECT):
        parts.append(_only_if(number, 2, _ANY_BIT, _PROT_EXEC, then=executable, otherwise=_ALLOW))
    thread = _ALLOW if threads else refuse
    parts.append(_only_if(_CLONE, 0, _ANY_BIT, _CLONE_THREAD, then=thread, otherwise=_KILL))
    parts.append(_when(_CLONE3, _return(_ERRNO | _ENOSYS)))
    parts.append(_only_if(_TGKILL, 0, _EQUAL, pid, then=_ALLOW, otherwise=_KILL))
    parts.append(_only_if(_PRCTL, 0, _EQUAL, _PR_SET_NAME, then=_ALLOW, otherwise=refuse))
    parts.append(
        _when(
            _PRLIMIT,
            _low(2),
            _jump(_EQUAL, 0, 0, 3),
            _high(2),
            _jump(_EQUAL, 0, 0, 1),
            _return(_ALLOW),
            _return(refuse),
        )
    )
    # glibc asks fstat() this way; a path beside the descriptor would tell sizes and times, never content.
    parts.append(_only_if(_NEWFSTATAT, 3, _ANY_BIT, _AT_EMPTY_PATH, then=_ALLOW, otherwise=refuse))
    parts.append(_when(_IOCTL, _return(_ERRNO | _ENOTTY)))
    matches = [
        _jump(_EQUAL, command, len(_FCNTL_ALLOWED) - place, 0) for place, command in enumerate(_FCNTL_ALLOWED)
    ]
    parts.append(_when(_FCNTL, _low(1), *matches, _return(refuse), _return(_ALLOW)))
    parts.append(_return(refuse))
    return b"".join(parts)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(program: bytes) -> bool:
    """Put the filter on every thread of this process; needs no_new_privs. Returns whether it took."""
    libc = ctypes.CDLL(None, use_errno=True)
    held = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
    set_mode_filter, all_threads, seccomp_call = 1, 1, 317
    return bool(libc.syscall(seccomp_call, set_mode_filter, all_threads, ctypes.byref(described)) == 0)
