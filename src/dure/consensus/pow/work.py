"""What a header of a chain with proof of work carries, and the hash that proves it.

The work hash is SHA-256 of SHA-256 of `domain ‖ header`, read as a big-endian number: it is not
above the target. It is another hash than the block's id, which stays what it is on every chain. The
nonce is the end of the header's bytes, so that a search hashes one last piece again and again.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.consensus.pow.target import compute_work, expand_target
from dure.core import hashing
from dure.core.block import Block, Header
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidBlock, InvalidEncoding
from dure.core.types import Unsigned

NONCE_BYTES: Final = 8


class Work(Wire, frozen=True):
    """The engine's part of the header."""

    bits: Unsigned
    """The target, compact."""
    nonce: Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]


def read_work(header: Header) -> Work:
    """Return what the header carries; raise `InvalidBlock` where it carries something else."""
    try:
        return decode(Work, header.engine)
    except InvalidEncoding as problem:
        raise InvalidBlock(f"a header without work: {problem.message}", rule="work") from problem


def set_work(block: Block, work: Work) -> Block:
    """Return the block with this work in its header."""
    header = msgspec.structs.replace(block.header, engine=encode(work))
    return msgspec.structs.replace(block, header=header)


def compute_work_hash(header: Header) -> int:
    """Return the number that must not be above the target."""
    return int.from_bytes(sha256(sha256(hashing.WORK + encode(header)).digest()).digest(), "big")


def measure_work(header: Header) -> int:
    """Return how many hashes the header's work stands for on average.

    Raises `InvalidBlock` where its hash is above the target that it names.
    """
    target = expand_target(read_work(header).bits)
    if compute_work_hash(header) > target:
        raise InvalidBlock("the work hash is above the target", rule="work")
    return compute_work(target)


def seek_nonce(header: Header, target: int, start: int, tries: int) -> Header | None:
    """Try nonces from `start`; return the header of the first that is enough, or None."""
    data = encode(header)
    begin = sha256(hashing.WORK + data[:-NONCE_BYTES])
    work = read_work(header)
    limit = target.to_bytes(32, "big")
    for number in range(start, start + tries):
        nonce = (number % 2 ** (8 * NONCE_BYTES)).to_bytes(NONCE_BYTES, "big")
        state = begin.copy()
        state.update(nonce)
        if sha256(state.digest()).digest() <= limit:
            engine = encode(msgspec.structs.replace(work, nonce=nonce))
            return msgspec.structs.replace(header, engine=engine)
    return None
