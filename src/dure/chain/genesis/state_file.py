"""The state of the chain before, as a file: the chunks of its last snapshot, one after another.

```
file  = "DURESTA1" frame* end
frame = length[4] chunk        length ≥ 1, big-endian; the canonical bytes of a snapshot chunk
end   = 00 00 00 00            nothing follows
```
Each chunk proves itself against the state root of the old chain's last final block (decision 0005),
so what is wrong is found at its place; at the end the root over all of them says that none is
missing. What is read is bounded before it is believed.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import Chunk, validate_chunk
from dure.core.codec import MESSAGE_BYTES_MAX, decode, encode
from dure.core.errors import InvalidEncoding, InvalidGenesis, InvalidProof
from dure.core.types import Hash

MAGIC: Final = b"DURESTA1"
LENGTH_BYTES: Final = 4
STATE_BYTES_MAX: Final = 64 * 1024 * 1024 * 1024
"""Keys and values of a whole state; a node holds them in memory."""


def encode_state_file(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """Yield the parts of the file of these chunks."""
    yield MAGIC
    for chunk in chunks:
        data = encode(chunk)
        yield len(data).to_bytes(LENGTH_BYTES, "big") + data
    yield bytes(LENGTH_BYTES)


def read_state_file(read: Callable[[int], bytes], root: Hash) -> dict[bytes, bytes]:
    """Return the state with this root from a file; raise `InvalidGenesis` for any other content.

    `read(n)` returns the next n bytes, fewer only where the file ends.
    """
    if read(len(MAGIC)) != MAGIC:
        raise InvalidGenesis("this is not a state file")
    items: dict[bytes, bytes] = {}
    size = 0
    for number, chunk in enumerate(_iterate_chunks(read)):
        try:
            validate_chunk(root, chunk)
        except InvalidProof as problem:
            message = f"chunk {number} of the state file does not belong there: {problem.message}"
            raise InvalidGenesis(message, chunk=number) from problem
        items.update(chunk.entries)
        size += sum(len(key) + len(value) for key, value in chunk.entries)
        if size > STATE_BYTES_MAX:
            raise InvalidGenesis("the state file holds more than a node could")
    if tree.compute_root(tree.update(tree.EMPTY, items.items())) != root:
        raise InvalidGenesis("the state file is not complete: it lacks chunks")
    return items


def _iterate_chunks(read: Callable[[int], bytes]) -> Iterator[Chunk]:
    number = 0
    while True:
        length = int.from_bytes(_read_exactly(read, LENGTH_BYTES), "big")
        if length == 0:
            break
        if length > MESSAGE_BYTES_MAX:
            raise InvalidGenesis(f"chunk {number} of the state file is too long", chunk=number)
        data = _read_exactly(read, length)
        try:
            yield decode(Chunk, data)
        except InvalidEncoding as problem:
            message = f"chunk {number} of the state file does not read: {problem.message}"
            raise InvalidGenesis(message, chunk=number) from problem
        number += 1
    if read(1):
        raise InvalidGenesis("something follows the end of the state file")


def _read_exactly(read: Callable[[int], bytes], count: int) -> bytes:
    data = read(count)
    if len(data) != count:
        raise InvalidGenesis("the state file was cut off")
    return data
