"""What the nodes hold while a load runs: memory and disk, looked at from outside.

Memory is what the system counts as resident in each node's own process; the process that runs its
contracts is not counted. Disk is what the files in a node's folder hold.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dure.cli.bench.machine import read_memory
from dure.cli.network.processes import RunningNetwork

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """All nodes at one moment; where the system hides a process, its memory is 0."""

    at: float
    """Seconds of the monotonic clock."""
    memory_bytes: tuple[int, ...]
    """Resident, node by node."""
    disk_bytes: tuple[int, ...]


@dataclass(slots=True)
class Watch:
    """The samples so far, oldest first."""

    running: RunningNetwork
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> Sample:
        """Take a sample."""
        pids = [node.pid for node in self.running.nodes]
        memories = [None if pid is None else read_memory(pid) for pid in pids]
        folders = [node.log_file.parent for node in self.running.nodes]
        sample = Sample(
            at=time.monotonic(),
            memory_bytes=tuple(0 if each is None else each.resident for each in memories),
            disk_bytes=tuple(map(measure_folder, folders)),
        )
        self.samples.append(sample)
        return sample

    def list_between(self, begin: float, end: float) -> list[Sample]:
        """Return the samples of that time."""
        return [sample for sample in self.samples if begin <= sample.at < end]


@asynccontextmanager
async def watch_nodes(running: RunningNetwork, every_s: float) -> AsyncIterator[Watch]:
    """Take a sample at once and every so many seconds for the time of a `with` block."""
    watch = Watch(running)
    watch.look()
    task = asyncio.create_task(_keep_looking(watch, every_s))
    try:
        yield watch
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_looking(watch: Watch, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        watch.look()


def measure_folder(folder: Path) -> int:
    """Return the bytes that the files below a folder take on the disk.

    Files that go away meanwhile count for nothing.
    """
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_blocks * 512
    return total


def to_mebibytes(values: Sequence[int]) -> list[float]:
    """Return bytes as mebibytes, for people."""
    return [round(value / MEBIBYTE, 1) for value in values]
