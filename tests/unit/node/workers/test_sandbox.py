"""The system call filter, read as the kernel reads it, and the limits that a worker reports."""

import ctypes
import resource
import struct
import sys
from pathlib import Path

import pytest

from dure.contract.limits import MEMORY_BYTES_MAX, WORKER_BYTES_MAX
from dure.node.workers import sandbox
from dure.node.workers.machine import WorkerMachine
from dure.node.workers.sandbox import CALLS, Outcome, build_filter

KILL, ALLOW = 0x80000000, 0x7FFF0000
X86, ARM = CALLS["x86_64"], CALLS["aarch64"]
READ_ONLY, EXECUTABLE = 1, 5


def decide(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """Run a filter on one system call; return its verdict."""
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *given)
    lines = list(struct.iter_unpack("=HBBI", program))
    at, register = 0, 0
    while True:
        code, then, otherwise, value = lines[at]
        at += 1
        match code:
            case 0x20:
                (register,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += then if register == value else otherwise
            case 0x35:
                at += then if register >= value else otherwise
            case 0x45:
                at += then if register & value else otherwise
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(code)


@pytest.mark.parametrize("calls", [X86, ARM], ids=["x86_64", "aarch64"])
def test_only_what_is_listed_is_allowed(calls: sandbox.Calls) -> None:
    program = build_filter(calls)
    allowed = {
        number for number in range(500) if decide(program, calls.architecture, number) == ALLOW
    }
    assert allowed == {*calls.allowed, *calls.mapping}
    assert {decide(program, calls.architecture ^ 1, number) for number in range(500)} == {KILL}
    for number in calls.allowed:
        assert decide(program, calls.architecture, number | 0x40000000) == KILL
    for number in calls.mapping:
        assert decide(program, calls.architecture, number, 0, 4096, READ_ONLY) == ALLOW
        assert decide(program, calls.architecture, number, 0, 4096, EXECUTABLE) == KILL


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_a_worker_has_every_limit_here(machine: WorkerMachine) -> None:
    assert machine.pid is not None
    process = Path(f"/proc/{machine.pid}")
    lines = (process / "status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"
    assert [each.name for each in (process / "fd").iterdir()] == ["0"]
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        assert resource.prlimit(machine.pid, kind) == (0, 0)
    space, _ = resource.prlimit(machine.pid, resource.RLIMIT_AS)
    assert space > WORKER_BYTES_MAX >= 4 * MEMORY_BYTES_MAX
    variables = (process / "environ").read_bytes().split(b"\0")
    names = {each.split(b"=")[0] for each in variables if each}
    assert names - {b"LD_LIBRARY_PATH"} == {b"PYTHONHASHSEED", b"MALLOC_ARENA_MAX"}


def test_what_a_system_does_not_have_is_said() -> None:
    outcome = Outcome()

    def fail() -> None:
        raise OSError(38, "not here")

    outcome.attempt("one", fail)
    outcome.attempt("two", bool)
    assert outcome.limits == ["two"]
    assert outcome.missing == ["one ([Errno 38] not here)"]


def test_an_unknown_processor_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "CALLS", {})
    with pytest.raises(OSError, match="no filter is written for"):
        sandbox._filter_calls()


def test_another_system_has_no_prctl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match="Linux only"):
        sandbox._prctl(38, ctypes.c_ulong(0))


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_refused_prctl_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        sandbox._prctl(-1)
