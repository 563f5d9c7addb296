"""What goes to the process that executes again, and how: each message with its length before it.

The node sends one `Task`, then the chain's blocks in order up to the task's, and closes its end.
The process answers with one JSON object, `{"trace": …, "changes": …}` or `{"problem": …}`.
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.core.codec import Wire
from dure.core.types import Digest, Height, Unsigned

LENGTH_BYTES: Final = 4
BLOCKS_MAX: Final = 20_000
"""A chain that is longer is followed by the command `dure contract trace`."""
BLOCK_BYTES_MAX: Final = 96 * 1024 * 1024
"""Of all blocks together."""
TIME_MAX_S: Final = 60
MEMORY_MAX_BYTES: Final = 2 * 1024 * 1024 * 1024
ANSWER_BYTES_MAX: Final = 8 * 1024 * 1024


class Task(Wire, frozen=True):
    """Which receipt of which block is meant."""

    genesis: Annotated[bytes, Meta(max_length=BLOCK_BYTES_MAX)]
    """The genesis file, as `encode_genesis_file` made it."""
    height: Height
    block_id: Digest
    index: Unsigned
    """Of the receipt in its block, scheduled calls first."""


def frame(data: bytes) -> bytes:
    """Return a message with its length before it."""
    return len(data).to_bytes(LENGTH_BYTES, "big") + data
