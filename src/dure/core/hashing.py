"""SHA-256 with a domain in front of everything that is hashed.

The input is `domain ‖ 0x00 ‖ data`. Domains never contain a zero byte, so no two domains can meet.
They name the project, the format version and the kind of thing, and are all listed here: adding a
kind means adding a line.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final

from dure.core.types import Hash

PREFIX: Final = b"dure/v1/"


def _domain(name: str) -> bytes:
    return PREFIX + name.encode("ascii") + b"\0"


GENESIS: Final = _domain("genesis")
ENDORSEMENT: Final = _domain("endorsement")
HEADER: Final = _domain("header")
WORK: Final = _domain("work")
TRANSACTION: Final = _domain("transaction")
ENVELOPE: Final = _domain("envelope")
POLICY: Final = _domain("policy")
CONTRACT: Final = _domain("contract")
SOURCE: Final = _domain("source")
ASSET: Final = _domain("asset")
PARAMETERS: Final = _domain("parameters")
VALIDATORS: Final = _domain("validators")
STATE_PATH: Final = _domain("state-path")
STATE_VALUE: Final = _domain("state-value")
STATE_BUCKET: Final = _domain("state-bucket")
STATE_INNER: Final = _domain("state-inner")
VOTE: Final = _domain("vote")
SEAL: Final = _domain("seal")
CERTIFICATE: Final = _domain("certificate")
SCHEDULED: Final = _domain("scheduled")
ATTESTATION: Final = _domain("attestation")
READING_KEY: Final = _domain("reading-key")
SEALED_CONTENT: Final = _domain("sealed-content")
SEALED_FILE: Final = _domain("sealed-file")
SEALED_FILE_KEY: Final = _domain("sealed-file-key")
SEALED_KEY: Final = _domain("sealed-key")
SEALED_PLACE: Final = _domain("sealed-place")
SEALED_REQUEST: Final = _domain("sealed-request")
TOKEN: Final = _domain("token")
AUDIT_ENTRY: Final = _domain("audit-entry")
OPERATOR_ACT: Final = _domain("operator-act")


def compute_hash(domain: bytes, data: bytes) -> Hash:
    """Return SHA-256 of `domain ‖ data`; `domain` is one of this module's constants."""
    return Hash(sha256(domain + data).digest())


def build_hasher(domain: bytes) -> Callable[[bytes], Any]:
    """Return `compute_hash` of one domain, whose callers say which kind of hash they get.

    For what is hashed for every transaction or key: a copy of the state behind the domain is ready
    sooner than a new one, and nothing is joined.
    """
    begin = sha256(domain).copy

    def compute(data: bytes) -> bytes:
        """Return the hash of `data` in this domain."""
        state = begin()
        state.update(data)
        return state.digest()

    return compute


def build_list_hasher(domain: bytes) -> Callable[[Iterable[bytes]], list[Any]]:
    """Return `build_hasher`'s function for many values at once, without a call for each."""
    begin = sha256(domain).copy

    def compute_all(values: Iterable[bytes]) -> list[bytes]:
        hashes = []
        for data in values:
            state = begin()
            state.update(data)
            hashes.append(state.digest())
        return hashes

    return compute_all
