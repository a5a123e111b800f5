"""Numbers of the system calls that the filter names, by processor.

x86_64: arch/x86/entry/syscalls/syscall_64.tbl of Linux. aarch64: include/uapi/asm-generic/unistd.h, which has no
`fork`, `vfork` and `poll`; there `newfstatat` is called `fstatat`.
"""

from __future__ import annotations

X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "nanosleep": 35, "getpid": 39, "sendto": 44,
    "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "exit": 60, "ftruncate": 77, "getrlimit": 97,
    "getrusage": 98, "sysinfo": 99, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108,
    "sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228,
    "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "pwrite64": 18,
    "getrandom": 318, "membarrier": 324, "rseq": 334, "restart_syscall": 219, "getcpu": 309, "preadv": 295,
    "preadv2": 327, "ppoll": 271, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "ptrace": 101,
    "process_vm_readv": 310, "process_vm_writev": 311, "kill": 62, "tkill": 200, "unshare": 272,
    "setns": 308, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
    "keyctl": 250, "add_key": 248, "clone": 56, "clone3": 435, "mmap": 9, "mprotect": 10, "tgkill": 234,
    "prctl": 157, "prlimit64": 302, "ioctl": 16, "fcntl": 72, "newfstatat": 262, "seccomp": 317,
}  # fmt: skip
AARCH64 = {
    "read": 63, "write": 64, "close": 57, "fstat": 80, "lseek": 62, "munmap": 215, "brk": 214,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "pread64": 67, "readv": 65,
    "writev": 66, "sched_yield": 124, "mremap": 216, "madvise": 233, "dup": 23, "nanosleep": 101,
    "getpid": 172, "sendto": 206, "recvfrom": 207, "sendmsg": 211, "recvmsg": 212, "exit": 93,
    "ftruncate": 46, "getrlimit": 163, "getrusage": 165, "sysinfo": 179, "getuid": 174, "getgid": 176,
    "geteuid": 175, "getegid": 177, "sigaltstack": 132, "gettid": 178, "futex": 98,
    "sched_getaffinity": 123, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
    "exit_group": 94, "set_robust_list": 99, "pwrite64": 68, "getrandom": 278, "membarrier": 283,
    "rseq": 293, "restart_syscall": 128, "getcpu": 168, "preadv": 69, "preadv2": 286, "ppoll": 73,
    "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
    "kill": 129, "tkill": 130, "unshare": 97, "setns": 268, "bpf": 280, "perf_event_open": 241,
    "userfaultfd": 282, "io_uring_setup": 425, "keyctl": 219, "add_key": 217, "clone": 220, "clone3": 435,
    "mmap": 222, "mprotect": 226, "tgkill": 131, "prctl": 167, "prlimit64": 261, "ioctl": 29, "fcntl": 25,
    "newfstatat": 79, "seccomp": 277,
}  # fmt: skip
