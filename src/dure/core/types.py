"""The plain values that every room shares, each a type of its own so that no two can be swapped.

All of them are bounded where they are decoded: a `Height` off the wire is never negative and never
past 2⁶³-1, a `BlockId` is always 32 bytes long. The bounds live in the type itself, so no reader of
a message can forget them.
"""

from typing import Annotated, Final, NewType

from msgspec import Meta

INT_MAX: Final = 2**63 - 1
"""The largest integer that is written as an integer on the wire; larger ones would be bytes."""

INT_MIN: Final = -(2**63)

Unsigned = Annotated[int, Meta(ge=0, le=INT_MAX)]
"""Any count, size or identifier: 0 … 2⁶³-1."""

Signed = Annotated[int, Meta(ge=INT_MIN, le=INT_MAX)]
"""A difference, which may be below zero: -2⁶³ … 2⁶³-1."""

Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""A SHA-256 digest or anything else of exactly 32 bytes."""

Height = NewType("Height", Unsigned)
"""Number of a block; the genesis block has height 0."""

Round = NewType("Round", Unsigned)
"""Attempt to decide one height; the first attempt is round 0."""

Instant = NewType("Instant", Unsigned)
"""A moment: milliseconds since 1970-01-01T00:00:00Z."""

Milliseconds = NewType("Milliseconds", Unsigned)
"""A length of time in milliseconds."""

Amount = NewType("Amount", Unsigned)
"""Money in minor units of one asset: 0 … 2⁶³-1."""

Gas = NewType("Gas", Unsigned)
"""Deterministic measure of work.

One unit is about ten nanoseconds on the machine that the table was made on.
"""

Hash = NewType("Hash", Digest)
BlockId = NewType("BlockId", Digest)
"""Hash of a header.

Leaves out the round and the seals, so that a re-proposed block keeps its id.
"""

TransactionId = NewType("TransactionId", Digest)
"""Hash of a transaction's body bytes; stops replay."""

EnvelopeId = NewType("EnvelopeId", Digest)
"""Hash of a whole envelope, proofs included; keys caches and the transaction root."""

ChainId = NewType("ChainId", Digest)
"""Hash of the genesis document."""

Address = NewType("Address", Digest)
"""Who holds money and sends calls.

Hash of the account's first policy, or of a contract's deployment.
"""

AssetId = NewType("AssetId", Digest)
"""Hash of (issuing contract, code)."""

PublicKey = NewType("PublicKey", Digest)
"""An Ed25519 public key, 32 bytes, canonical and not of small order wherever it is registered."""

PasskeyKey = NewType("PasskeyKey", Annotated[bytes, Meta(min_length=33, max_length=33)])
"""A P-256 public key: the compressed point, 33 bytes, on the curve wherever it is registered."""

Signature = NewType("Signature", Annotated[bytes, Meta(min_length=64, max_length=64)])
"""A signature, 64 bytes: of Ed25519, or r and s of P-256."""

NO_HASH: Final = Hash(bytes(32))
"""Stands where nothing is hashed: the root of an empty tree, the parent of the genesis block."""
