"""The messages of the binary stream: MessagePack arrays, their first element saying which.

| from | frame |
|---|---|
| client | `["submit", request number, [envelope, …]]` |
| client | `["subscribe", from height]` |
| node | `["answer", request number, [null or [code, message], …]]`, in the order of the envelopes |
| node | `["block", header, certificate, [envelope id, …], [receipt, …]]`, once a block |
| node | `["retracted", header]`: that block, sent before, is no longer part of the chain |

Header, certificate and receipts are the canonical bytes that roots and seals commit to, so a client
checks all of it alone. Frames are read and written by `dure.core.codec`.
"""

from dure.core.codec import Wire
from dure.core.types import EnvelopeId, Height, Unsigned


class Submit(Wire, frozen=True, tag="submit"):
    """Transactions to be admitted."""

    number: Unsigned
    envelopes: tuple[bytes, ...]


class Subscribe(Wire, frozen=True, tag="subscribe"):
    """Every block from that height on, stored ones first."""

    from_height: Height


class Answer(Wire, frozen=True, tag="answer"):
    """What came of a `Submit`: null where the transaction waits for a block."""

    number: Unsigned
    refusals: tuple[tuple[str, str] | None, ...]


class BlockFrame(Wire, frozen=True, tag="block"):
    """A block became part of the chain."""

    header: bytes
    certificate: bytes
    envelope_ids: tuple[EnvelopeId, ...]
    receipts: tuple[bytes, ...]
    """The leaves under the receipt root: scheduled calls first, then one a transaction."""


class Retracted(Wire, frozen=True, tag="retracted"):
    """A block ceased to be part of the chain."""

    header: bytes


ClientFrame = Submit | Subscribe
NodeFrame = Answer | BlockFrame | Retracted
