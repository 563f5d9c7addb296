"""The machine that a figure was measured on, and how busy it was with other things.

Other work on the same cores makes a wall-clock figure worse than the program is. Therefore the
processor time of the nodes and the load average stand beside every rate.
"""

import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from dure.core.signatures import verify
from dure.core.types import PublicKey, Signature
from dure.identity.keys import generate_key

VERIFY_BATCH: Final = 50
VERIFY_BATCHES: Final = 30

_DISTRIBUTIONS: Final = (
    "cryptography",
    "dure",
    "msgspec",
    "py-ed25519-zebra-bindings",
    "rocksdict",
    "uvicorn",
    "websockets",
)


def describe_machine() -> dict[str, Any]:
    """Return cores, processor, Python and the versions of what the figures depend on."""
    return {
        "cores": count_cores(),
        "cpu": _read_cpu_name(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _DISTRIBUTIONS},
    }


def count_cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def measure_verify_seconds() -> float:
    """Return what checking one Ed25519 signature takes on one core.

    The quickest of many short batches: other work on the machine can only make one slower.
    """
    key = generate_key()
    messages = [index.to_bytes(32, "big") for index in range(VERIFY_BATCH)]
    signed = [(message, key.sign(message)) for message in messages]
    return min(_time_batch(key.public, signed) for _ in range(VERIFY_BATCHES))


def _time_batch(key: PublicKey, signed: list[tuple[bytes, Signature]]) -> float:
    begun = time.perf_counter()
    valid = [verify(key, message, signature) for message, signature in signed]
    seconds = time.perf_counter() - begun
    assert all(valid), "what was just signed verifies"
    return seconds / len(signed)


def read_cpu_seconds(pids: Iterable[int]) -> float | None:
    """Return the processor time that these processes and their own have used.

    None where the system hides it.
    """
    try:
        return sum(_read_process_seconds(each) for pid in pids for each in _list_family(pid))
    except OSError:
        return None


def _list_family(pid: int) -> list[int]:
    """Return a process and those that it and they have started: a node's workers are its own."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for file in files for child in file.read_text().split()]
    return [pid, *(each for child in children for each in _list_family(child))]


def _read_process_seconds(pid: int) -> float:
    # proc(5): the name may hold blanks; after its bracket utime and stime are numbers 12 and 13.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds in memory, in bytes."""

    resident: int
    peak: int
    """The most that it has held since it began."""


def read_memory(pid: int) -> Memory | None:
    """Return what a process holds; None where the system hides it, or it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    # proc(5): "VmRSS:     1234 kB".
    fields = {name: value for name, _, value in (line.partition(":") for line in lines)}
    if "VmRSS" not in fields:
        return None
    resident, peak = (int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return Memory(resident, peak)


def read_load_average() -> float:
    """Return how many processes wanted a core in the last minute, this bench's own among them."""
    return os.getloadavg()[0]


def _read_cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
