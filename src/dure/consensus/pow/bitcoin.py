"""Reads and checks blocks of Bitcoin: the format from which proof of work is easiest understood.

A header is 80 bytes: version, hash of the header before, Merkle root of the transactions, time,
compact target, nonce; numbers little-endian. Its hash is SHA-256 of SHA-256 of those bytes, read as
a little-endian number, and is not above the target. That is the whole proof: to change a block is
to find such a hash again for it and for every block after it.

Checked here: the links, the work, the Merkle root, and that a transaction list is read to its last
byte. Not checked: signatures and amounts, and whether the target is the one that the difficulty
rule asked for. Source: the "block chain" chapter of Bitcoin's developer reference.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from dure.consensus.pow.target import compute_work, expand_target
from dure.core.errors import InvalidBlock, InvalidEncoding

HEADER_BYTES: Final = 80
BLOCK_BYTES_MAX: Final = 4_000_000
_LAYOUT: Final = struct.Struct("<i32s32sIII")
_SEGWIT_MARK: Final = b"\x00\x01"


def hash_twice(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256 of the data."""
    return sha256(sha256(data).digest()).digest()


@dataclass(frozen=True, slots=True)
class BitcoinHeader:
    """The 80 bytes that the work is done for."""

    version: int
    previous: bytes
    """The hash of the header before, in the order of the bytes on the wire."""
    merkle_root: bytes
    time: int
    """Seconds since 1970."""
    bits: int
    nonce: int

    def encode(self) -> bytes:
        """Return the 80 bytes."""
        return _LAYOUT.pack(
            self.version, self.previous, self.merkle_root, self.time, self.bits, self.nonce
        )

    def compute_hash(self) -> bytes:
        """Return the header's hash, in the order of the bytes on the wire."""
        return hash_twice(self.encode())

    @property
    def name(self) -> str:
        """The hash as people write it: the bytes turned round, zeros first."""
        return self.compute_hash()[::-1].hex()

    @property
    def work(self) -> int:
        """How many hashes such a header takes on average."""
        return compute_work(expand_target(self.bits))


@dataclass(frozen=True, slots=True)
class BitcoinBlock:
    """A header and its transactions, unopened."""

    header: BitcoinHeader
    transactions: tuple[bytes, ...]
    """Without witnesses: what the transaction ids are hashes of."""


def decode_header(data: bytes) -> BitcoinHeader:
    """Read the 80 bytes of a header; raise `InvalidEncoding` for another length."""
    if len(data) != HEADER_BYTES:
        raise InvalidEncoding(f"a Bitcoin header has {HEADER_BYTES} bytes, these are {len(data)}")
    return BitcoinHeader(*_LAYOUT.unpack(data))


def decode_block(data: bytes) -> BitcoinBlock:
    """Read a block; raise `InvalidEncoding` where it is cut off, goes on, or is too long."""
    if len(data) > BLOCK_BYTES_MAX:
        raise InvalidEncoding(f"a block has at most {BLOCK_BYTES_MAX} bytes, not {len(data)}")
    reader = _Reader(data)
    header = decode_header(reader.take(HEADER_BYTES))
    transactions = tuple([_take_transaction(reader) for _ in range(reader.take_count())])
    if not reader.is_at_end:
        raise InvalidEncoding("bytes follow the last transaction of a block")
    return BitcoinBlock(header, transactions)


def validate_work(header: BitcoinHeader) -> None:
    """Raise `InvalidBlock` unless the header's hash is not above its own target."""
    if int.from_bytes(header.compute_hash(), "little") > expand_target(header.bits):
        raise InvalidBlock("the hash is above the target: nobody worked for it", rule="work")


def validate_block(block: BitcoinBlock) -> None:
    """Raise `InvalidBlock` unless work and Merkle root are right."""
    validate_work(block.header)
    if not block.transactions:
        raise InvalidBlock("a block without a transaction pays nobody", rule="coinbase")
    identifiers = [hash_twice(transaction) for transaction in block.transactions]
    if compute_merkle_root(identifiers) != block.header.merkle_root:
        raise InvalidBlock("the transactions are not those of the header", rule="merkle root")


def validate_chain(headers: Iterable[BitcoinHeader]) -> int:
    """Check the work of each header and its link to the one before; return the whole work.

    Raises `InvalidBlock` with the place, counted from 0, of the first header that does not hold.
    """
    work, before = 0, None
    for place, header in enumerate(headers):
        if before is not None and header.previous != before:
            message = f"header {place} does not follow the one before it"
            raise InvalidBlock(message, rule="link", place=place)
        validate_work(header)
        work += header.work
        before = header.compute_hash()
    return work


def compute_merkle_root(identifiers: list[bytes]) -> bytes:
    """Return the root over transaction ids; the last of an odd row is paired with itself.

    Raises `InvalidBlock` where two equal hashes stand side by side in a whole row: by that rule
    another list has the same root (CVE-2012-2459).
    """
    row = list(identifiers)
    while len(row) > 1:
        if any(row[index] == row[index + 1] for index in range(0, len(row) - 1, 2)):
            raise InvalidBlock("two equal hashes are paired in the tree", rule="merkle root")
        if len(row) % 2:
            row.append(row[-1])
        row = [hash_twice(row[index] + row[index + 1]) for index in range(0, len(row), 2)]
    return row[0]


@dataclass(slots=True)
class _Reader:
    """Takes bytes from the front and never more than there are."""

    data: bytes
    place: int = 0

    @property
    def is_at_end(self) -> bool:
        return self.place == len(self.data)

    def take(self, count: int) -> bytes:
        end = self.place + count
        if end > len(self.data):
            raise InvalidEncoding(f"a block is cut off at byte {len(self.data)}")
        taken, self.place = self.data[self.place : end], end
        return taken

    def take_count(self) -> int:
        """Read a number of Bitcoin's variable length, refusing longer forms than needed."""
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        size = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
        value = int.from_bytes(self.take(size), "little")
        if value < {2: 0xFD, 4: 2**16, 8: 2**32}[size]:
            raise InvalidEncoding("a count is written longer than it needs")
        if value > BLOCK_BYTES_MAX:
            raise InvalidEncoding(f"a count of {value} is more than a block can hold")
        return value


def _take_transaction(reader: _Reader) -> bytes:
    """Return the next transaction without its witnesses."""
    version = reader.take(4)
    has_witnesses = reader.data[reader.place : reader.place + 2] == _SEGWIT_MARK
    if has_witnesses:
        reader.take(2)
    begin = reader.place
    inputs = reader.take_count()
    for _ in range(inputs):
        reader.take(36)
        reader.take(reader.take_count())
        reader.take(4)
    for _ in range(reader.take_count()):
        reader.take(8)
        reader.take(reader.take_count())
    body = reader.data[begin : reader.place]
    if has_witnesses:
        for _ in range(inputs):
            for _ in range(reader.take_count()):
                reader.take(reader.take_count())
    return version + body + reader.take(4)
