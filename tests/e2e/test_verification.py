"""Workers check what real nodes receive from clients and from each other, and may die of it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from dure.chain.transaction import Envelope
from dure.cli.bench.running.course import open_streams
from dure.cli.bench.running.stock import prepare_transfers
from dure.cli.bench.running.town import Town, agree_on_state, found_town, start_town
from dure.core.codec import decode, encode
from dure.core.errors import WrongSignature

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
BATCH = 200
CHECKED = 'dure_verification_signatures_total{answered="yes"}'
LOST = "dure_verification_workers_lost_total"
FINAL = "dure_transactions_total"


def test_workers_check_for_all_nodes_and_are_replaced_when_they_are_killed() -> None:
    with found_town(2, 50, verify_workers=1) as town:
        with start_town(town) as running:
            nodes = [node.pid for node in running.nodes if node.pid is not None]
            asyncio.run(send_all(town, nodes))
            workers = list_children(nodes)
            assert len(workers) == 2
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


async def send_all(town: Town, nodes: Sequence[int]) -> None:
    """Send to one node; the other hears of it by gossip. Kill the workers, and send again."""
    stock = prepare_transfers(town, 2 * BATCH + 1)
    good = [each.envelope for each in stock.take(2 * BATCH)]
    (other,) = stock.take(1)
    workers = list_children(nodes)
    async with open_streams(town) as streams:
        refusals = await streams[0].submit([*good[:60], spoil(other.envelope), *good[60:BATCH]])
        places = [place for place, refusal in enumerate(refusals) if refusal is not None]
        assert (places, type(refusals[60])) == ([60], WrongSignature)
        await wait_until(lambda: read(town, FINAL) == [BATCH] * 2)
        assert all(count > 0 for count in read(town, CHECKED))
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert not any(await streams[0].submit(good[BATCH:]))
        await wait_until(lambda: read(town, FINAL) == [2 * BATCH] * 2)
        await wait_until(lambda: read(town, LOST) == [1] * 2)
        await wait_until(lambda: len(list_children(nodes)) == 2)
    assert not set(workers) & set(list_children(nodes))
    assert await agree_on_state(town)


def spoil(envelope: bytes) -> bytes:
    opened = decode(Envelope, envelope)
    (proof,) = opened.proofs
    return encode(Envelope(opened.body, (replace(proof, signatures=(bytes(64),)),)))


def read(town: Town, name: str) -> list[float]:
    """Return a figure of every node."""
    return [
        float(line.split()[1])
        for url in town.urls
        for line in httpx.get(f"{url}/metrics").text.splitlines()
        if line.startswith(f"{name} ")
    ]


def list_children(nodes: Sequence[int]) -> list[int]:
    files = [Path(f"/proc/{node}/task/{node}/children") for node in nodes]
    return [int(word) for file in files for word in file.read_text().split()]


async def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.05)
