"""The system calls a worker may still make, as a seccomp filter assembled here, for x86_64 and aarch64."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from dataclasses import dataclass

from fairlead.engine.sandbox.system_calls import AARCH64, X86_64

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_EPERM, _ENOSYS, _ENOTTY = 1, 38, 25
_X32_BIT = 0x40000000
_PROT_EXEC = 0x4
_CLONE_THREAD = 0x00010000
_PR_SET_NAME = 15
_AT_EMPTY_PATH = 0x1000

_PLAIN = (
    "read", "write", "close", "fstat", "poll", "ppoll", "lseek", "munmap", "brk", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "pread64", "readv", "writev", "sched_yield", "mremap", "madvise",
    "dup", "nanosleep", "getpid", "sendto", "recvfrom", "sendmsg", "recvmsg", "exit", "ftruncate",
    "getrlimit", "getrusage", "sysinfo", "getuid", "getgid", "geteuid", "getegid", "sigaltstack", "gettid",
    "futex", "sched_getaffinity", "clock_gettime", "clock_getres", "clock_nanosleep", "exit_group",
    "set_robust_list", "pwrite64", "getrandom", "membarrier", "rseq", "restart_syscall", "getcpu",
    "preadv", "preadv2",
)  # fmt: skip
_KILLED = (
    "fork", "vfork", "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kill",
    "tkill", "unshare", "setns", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "keyctl",
    "add_key",
)  # fmt: skip
_FCNTL_ALLOWED = (0, 1, 2, 3, 1030, 1034)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GET_SEALS


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor as the kernel tells it to the filter (AUDIT_ARCH_…), with its numbers of system calls."""

    arch: int
    numbers: dict[str, int]


MACHINES = {"x86_64": Machine(0xC000003E, X86_64), "aarch64": Machine(0xC00000B7, AARCH64)}


def available() -> bool:
    """Whether the filter exists for this computer."""
    return sys.platform == "linux" and platform.machine() in MACHINES


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


def build_filter(machine: Machine, *, pid: int, threads: bool, executable_memory: bool) -> bytes:
    """The filter program: an allow-list with argument checks; what is not listed fails with EPERM.

    Starting a process or a program, and reaching into others, kills the worker instead.
    """
    refuse = _ERRNO | _EPERM
    number = machine.numbers
    parts = [_load(4), _jump(_EQUAL, machine.arch, 1, 0), _return(_KILL), _load(0)]
    if machine is MACHINES["x86_64"]:
        parts += [_jump(_AT_LEAST, _X32_BIT, 0, 1), _return(_KILL)]
    parts += [_when(number[name], _return(_ALLOW)) for name in _PLAIN if name in number]
    parts += [_when(number[name], _return(_KILL)) for name in _KILLED if name in number]
    executable = _ALLOW if executable_memory else refuse
    for name in ("mmap", "mprotect"):
        parts.append(_only_if(number[name], 2, _ANY_BIT, _PROT_EXEC, then=executable, otherwise=_ALLOW))
    thread = _ALLOW if threads else refuse
    parts.append(_only_if(number["clone"], 0, _ANY_BIT, _CLONE_THREAD, then=thread, otherwise=_KILL))
    parts.append(_when(number["clone3"], _return(_ERRNO | _ENOSYS)))
    parts.append(_only_if(number["tgkill"], 0, _EQUAL, pid, then=_ALLOW, otherwise=_KILL))
    parts.append(_only_if(number["prctl"], 0, _EQUAL, _PR_SET_NAME, then=_ALLOW, otherwise=refuse))
    parts.append(
        _when(
            number["prlimit64"],
            _low(2),
            _jump(_EQUAL, 0, 0, 3),
            _high(2),
            _jump(_EQUAL, 0, 0, 1),
            _return(_ALLOW),
            _return(refuse),
        )
    )
    # glibc asks fstat() this way; a path beside the descriptor would tell sizes and times, never content.
    parts.append(_only_if(number["newfstatat"], 3, _ANY_BIT, _AT_EMPTY_PATH, then=_ALLOW, otherwise=refuse))
    parts.append(_when(number["ioctl"], _return(_ERRNO | _ENOTTY)))
    matches = [
        _jump(_EQUAL, command, len(_FCNTL_ALLOWED) - place, 0) for place, command in enumerate(_FCNTL_ALLOWED)
    ]
    parts.append(_when(number["fcntl"], _low(1), *matches, _return(refuse), _return(_ALLOW)))
    parts.append(_return(refuse))
    return b"".join(parts)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(*, pid: int, threads: bool, executable_memory: bool) -> bool:
    """Put the filter on every thread of this process; needs no_new_privs. Returns whether it took."""
    machine = MACHINES[platform.machine()]
    program = build_filter(machine, pid=pid, threads=threads, executable_memory=executable_memory)
    libc = ctypes.CDLL(None, use_errno=True)
    held = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
    set_mode_filter, all_threads = 1, 1
    answer = libc.syscall(machine.numbers["seccomp"], set_mode_filter, all_threads, ctypes.byref(described))
    return bool(answer == 0)
