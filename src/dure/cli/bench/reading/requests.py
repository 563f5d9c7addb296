"""Reading over HTTP as fast as the answers come: a closed loop of keep-alive connections.

HTTP/1.1 is spoken by hand, as little of it as a node's answers need: a client library takes longer
for a request than the node does, and would be what is measured.

Rules
-----
1. Each connection asks, waits for the whole answer, and asks again; paths are taken in turn.
2. What is asked in the first `warm_up_s` counts for nothing.
3. An answer other than 200 is counted as failed, and has no latency.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from multiprocessing.connection import Connection
from typing import Any, Final

HEAD_END: Final = b"\r\n\r\n"
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What to ask of which node."""

    host: str
    port: int
    paths: tuple[str, ...]
    connections: int
    seconds: float
    """Measured time; the warm-up comes before it."""
    warm_up_s: float


@dataclass(slots=True)
class Readings:
    """What came back inside the measured time."""

    latencies_s: list[float] = field(default_factory=list)
    answer_bytes: int = 0
    """Bodies of all answers together."""
    failed: int = 0


def read_beside(plan: ReadingPlan, wire: "Connection[Any, Any]") -> None:
    """Read, and send the `Readings` over the wire."""
    wire.send(asyncio.run(read_repeatedly(plan)))


async def read_repeatedly(plan: ReadingPlan) -> Readings:
    """Return what so many connections read in the plan's time."""
    readings = Readings()
    begin = time.monotonic() + plan.warm_up_s
    paths = itertools.cycle([_encode_request(plan, path) for path in plan.paths])
    async with asyncio.TaskGroup() as reading:
        for _ in range(plan.connections):
            reading.create_task(_read_until(begin, plan, paths, readings))
    return readings


def _encode_request(plan: ReadingPlan, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n\r\n".encode("ascii")


async def _read_until(
    begin: float, plan: ReadingPlan, requests: Iterator[bytes], readings: Readings
) -> None:
    reader, writer = await asyncio.open_connection(plan.host, plan.port)
    try:
        while (asked := time.monotonic()) < begin + plan.seconds:
            writer.write(next(requests))
            status, length = await _read_answer(reader)
            if asked < begin:
                continue
            if status == HTTPStatus.OK:
                readings.latencies_s.append(time.monotonic() - asked)
                readings.answer_bytes += length
            else:
                readings.failed += 1
    finally:
        writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return an answer's status and the length of its body."""
    head = await reader.readuntil(HEAD_END)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    length = int(headers["content-length"])
    if length > ANSWER_BYTES_MAX:
        raise ValueError(f"an answer of {length} bytes is more than this bench reads")
    await reader.readexactly(length)
    return int(first.split(" ", 2)[1]), length
