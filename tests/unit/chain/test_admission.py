"""The cache of opened transactions: it saves work and never changes an answer."""

import pytest

from dure.chain import admission
from dure.chain.admission import TransactionCache
from dure.chain.transaction import Envelope, Transaction
from dure.core.codec import decode, encode
from dure.core.errors import TransactionTooLarge, WrongSignature
from tests.unit.chain.ledger import BOB, Ledger, change, transfer


def sign_many(count: int) -> list[bytes]:
    ledger = Ledger()
    return [ledger.sign("alice", transfer(BOB, 1)) for _ in range(count)]


def spoil(envelope: bytes) -> bytes:
    opened = decode(Envelope, envelope)
    (proof,) = opened.proofs
    return encode(Envelope(opened.body, (change(proof, signatures=(bytes(64),)),)))


def test_a_wrong_signature_is_found_at_its_place_and_is_not_kept() -> None:
    cache = TransactionCache()
    first, second, third = sign_many(3)
    answers = cache.open_many([first, spoil(second), b"garbage", third])
    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == ["Transaction", "WrongSignature", "MalformedTransaction", "Transaction"]
    assert len(cache) == 2
    assert isinstance(cache.open_many([spoil(second)])[0], WrongSignature)


def test_an_envelope_that_is_known_is_not_opened_again() -> None:
    cache = TransactionCache()
    (envelope,) = sign_many(1)
    (first,), (second,) = cache.open_many([envelope]), cache.open_many([envelope])
    assert first is second
    twice = cache.open_many([*sign_many(1)] * 2)
    assert all(isinstance(answer, Transaction) for answer in twice)
    assert len(cache) == 1


def test_the_size_is_checked_for_known_envelopes_too() -> None:
    cache = TransactionCache()
    (envelope,) = sign_many(1)
    cache.open_many([envelope])
    (answer,) = cache.open_many([envelope], bytes_max=len(envelope) - 1)
    assert isinstance(answer, TransactionTooLarge)


def test_the_cache_is_bounded_in_number_and_in_bytes() -> None:
    envelopes = sign_many(6)
    cache = TransactionCache(entries_max=4)
    cache.open_many(envelopes)
    assert len(cache) == 4
    small = TransactionCache(bytes_max=2 * len(envelopes[0]))
    small.open_many(envelopes)
    assert len(small) == 2


@pytest.mark.parametrize("by", ["number", "bytes"])
def test_what_was_executed_is_let_go_after_a_while(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger()
    envelopes = [ledger.sign("alice", transfer(BOB, 1)) for _ in range(4)]
    waiting = ledger.sign("alice", transfer(BOB, 1))
    bound, each = ("EXECUTED_MAX", 1) if by == "number" else ("EXECUTED_BYTES_MAX", len(waiting))
    monkeypatch.setattr(admission, bound, 3 * each)
    cache = ledger.executor.transactions
    cache.open_many([waiting])
    for envelope in envelopes[:3]:
        ledger.commit(envelope)
    assert len(cache) == 4, "peers may still pass on what was executed just now"
    ledger.commit(envelopes[3])
    assert len(cache) == 4
    fresh = cache.open_unverified([*envelopes, waiting])
    assert [opened.envelope for opened in fresh] == envelopes[:1]


def test_what_others_verified_is_opened_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = TransactionCache()
    first, second = sign_many(2)
    cache.open_many([first])
    opened = cache.open_unverified([first, spoil(second), b"garbage", second])
    assert [each.envelope for each in opened] == [spoil(second), second]
    assert len(cache) == 1, "nothing is kept before it is verified"
    cache.remember_verified(opened[1])
    monkeypatch.setattr(admission, "verify_many", lambda _: pytest.fail("it is known"))
    (known,) = cache.open_many([second])
    assert known is opened[1]


def test_what_is_too_long_is_not_opened_for_others_to_verify() -> None:
    (envelope,) = sign_many(1)
    assert TransactionCache().open_unverified([envelope], bytes_max=len(envelope) - 1) == []
