"""What a worker process gives up before it sees anything of a stranger's.

On Linux (x86-64 and AArch64) the last step is a seccomp filter: from then on the process may read
and write what it has open, ask for memory that is not executable, tell the time and end. Any other
system call kills it. There is no way back, for the process itself neither.

The filter is classic BPF, written by hand so that it needs no library. Sources: Linux
`Documentation/userspace-api/seccomp_filter.rst`, `include/uapi/linux/{filter,seccomp,audit}.h`;
system call numbers from `arch/x86/entry/syscalls/syscall_64.tbl` and `asm-generic/unistd.h`.
"""

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_NOT_LESS: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_JUMP_BITS: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_KILL: Final = 0x80000000
_ALLOW: Final = 0x7FFF0000
_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4
_PROTECTION_AT: Final = 32  # low half of the third argument, on little-endian machines
_PROT_EXEC: Final = 4
_X32_BIT: Final = 0x40000000


@dataclass(frozen=True, slots=True)
class Calls:
    """One architecture's numbers."""

    architecture: int
    """AUDIT_ARCH_…"""
    allowed: tuple[int, ...]
    mapping: tuple[int, ...]
    """mmap and mprotect: allowed for memory that cannot be executed."""


CALLS: Final = {
    # read write munmap brk rt_sigreturn mremap madvise exit gettimeofday futex clock_gettime
    # exit_group getrandom
    "x86_64": Calls(
        architecture=0xC000003E,
        allowed=(0, 1, 11, 12, 15, 25, 28, 60, 96, 202, 228, 231, 318),
        mapping=(9, 10),
    ),
    "aarch64": Calls(
        architecture=0xC00000B7,
        allowed=(63, 64, 215, 214, 139, 216, 233, 93, 169, 98, 113, 94, 278),
        mapping=(222, 226),
    ),
}


@dataclass(slots=True)
class Outcome:
    """Which limits hold now, and which this system does not have."""

    limits: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def attempt(self, name: str, action: Callable[[], object]) -> None:
        """Note whether `action` could be done."""
        try:
            action()
        except (OSError, ValueError) as problem:
            self.missing.append(f"{name} ({problem})")
        else:
            self.limits.append(name)


def enter_sandbox(parent: int, spare_bytes: int) -> Outcome:
    """Give up everything but reading, writing, computing, and so much memory beside what it has.

    `parent` is the node's process, with which this one ends.
    """
    outcome = Outcome()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The node ends its workers itself, after what it is doing.
        signal.signal(number, signal.SIG_IGN)
    outcome.attempt("ends with the node", lambda: _die_with(parent))
    os.closerange(1, 4096)
    for name, kind, most in _list_limits(spare_bytes):
        outcome.attempt(name, partial(resource.setrlimit, kind, (most, most)))
    outcome.attempt("system calls filtered", _filter_calls)
    return outcome


def _list_limits(spare_bytes: int) -> Iterable[tuple[str, int, int]]:
    space = get_address_space() + spare_bytes
    return (
        (f"address space of {space // 1024**2} MiB", resource.RLIMIT_AS, space),
        ("no core file", resource.RLIMIT_CORE, 0),
        ("no file is written", resource.RLIMIT_FSIZE, 0),
        ("no process is started", resource.RLIMIT_NPROC, 0),
        ("no file is opened", resource.RLIMIT_NOFILE, 0),
    )


def get_address_space() -> int:
    """Return the bytes of address space that this process has mapped."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


def _prctl(*arguments: object) -> None:
    if sys.platform != "linux":
        raise OSError("Linux only")
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _die_with(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)


def _filter_calls() -> None:
    machine = os.uname().machine
    calls = CALLS.get(machine)
    if calls is None:
        message = f"no filter is written for {machine}"
        raise OSError(message)
    program = build_filter(calls)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    )
    _prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    _prctl(
        _PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), header, *map(ctypes.c_ulong, (0, 0))
    )


def build_filter(calls: Calls) -> bytes:
    """Return the filter as an array of `struct sock_filter`."""
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        # The numbers of another ABI on the same machine (x32) begin here.
        (_JUMP_NOT_LESS, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in calls.allowed:
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for number in calls.mapping:
        lines += [
            (_JUMP_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _PROTECTION_AT),
            (_JUMP_BITS, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, _KILL),
            (_RETURN, 0, 0, _ALLOW),
        ]
    lines.append((_RETURN, 0, 0, _KILL))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
