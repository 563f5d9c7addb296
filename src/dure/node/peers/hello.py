"""The first frame in each direction: who is speaking, about which chain, by which rules."""

from typing import Final

from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidEncoding, PeerViolation
from dure.core.types import ChainId, PublicKey, Unsigned

PROTOCOL_VERSION: Final = 1
HELLO_BYTES_MAX: Final = 256


class Hello(Wire, frozen=True):
    """What both sides say before anything else."""

    version: Unsigned
    """Version of the protocol between peers."""
    chain_id: ChainId
    """The only chain that this connection is about."""
    validator: PublicKey
    """The key under which the speaker votes; the peers file binds it to the TLS key."""


def encode_hello(chain_id: ChainId, validator: PublicKey) -> bytes:
    """Return the frame that opens a connection."""
    return encode(Hello(PROTOCOL_VERSION, chain_id, validator))


def validate_hello(data: bytes, *, chain_id: ChainId, validator: PublicKey) -> None:
    """Raise `PeerViolation` unless the frame greets this chain as that validator."""
    try:
        hello = decode(Hello, data, bytes_max=HELLO_BYTES_MAX)
    except InvalidEncoding as problem:
        message = f"the hello does not decode: {problem.message}"
        raise PeerViolation(message) from problem
    if hello.version != PROTOCOL_VERSION:
        message = f"the peer speaks version {hello.version}, and this node {PROTOCOL_VERSION}"
        raise PeerViolation(message, version=hello.version)
    if hello.chain_id != chain_id:
        message = f"the peer is on chain {hello.chain_id.hex()}, and this node on {chain_id.hex()}"
        raise PeerViolation(message, chain_id=hello.chain_id)
    if hello.validator != validator:
        message = f"the peer says it is {hello.validator.hex()}; its certificate is another's"
        raise PeerViolation(message, validator=hello.validator)
