"""The process that executes a chain again: `python -m dure.console.retracing.child`.

It is handed everything through its standard input and may take so much time and memory and no more;
a node that shares the machine goes first.
"""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final

import msgspec

from dure.chain.genesis.document import decode_genesis_file
from dure.chain.inspection.retracing import Retracing, describe_trace
from dure.console.retracing.messages import (
    LENGTH_BYTES,
    MEMORY_MAX_BYTES,
    TIME_MAX_S,
    Task,
)
from dure.core.block import Block, compute_block_id
from dure.core.codec import decode
from dure.core.errors import DureError, InvalidBlock

NICENESS: Final = 15


def main() -> None:
    """Read a task and its blocks, and print what was found."""
    _limit()
    try:
        answer = _retrace(_read_messages(sys.stdin.buffer))
    except DureError as problem:
        answer = {"problem": problem.message}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _retrace(messages: Iterator[bytes]) -> dict[str, Any]:
    task = decode(Task, next(messages))
    retracing = Retracing(decode_genesis_file(task.genesis))
    for data in messages:
        block = decode(Block, data)
        if block.header.height < task.height:
            retracing.follow(block)
            continue
        if compute_block_id(block.header) != task.block_id:
            raise InvalidBlock("the blocks do not lead to the one that was asked for", rule="id")
        found = retracing.trace(block, task.index)
        changes = retracing.describe_changes(block, task.index)
        retracing.follow(block)
        return {"trace": describe_trace(retracing, found), "changes": changes}
    raise InvalidBlock("the blocks end before the one that was asked for", rule="height")


def _read_messages(stream: IO[bytes]) -> Iterator[bytes]:
    while head := stream.read(LENGTH_BYTES):
        yield stream.read(int.from_bytes(head, "big"))


def _limit() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_MAX_S, TIME_MAX_S))
    with suppress(ValueError, OSError):
        # Not every system bounds the address space of a process.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))


if __name__ == "__main__":
    main()
