"""The seccomp filter, run by an interpreter of its own for both processors: what passes, fails and kills."""

from __future__ import annotations

import struct

import pytest

from fairlead.engine.sandbox.seccomp import MACHINES, build_filter

ALLOW, KILL, EPERM, ENOSYS, ENOTTY = 0x7FFF0000, 0x80000000, 0x50001, 0x50026, 0x50019
PID = 4711


def judge(machine: str, call: str | int, *arguments: int, arch: int | None = None, **allowed: bool) -> int:
    """The filter's answer to one system call, as the kernel would run it (classic BPF, linux/filter.h)."""
    known = MACHINES[machine]
    options = {"threads": False, "executable_memory": False} | allowed
    program = build_filter(known, pid=PID, **options)
    number = known.numbers[call] if isinstance(call, str) else call
    six = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, known.arch if arch is None else arch, 0, *six)
    held, at = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        match code:
            case 0x20:
                held = struct.unpack_from("<I", data, value)[0]
            case 0x06:
                return value
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x45:
                at += if_true if held & value else if_false


both = pytest.mark.parametrize("machine", sorted(MACHINES))


@both
def test_reading_and_answering_pass(machine: str) -> None:
    for call in (
        "read",
        "pread64",
        "fstat",
        "sendto",
        "recvmsg",
        "futex",
        "brk",
        "munmap",
        "exit_group",
        "getrandom",
    ):
        assert judge(machine, call) == ALLOW, call


@both
def test_starting_something_or_reaching_into_others_kills(machine: str) -> None:
    for call in (
        "execve",
        "execveat",
        "ptrace",
        "process_vm_readv",
        "kill",
        "tkill",
        "unshare",
        "bpf",
        "add_key",
    ):
        assert judge(machine, call) == KILL, call
    assert judge(machine, "clone", 0x1200011) == KILL  # what fork() asks for
    assert judge(machine, "tgkill", PID + 1) == KILL
    assert judge(machine, "tgkill", PID) == ALLOW


@both
def test_what_is_not_listed_is_refused(machine: str) -> None:
    numbers = set(MACHINES[machine].numbers.values())
    unlisted = [number for number in range(470) if number not in numbers]
    assert {judge(machine, number) for number in unlisted} == {EPERM}


@both
def test_threads_and_executable_pages_come_only_when_allowed(machine: str) -> None:
    thread, executable = 0x3D0F00, 0x4
    assert judge(machine, "clone", thread) == EPERM
    assert judge(machine, "clone", thread, threads=True) == ALLOW
    assert judge(machine, "clone3") == ENOSYS  # its flags lie in memory: the library then asks by clone
    assert judge(machine, "mmap", 0, 4096, 3 | executable) == EPERM
    assert judge(machine, "mprotect", 0, 4096, executable, executable_memory=True) == ALLOW
    assert judge(machine, "mmap", 0, 4096, 3) == ALLOW


@both
def test_arguments_decide_over_descriptors_limits_and_names(machine: str) -> None:
    assert judge(machine, "ioctl", 1, 0x5401) == ENOTTY
    assert judge(machine, "fcntl", 3, 1030) == ALLOW  # F_DUPFD_CLOEXEC
    assert judge(machine, "fcntl", 3, 8) == EPERM  # F_SETOWN
    assert judge(machine, "prctl", 15) == ALLOW  # PR_SET_NAME
    assert judge(machine, "prctl", 23) == EPERM  # PR_CAPBSET_READ
    assert judge(machine, "prlimit64", 0, 7, 0) == ALLOW
    assert judge(machine, "prlimit64", 0, 7, 1) == EPERM
    assert judge(machine, "prlimit64", 0, 7, 1 << 32) == EPERM
    assert judge(machine, "newfstatat", 3, 0, 0, 0x1000) == ALLOW
    assert judge(machine, "newfstatat", 3, 0, 0, 0) == EPERM


def test_another_processor_s_numbers_kill() -> None:
    assert judge("x86_64", "read", arch=0x40000003) == KILL  # 32-bit calls
    assert judge("x86_64", 0x40000000) == KILL  # the x32 form of read
    assert judge("aarch64", "read", arch=MACHINES["x86_64"].arch) == KILL
