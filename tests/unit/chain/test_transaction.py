"""Opening an envelope: what is refused, with which code, before any state is looked at."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.chain.transaction import (
    CALLS_MAX,
    TRANSACTION_BYTES_MAX,
    WEAK_KEYS,
    Envelope,
    KeyPolicy,
    PolicyProof,
    ThresholdPolicy,
    compute_asset_id,
    compute_contract_address,
    decode_transaction,
    validate_policy,
)
from dure.core.codec import encode
from dure.core.errors import InvalidTransaction, MalformedTransaction, WrongKey
from dure.core.types import NO_HASH, PublicKey, Signature, TransactionId
from tests.unit.chain.ledger import (
    ALICE,
    BOB,
    Ledger,
    address_of,
    change,
    derive_key,
    policy_of,
    prove,
    transfer,
)

LEDGER = Ledger()
CALL = transfer(BOB, 1)
SMALL_ORDER = PublicKey(bytes([1]) + bytes(31))
NOT_CANONICAL = PublicKey(b"\xff" * 32)


def test_an_envelope_is_opened_once_with_all_that_follows_from_it() -> None:
    envelope = LEDGER.sign("alice", CALL, CALL)
    opened = decode_transaction(envelope)
    assert opened.body.sender == ALICE
    assert opened.addresses == (ALICE,)
    assert len(opened.signatures) == 1
    assert opened.proof_gas == 4_000 + len(envelope) + 2 * 200


def refuse(envelope: bytes) -> str:
    with pytest.raises(InvalidTransaction) as caught:
        decode_transaction(envelope)
    return caught.value.code


@pytest.mark.parametrize("garbage", [b"", b"\x00", b"\xc0", b"\x92\xc4\x00\x90", b"garbage" * 30])
def test_garbage_is_malformed(garbage: bytes) -> None:
    assert refuse(garbage) == "malformed_transaction"


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    assert refuse(data) == "malformed_transaction"


@given(data=st.data())
def test_a_cut_or_lengthened_envelope_is_malformed(data: st.DataObject) -> None:
    envelope = LEDGER.sign("alice", CALL)
    cut = data.draw(st.integers(0, len(envelope) - 1))
    assert refuse(envelope[:cut]) == "malformed_transaction"
    assert refuse(envelope + b"\0") == "malformed_transaction"


def test_an_envelope_beyond_every_bound_is_not_looked_at() -> None:
    assert refuse(bytes(TRANSACTION_BYTES_MAX + 1)) == "transaction_too_large"


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2},
        {"salt": b"short"},
        {"salt": bytes(33)},
        {"calls": ()},
        {"calls": (CALL,) * (CALLS_MAX + 1)},
        {"calls": (change(CALL, method=""),)},
        {"calls": (change(CALL, method="x" * 65),)},
        {"gas_limit": -1},
        {"fee_limit": 2**63},
        {"payer": BOB},
    ],
    ids=str,
)
def test_a_body_that_breaks_a_bound_is_malformed(fields: dict[str, object]) -> None:
    assert refuse(LEDGER.sign("alice", CALL, **fields)) == "malformed_transaction"


def envelope_with(make_proof: Callable[[bytes], PolicyProof]) -> bytes:
    body = encode(LEDGER.build_body("alice", CALL))
    return encode(Envelope(body, (make_proof(body),)))


TWO = policy_of("alice", "bob", "carol", threshold=2)


def test_exactly_the_threshold_signs_no_fewer_and_no_more() -> None:
    good = envelope_with(lambda body: prove(body, TWO, "alice", "carol"))
    assert len(decode_transaction(good).signatures) == 2
    for signers in ([], ["alice"], ["alice", "bob", "carol"]):
        envelope = envelope_with(lambda body, by=signers: prove(body, TWO, *by))  # type: ignore[misc]  # bound now, not when it runs
        assert refuse(envelope) == "malformed_transaction"


def test_a_proof_has_one_place_a_key() -> None:
    def make(body: bytes) -> PolicyProof:
        proof = prove(body, TWO, "alice", "bob")
        return PolicyProof(TWO, (*proof.signatures, None))

    assert refuse(envelope_with(make)) == "malformed_transaction"


@pytest.mark.parametrize("key", [SMALL_ORDER, NOT_CANONICAL], ids=["small order", "not canonical"])
def test_a_key_for_which_everybody_can_sign_signs_nothing(key: PublicKey) -> None:
    proof = PolicyProof(KeyPolicy(key), (Signature(bytes(64)),))
    assert refuse(envelope_with(lambda _: proof)) == "wrong_key"


def test_the_weak_keys_are_all_that_registering_refuses_on_the_curve() -> None:
    assert len(WEAK_KEYS) == 48
    for key in WEAK_KEYS:
        with pytest.raises(WrongKey):
            validate_policy(KeyPolicy(PublicKey(key)))
    assert derive_key("alice").public not in WEAK_KEYS


def test_a_policy_has_sorted_distinct_sound_keys_and_a_threshold_that_can_be_met() -> None:
    first, second = sorted((derive_key("a").public, derive_key("b").public))
    validate_policy(KeyPolicy(first))
    validate_policy(ThresholdPolicy(2, (first, second)))
    for policy in (
        ThresholdPolicy(1, (second, first)),
        ThresholdPolicy(1, (first, first)),
        ThresholdPolicy(0, (first, second)),
        ThresholdPolicy(3, (first, second)),
    ):
        with pytest.raises(MalformedTransaction):
            validate_policy(policy)
    for bad in (KeyPolicy(SMALL_ORDER), ThresholdPolicy(1, (SMALL_ORDER, second))):
        with pytest.raises(WrongKey):
            validate_policy(bad)


def test_names_are_derived_under_domains_of_their_own() -> None:
    identity = TransactionId(NO_HASH)
    made = {
        compute_contract_address(identity, 0),
        compute_contract_address(identity, 1),
        compute_asset_id(ALICE, "KRW"),
        compute_asset_id(BOB, "KRW"),
        address_of("alice"),
    }
    assert len(made) == 5
