"""Having py-spy look at one node while it is measured, from a process of its own.

Rules
-----
1. The measured program is not changed and does not know. The sampler stops it for less than a
   millisecond at each look, `LOOKS_PER_SECOND` times a second; a profiled run is somewhat slower.
2. Whoever measures chooses the node. Under a load of transactions it is the last one: it takes its
   share of them as all do, and streams no blocks to the client.
3. Only threads that work are looked at. Threads of libraries that never run Python, as those with
   which RocksDB compacts, are not seen.
4. A sampler that is missing, or may not look, is an error that says what to do.
"""

import asyncio
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dure.cli.bench.profiling.flame import draw_flame
from dure.cli.bench.profiling.parts import describe_parts
from dure.cli.bench.profiling.stacks import Samples, read_samples
from dure.cli.network.processes import NodeProcess
from dure.core.errors import ConfigurationError

LOOKS_PER_SECOND: Final = 100
END_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What was seen of which node."""

    node: str
    samples: Samples
    seconds: float


def find_sampler() -> str:
    """Return the path of py-spy; raise `ConfigurationError` where it is not installed."""
    beside = Path(sys.executable).parent
    found = shutil.which("py-spy", path=str(beside)) or shutil.which("py-spy")
    if found is None:
        message = (
            "a profile needs py-spy, which is not installed: `pip install py-spy`, or `make setup` "
            "in the source tree"
        )
        raise ConfigurationError(message)
    return found


async def record(node: NodeProcess, after_s: float, seconds: float) -> Recording:
    """Look at a node's process for so long, beginning in a while; return what was seen.

    Raise `ConfigurationError` where the sampler may not look into other processes.
    """
    sampler = find_sampler()
    await asyncio.sleep(after_s)
    with tempfile.TemporaryDirectory(prefix="dure-profile-") as folder:
        file = Path(folder) / "stacks"
        options = {
            "--pid": str(node.pid),
            "--duration": str(max(1, round(seconds))),
            "--rate": str(LOOKS_PER_SECOND),
            "--format": "raw",
            "--output": str(file),
        }
        words = [word for option in options.items() for word in option]
        process = await asyncio.create_subprocess_exec(
            sampler, "record", *words, stdout=DEVNULL, stderr=PIPE
        )
        problem = await _wait(process, seconds)
        if process.returncode != 0 or not file.exists():
            raise ConfigurationError(_explain(problem))
        return Recording(node.member.name, read_samples(file.read_text("utf-8")), seconds)


async def _wait(process: asyncio.subprocess.Process, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds + END_TIMEOUT_S):
            _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return said.decode("utf-8", "replace")


def _explain(problem: str) -> str:
    if "ermission" in problem:
        return (
            "py-spy may not look into another process on this machine: run the bench as root, or "
            "let processes of one person see each other (`sysctl kernel.yama.ptrace_scope=0`)"
        )
    lines = [line for line in problem.splitlines() if line.strip()]
    return f"py-spy failed: {lines[-1] if lines else 'it did not say why'}"


def join(recordings: Sequence[Recording]) -> Recording:
    """Return all that was seen of one node, one time after the other."""
    samples: Samples = Counter()
    for each in recordings:
        samples.update(each.samples)
    return Recording(recordings[0].node, samples, sum(each.seconds for each in recordings))


def keep(recording: Recording, file: Path, cpu_us: float | None) -> dict[str, Any]:
    """Draw the flame graph; return what a bench's figures say of it."""
    looks = recording.samples.total()
    title = f"{recording.node}, one of the validators: {looks:,} looks in {recording.seconds:.0f} s"
    file.write_text(draw_flame(recording.samples, title), "utf-8")
    return {
        "node": recording.node,
        "samples": looks,
        "seconds": recording.seconds,
        "parts": describe_parts(recording.samples, cpu_us),
    }
