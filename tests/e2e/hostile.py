"""Transactions that no node may take, each with the code that it must be refused with."""

import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from dure.chain.transaction import (
    BODY_VERSION,
    Body,
    Call,
    Envelope,
    KeyPolicy,
    PolicyProof,
    compute_transaction_id,
)
from dure.core.codec import decode, encode
from dure.core.types import Address, Amount, ChainId, Gas, Instant, PublicKey, Signature
from dure.identity.keys import Key, generate_key
from dure.sdk import LocalAccount, build_transaction, ledger_calls
from tests.e2e.processes import Town

ORDER_TWO_KEY = PublicKey(
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
)
"""With this key everybody can sign."""


@dataclass(frozen=True, slots=True)
class Bad:
    """One envelope that is refused."""

    name: str
    envelope: bytes = field(repr=False)
    code: str
    status: int = 422


def enrolment() -> list[Call]:
    """Return calls that any member may make, never twice the same."""
    return [ledger_calls.enrol([LocalAccount(generate_key()).address])]


def in_seconds(seconds: float) -> Instant:
    """Return a moment from now."""
    return Instant(int((time.time() + seconds) * 1000))


def sign(
    town: Town,
    account: LocalAccount,
    *,
    seconds: float = 60,
    chain_id: ChainId | None = None,
    gas: int | None = None,
) -> bytes:
    """Return a signed transaction of this account, good unless something else is asked for."""
    return build_transaction(
        chain_id or town.chain_id,
        account,
        enrolment(),
        valid_until=in_seconds(seconds),
        gas_limit=None if gas is None else Gas(gas),
    ).envelope


def write_envelope(town: Town, key: Key, **changed: object) -> bytes:
    """Return an envelope whose body has some fields changed and is signed as it stands."""
    fields: dict[str, object] = {
        "version": BODY_VERSION,
        "chain_id": town.chain_id,
        "sender": LocalAccount(key).address,
        "payer": None,
        "valid_until": in_seconds(60),
        "salt": secrets.token_bytes(16),
        "gas_limit": Gas(200_000),
        "fee_limit": Amount(0),
        "calls": tuple(enrolment()),
    }
    body = encode(Body(**(fields | changed)))  # type: ignore[arg-type]  # fields by name
    signature = key.sign(compute_transaction_id(body))
    return encode(Envelope(body, (PolicyProof(KeyPolicy(key.public), (signature,)),)))


def list_bad(town: Town, replayed: bytes) -> list[Bad]:
    """Return one of every kind; `replayed` is a transaction that is final already."""
    account = town.get_account("insurer")
    key = account.keys[0]
    good = sign(town, account)
    stranger = LocalAccount(generate_key())
    borrowed = LocalAccount(generate_key(), address=account.address)
    other_chain = ChainId(secrets.token_bytes(32))
    return [
        Bad("empty", b"", "malformed_transaction"),
        Bad("garbage", random.Random(1).randbytes(300), "malformed_transaction"),
        Bad("nested", b"\x91" * 100_000, "malformed_transaction"),
        Bad("trailing byte", good + b"\0", "malformed_transaction"),
        Bad("cut off", good[:-1], "malformed_transaction"),
        Bad("version", write_envelope(town, key, version=2), "malformed_transaction"),
        Bad(
            "payer without proof",
            write_envelope(town, key, payer=stranger.address),
            "malformed_transaction",
        ),
        Bad("larger than the chain allows", large(town, key, 300_000), "transaction_too_large"),
        Bad("larger than any chain allows", bytes(1024 * 1024 + 1), "transaction_too_large"),
        Bad("wrong chain", sign(town, account, chain_id=other_chain), "wrong_chain"),
        Bad("wrong signature", break_signature(good), "wrong_signature"),
        Bad("weak key", sign_weakly(town), "wrong_key"),
        Bad("another's account", sign(town, borrowed), "wrong_policy"),
        Bad("not enrolled", sign(town, stranger), "account_not_enrolled"),
        Bad("too much gas", sign(town, account, gas=10**12), "gas_limit_exceeded"),
        Bad("too little gas", sign(town, account, gas=1), "gas_limit_exceeded"),
        Bad("a fee", write_envelope(town, key, fee_limit=Amount(1)), "fee_too_low"),
        Bad("expired", sign(town, account, seconds=-30), "transaction_expired"),
        Bad("too early", sign(town, account, seconds=3_000), "transaction_too_early"),
        Bad("replayed", replayed, "transaction_replayed", 409),
    ]


def large(town: Town, key: Key, size: int) -> bytes:
    """Return a well signed envelope of more than `size` bytes."""
    call = Call(Address(bytes(32)), "enrol", bytes(size), None)
    return write_envelope(town, key, calls=(call,))


def break_signature(envelope: bytes) -> bytes:
    """Return the envelope with one bit of its last signature changed."""
    return envelope[:-40] + bytes([envelope[-40] ^ 1]) + envelope[-39:]


def sign_weakly(town: Town) -> bytes:
    """Return an envelope under a key that needs no secret."""
    policy = KeyPolicy(ORDER_TWO_KEY)
    envelope = write_envelope(town, generate_key())
    body = envelope_body(envelope)
    return encode(Envelope(body, (PolicyProof(policy, (Signature(bytes(64)),)),)))


def envelope_body(envelope: bytes) -> bytes:
    """Return an envelope's signed bytes."""
    return decode(Envelope, envelope).body


def mutate(envelope: bytes, places: Sequence[int], change: int) -> bytes:
    """Return the envelope with the bytes at some places changed."""
    changed = bytearray(envelope)
    for place in places:
        changed[place % len(changed)] ^= change
    return bytes(changed)
