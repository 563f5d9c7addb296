"""What is asked of a keeper's node, signed by the account that asks.

A request names chain, keeper, account, method, target and the digest of its body, so that it is
good for nothing else; its time and salt make it good once. It travels in one header, in
hexadecimal. Accounts of one Ed25519 key sign requests.
"""

import secrets
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing, signatures
from dure.core.codec import Wire, decode, encode
from dure.core.errors import AccessDenied, InvalidEncoding
from dure.core.types import Address, ChainId, Hash, Instant, PublicKey, Signature, Unsigned
from dure.identity.keys import Key

HEADER: Final = "dure-signed-request"
VERSION: Final = 1
HEADER_CHARACTERS_MAX: Final = 2048
LIFE_MS: Final = 60_000
"""How far the clocks of who asks and who answers may be apart."""


class RequestStatement(Wire, frozen=True):
    """What the account signs."""

    version: Unsigned
    chain_id: ChainId
    keeper: Address
    """Who is asked."""
    account: Address
    """Who asks."""
    key: PublicKey
    method: Annotated[str, Meta(max_length=8)]
    target: Annotated[str, Meta(max_length=512)]
    """Path and query."""
    body: Hash
    """SHA-256 of the body."""
    time: Instant
    """By the clock of who asks."""
    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]


class SignedRequest(Wire, frozen=True):
    """A statement and the signature over its hash."""

    statement: RequestStatement
    signature: Signature


class UnsignedRequest(AccessDenied):
    """The signature is missing, old, used, somebody else's, or of something else than was sent."""


def sign_request(key: Key, statement: RequestStatement) -> str:
    """Return the header's value."""
    return encode(SignedRequest(statement, key.sign(_compute_message(statement)))).hex()


def draw_salt() -> bytes:
    """Return what makes one request different from all others."""
    return secrets.token_bytes(16)


def compute_body_hash(body: bytes) -> Hash:
    """Return the digest that a statement has of a body."""
    return Hash(sha256(body).digest())


def read_request(header: str) -> SignedRequest:
    """Return the request that a header carries, its signature checked; raise `UnsignedRequest`."""
    if not header:
        raise UnsignedRequest(f"a request about sealed data is signed, in the header {HEADER}")
    try:
        if len(header) > HEADER_CHARACTERS_MAX:
            raise InvalidEncoding("the header is too long")
        signed = decode(SignedRequest, bytes.fromhex(header))
    except (ValueError, InvalidEncoding) as problem:
        raise UnsignedRequest(f"the header {HEADER} cannot be read: {problem}") from None
    statement = signed.statement
    is_sound = not signatures.has_small_order(statement.key)
    if not is_sound or not signatures.verify(
        statement.key, _compute_message(statement), signed.signature
    ):
        raise UnsignedRequest("the request's signature does not verify")
    return signed


def _compute_message(statement: RequestStatement) -> bytes:
    return hashing.compute_hash(hashing.SEALED_REQUEST, encode(statement))
