"""A copy of one node's block log, one byte of which may be spoilt.

Rules
-----
1. The copy is a folder of its own outside the network's. No node ever runs on it, and nothing is
   written back: a log is only ever appended to, so it can be read while its node runs.
2. At most one byte differs from the original; another change takes the first one back.
3. A careful forger also writes the record's checksums anew; a careless one leaves them.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from dure.chain.genesis.document import GenesisDocument, decode_genesis_file, get_first_height
from dure.cli.network.hosting.views import BlockParts, Change, CopiedBlock, CopyView, PartView
from dure.core.codec import build_decoder, decode
from dure.core.errors import ConfigurationError, NotFound
from dure.node.durable.block_log import LOG_HEADER_LENGTH, build_format, read_store_id
from dure.node.durable.record_format import RECORD_HEAD_LENGTH, Entry
from dure.node.durable.store import LOG_NAME
from dure.node.ports import StoredBlock

LOG_BYTES_MAX: Final = 64 * 1024 * 1024
BLOCKS_SHOWN: Final = 200
PART_BYTES_SHOWN: Final = 512
LENGTH_BYTES: Final = 4
"""Before a record's block: how long it is."""
ARRAYS: Final = 2
"""Bytes before the header: a stored block is an array, and so is the block in it."""

_Parts = tuple[tuple[msgspec.Raw, msgspec.Raw], msgspec.Raw, msgspec.Raw]
_read_parts: Final = build_decoder(_Parts).decode
_PART_NAMES: Final = ("header", "transactions", "certificate", "receipts")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands in the log."""

    record: int
    """Offset of its record."""
    length: int
    """Of the block."""

    @property
    def block(self) -> int:
        """Offset of the block."""
        return self.record + RECORD_HEAD_LENGTH + LENGTH_BYTES


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, as it was taken, and what was done to it."""

    folder: Path
    node: str
    document: GenesisDocument
    store_id: bytes
    original: bytes
    """The whole log as it was copied."""
    places: dict[int, Place]
    """By height."""
    change: Change | None = None

    @property
    def log(self) -> Path:
        """The file."""
        return self.folder / LOG_NAME

    @property
    def first(self) -> int:
        """Height of the genesis block, which nobody sealed."""
        return get_first_height(self.document.genesis)

    @property
    def head(self) -> int:
        """Height of the newest block."""
        return max(self.places)

    def find_place(self, height: int) -> Place:
        """Return where a block above the genesis stands; raise `NotFound`."""
        if height <= self.first or height not in self.places:
            raise NotFound(f"the copy has no block {height} to look at", height=height)
        return self.places[height]

    def read_original(self, height: int) -> bytes:
        """Return a block as it was copied."""
        place = self.places[height]
        return self.original[place.block : place.block + place.length]

    def read_present(self, height: int) -> bytes:
        """Return a block's bytes as they lie on the disk now."""
        place = self.find_place(height)
        with self.log.open("rb") as file:
            file.seek(place.block)
            return file.read(place.length)

    def drop(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def take_copy(network: Path, node: str, data: Path) -> Copy:
    """Copy the log in a node's folder of data; raise `ConfigurationError` or `StorageError`."""
    document = decode_genesis_file((network / "genesis.dure").read_bytes())
    if document.genesis.predecessor is not None:
        raise ConfigurationError("this chain goes on another; play with one that begins by itself")
    try:
        with (data / LOG_NAME).open("rb") as file:
            original = file.read(LOG_BYTES_MAX + 1)
    except OSError as problem:
        message = f"{node} has stored nothing that could be copied: start the network first"
        raise ConfigurationError(message, node=node) from problem
    if len(original) > LOG_BYTES_MAX:
        message = f"the log of {node} has more than {LOG_BYTES_MAX} bytes: too many to play with"
        raise ConfigurationError(message, node=node)
    store_id = read_store_id(original)
    places = _find_places(original, store_id)
    folder = Path(tempfile.mkdtemp(prefix="dure-copy-"))
    copy = Copy(folder, node, document, store_id, original, places)
    copy.log.write_bytes(original)
    return copy


def change_byte(
    copy: Copy, height: int, part: str, offset: int, *, flip: int, mend_checksum: bool
) -> Copy:
    """Flip bits of one byte of a block's part, counted from its beginning; raise `NotFound`."""
    place = copy.find_place(height)
    begin, length = _find_parts(copy.read_original(height)).get(part, (0, 0))
    if offset >= length:
        raise NotFound(f"the {part} of block {height} has {length} bytes", length=length)
    spoilt = place.block + begin + offset
    before = copy.original[spoilt]
    changed = bytearray(copy.original)
    changed[spoilt] = before ^ flip
    if mend_checksum:
        _mend(changed, place, copy.store_id)
    copy.log.write_bytes(changed)
    change = Change(
        height=height,
        part=part,
        offset=offset,
        before=before,
        after=before ^ flip,
        mend_checksum=mend_checksum,
    )
    return replace(copy, change=change)


def describe_copy(copy: Copy) -> CopyView:
    """Return what was copied, the newest blocks first."""
    heights = [height for height in sorted(copy.places, reverse=True) if height > copy.first]
    return CopyView(
        node=copy.node,
        head=copy.head,
        blocks=[_describe_block(copy, height) for height in heights[:BLOCKS_SHOWN]],
        change=copy.change,
    )


def describe_parts(copy: Copy, height: int) -> BlockParts:
    """Return a block's bytes as they lie on the disk now; raise `NotFound`."""
    present = copy.read_present(height)
    parts = [
        PartView(
            name=name,
            length=length,
            digits=present[begin : begin + min(length, PART_BYTES_SHOWN)].hex(),
        )
        for name, (begin, length) in _find_parts(copy.read_original(height)).items()
    ]
    return BlockParts(height=height, parts=parts)


def _describe_block(copy: Copy, height: int) -> CopiedBlock:
    block = decode(StoredBlock, copy.read_original(height)).block
    return CopiedBlock(height=height, time=block.header.time, transactions=len(block.transactions))


def _find_places(log: bytes, store_id: bytes) -> dict[int, Place]:
    """Return where each block stands; a torn tail is left out."""
    form = build_format(store_id)
    places: dict[int, Place] = {}
    offset = LOG_HEADER_LENGTH
    while (entry := form.decode(log, offset)) is not None:
        length = int.from_bytes(entry.data[:LENGTH_BYTES], "big")
        if length:
            places[entry.height] = Place(offset, length)
        offset += RECORD_HEAD_LENGTH + len(entry.data)
    if not places:
        raise ConfigurationError("there is no block to play with")
    return places


def _find_parts(block: bytes) -> dict[str, tuple[int, int]]:
    """Return where each part of a stored block begins, and how long it is."""
    (header, transactions), certificate, receipts = _read_parts(block)
    parts: dict[str, tuple[int, int]] = {}
    begin = ARRAYS
    for name, raw in zip(_PART_NAMES, (header, transactions, certificate, receipts), strict=True):
        parts[name] = (begin, len(bytes(raw)))
        begin += len(bytes(raw))
    assert begin == len(block), "the parts are all of a stored block"
    return parts


def _mend(log: bytearray, place: Place, store_id: bytes) -> None:
    """Write a record's checksums anew, over what it holds now."""
    form = build_format(store_id)
    length = form.read_length(bytes(log[place.record : place.block]))
    assert length is not None, "the head of the record is untouched"
    begin = place.record + RECORD_HEAD_LENGTH
    data = bytes(log[begin : begin + length])
    height = int.from_bytes(log[place.record + 8 : place.record + 16], "big")
    written = form.encode(Entry(height, place.record, data))
    log[place.record : begin + length] = written
