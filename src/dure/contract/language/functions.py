"""What any method may call."""

from typing import Any

from dure.contract.language.absent import refuse_to_run
from dure.core.types import Hash


def require(condition: bool, reason: str) -> None:  # noqa: FBT001 - reads like a sentence
    """Go on where the condition holds.

    Otherwise refuse the call with the reason, and nothing of it happened.
    """
    if not condition:
        raise ValueError(reason)


def encode(*values: Any) -> bytes:  # noqa: ARG001 - the machine reads them, here and below
    """Return the canonical bytes of one or more values, for hashes and signatures over them.

    The same bytes as `dure.core.codec.encode` makes of their tuple.
    """
    refuse_to_run()


def sha256(data: bytes) -> Hash:  # noqa: ARG001
    """Return the SHA-256 digest (FIPS 180-4): `sha256(encode("bid", amount, salt))`."""
    refuse_to_run()


def verify_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:  # noqa: ARG001
    """Say whether `signature` of `message` is by `key`, by the rules of ZIP-215.

    64 and 32 bytes; False for any other length, and for a key of small order.
    """
    refuse_to_run()
