"""The node's side of executing again: one at a time, bounded in blocks, bytes and seconds.

What was found is kept for the few last asked for: a final transaction never changes.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from dure.chain.genesis.document import encode_genesis_file, get_first_height
from dure.console.retracing.messages import (
    ANSWER_BYTES_MAX,
    BLOCK_BYTES_MAX,
    BLOCKS_MAX,
    TIME_MAX_S,
    Task,
    frame,
)
from dure.core.block import compute_block_id
from dure.core.codec import encode
from dure.core.errors import NotFound, TimedOut, Unavailable
from dure.core.types import Digest, Height
from dure.node.gateway import Gateway
from dure.node.ports import StoredBlock

KEPT_MAX: Final = 16
CHILD: Final = "dure.console.retracing.child"


class CannotRetrace(NotFound):
    """This transaction can be executed again by the command `dure contract trace`, and not here."""


class Retracer:
    """Executes stored transactions again for whoever asks, one after the other."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Digest, int], dict[str, Any]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def retrace(self, gateway: Gateway, stored: StoredBlock, index: int) -> dict[str, Any]:
        """Return `{"trace": …, "changes": …}` of the receipt at `index` of a block.

        Raise `CannotRetrace`, and `Unavailable` where somebody else's is being executed.
        """
        place = (compute_block_id(stored.block.header), index)
        if place in self._kept:
            return self._kept[place]
        _validate(gateway, stored)
        if self._lock.locked():
            message = "another transaction is being executed again just now; try in a moment"
            raise Unavailable(message)
        async with self._lock:
            found = await _run(gateway, stored, index)
        self._kept[place] = found
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return found


def _validate(gateway: Gateway, stored: StoredBlock) -> None:
    """Raise `CannotRetrace` where the chain cannot be executed from its genesis on here."""
    genesis, height = gateway.document.genesis, stored.block.header.height
    first = get_first_height(genesis) + 1
    if genesis.predecessor is not None:
        raise CannotRetrace("the chain goes on from another one, whose state is not at hand here")
    if gateway.get_history().oldest > first:
        raise CannotRetrace("this node has not kept the chain's first blocks")
    if height - first >= BLOCKS_MAX:
        message = f"{height - first} blocks lie before it, and {BLOCKS_MAX} are executed here"
        raise CannotRetrace(message)


async def _run(gateway: Gateway, stored: StoredBlock, index: int) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", CHILD, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(TIME_MAX_S):
            feeding = asyncio.create_task(_feed(process, gateway, stored, index))
            try:
                answer = await _read(process)
                await feeding
            finally:
                feeding.cancel()
                await asyncio.wait([feeding])
    except TimeoutError:
        raise TimedOut(f"it was not done in {TIME_MAX_S} seconds: use the command") from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return _open_answer(answer)


async def _feed(process: Process, gateway: Gateway, stored: StoredBlock, index: int) -> None:
    """Hand the task and the blocks over; a process that ended early has its reason to tell."""
    assert process.stdin is not None, "it was started with a pipe"
    try:
        with suppress(ConnectionError):
            async for message in _list_messages(gateway, stored, index):
                process.stdin.write(frame(message))
                await process.stdin.drain()
    finally:
        process.stdin.close()


async def _list_messages(gateway: Gateway, stored: StoredBlock, index: int) -> AsyncIterator[bytes]:
    header = stored.block.header
    genesis = encode_genesis_file(gateway.document)
    yield encode(Task(genesis, header.height, compute_block_id(header), index))
    size = 0
    for height in range(get_first_height(gateway.document.genesis) + 1, header.height + 1):
        found = gateway.load_block(Height(height))
        if found is None:
            raise CannotRetrace("this node has not kept all of the chain's blocks")
        data = encode(found.block)
        size += len(data)
        if size > BLOCK_BYTES_MAX:
            raise CannotRetrace("the blocks before it are too long together to be executed here")
        yield data
        # Each comes from the disk: the node hears its peers in between.
        await asyncio.sleep(0)


async def _read(process: Process) -> bytes:
    assert process.stdout is not None, "it was started with a pipe"
    answer = bytearray()
    while part := await process.stdout.read(64 * 1024):
        answer += part
        if len(answer) > ANSWER_BYTES_MAX:
            raise CannotRetrace("it did more than can be shown on a page")
    return bytes(answer)


def _open_answer(answer: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.DecodeError:
        message = "executing it again took more time or memory than a page may: use the command"
        raise Unavailable(message) from None
    if "problem" in found:
        raise Unavailable(f"executing the chain again failed: {found['problem']}")
    return found
