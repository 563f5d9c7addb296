"""Disks that are full: a small file system in memory, or a limit on the size of any one file."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.faults.hosts import PREFIX
from tests.e2e.processes import is_alive

MOUNTS = Path("/proc/mounts")
DISK_BYTES = 128 * 1024 * 1024
_PIECE = bytes(1024 * 1024)


class NotPermitted(Exception):
    """This machine lets nobody mount anything."""


@contextmanager
def mounted_disk(folder: Path) -> Iterator[None]:
    """Have a small disk at the empty `folder` while the block runs; raise `NotPermitted`."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", f"{PREFIX}-{os.getpid()}"]
    try:
        subprocess.run([*command, str(folder)], capture_output=True, text=True, check=True)
    except OSError as problem:
        raise NotPermitted(str(problem)) from problem
    except subprocess.CalledProcessError as problem:
        raise NotPermitted(problem.stderr.strip()) from problem
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remove_stale_disks() -> None:
    """Unmount what killed runs left behind."""
    if not MOUNTS.is_file():
        return
    for line in MOUNTS.read_text().splitlines():
        source, place, *_ = line.split()
        owner = source.removeprefix(f"{PREFIX}-")
        if owner != source and owner.isdigit() and not is_alive(int(owner)):
            subprocess.run(["umount", "--lazy", place], check=False)


def fill_disk(ballast: Path) -> None:
    """Write a file that takes all that is left, to the last byte."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        piece = _PIECE
        while piece:
            try:
                os.write(descriptor, piece)
            except OSError:
                piece = piece[: len(piece) // 2]
    finally:
        os.close(descriptor)
