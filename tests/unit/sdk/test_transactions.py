"""Building and signing: what comes out is what the ledger takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.chain.transaction import decode_transaction
from dure.core.errors import MalformedTransaction, WrongKey, WrongSignature
from dure.core.signatures import verify_many
from dure.core.types import AssetId, ChainId, Gas, Instant, Signature
from dure.identity.keys import SigningKey
from dure.sdk import LocalAccount, ThresholdAccount, build_draft, build_transaction
from dure.sdk.ledger_calls import transfer

CHAIN = ChainId(b"c" * 32)
WON = AssetId(b"w" * 32)
KEYS = [SigningKey(bytes([1 + number]) * 32) for number in range(5)]
ALICE, BANK = LocalAccount(KEYS[0]), LocalAccount(KEYS[1])
SOON = Instant(1_700_000_060_000)
PAY = transfer(WON, BANK.address, 5)


def test_a_signed_transaction_opens_and_verifies() -> None:
    signed = build_transaction(CHAIN, ALICE, [PAY, PAY], valid_until=SOON, payer=BANK)
    opened = decode_transaction(signed.envelope)
    assert opened.transaction_id == signed.transaction_id
    assert (opened.body.sender, opened.body.payer) == (ALICE.address, BANK.address)
    assert opened.body.calls == (PAY, PAY)
    assert opened.body.valid_until == SOON
    assert all(verify_many(opened.signatures))


def test_two_equal_transactions_differ_and_one_salt_makes_one_transaction() -> None:
    first, second = (build_transaction(CHAIN, ALICE, [PAY], valid_until=SOON) for _ in range(2))
    assert first.transaction_id != second.transaction_id
    third, fourth = (
        build_transaction(CHAIN, ALICE, [PAY], valid_until=SOON, salt=b"saltsalt") for _ in range(2)
    )
    assert third == fourth


@given(
    count=st.integers(1, 5),
    present=st.sets(st.integers(0, 4)),
    data=st.data(),
)
def test_a_threshold_is_met_by_any_of_its_keys_and_never_by_fewer(
    count: int, present: set[int], data: st.DataObject
) -> None:
    threshold = data.draw(st.integers(1, count))
    members = KEYS[:count]
    board = ThresholdAccount(threshold, [key.public for key in members])
    draft = build_draft(CHAIN, board, [PAY], valid_until=SOON)
    at_hand = [members[index] for index in sorted(present) if index < count]
    draft = draft.sign(*at_hand)
    assert draft.is_complete == (len(at_hand) >= threshold)
    if not draft.is_complete:
        with pytest.raises(MalformedTransaction, match="more signatures"):
            draft.complete()
        return
    opened = decode_transaction(draft.complete().envelope)
    assert len(opened.signatures) == threshold
    assert all(verify_many(opened.signatures))


def test_signatures_from_elsewhere_are_collected_and_checked() -> None:
    board = ThresholdAccount(2, [key.public for key in KEYS[:3]], KEYS[:1])
    draft = build_draft(CHAIN, board, [PAY], valid_until=SOON).sign(*board.keys)
    message = draft.transaction_id
    with pytest.raises(WrongKey):
        draft.add_signature(KEYS[4].public, KEYS[4].sign(message))
    with pytest.raises(WrongSignature):
        draft.add_signature(KEYS[1].public, Signature(bytes(64)))
    whole = draft.add_signature(KEYS[1].public, KEYS[1].sign(message))
    assert not draft.is_complete
    assert whole.complete().transaction_id == message


def test_what_is_missing_is_said() -> None:
    board = ThresholdAccount(3, [key.public for key in KEYS[:4]], KEYS[:1])
    with pytest.raises(MalformedTransaction, match="2 more signatures"):
        build_transaction(CHAIN, board, [PAY], valid_until=SOON)


@pytest.mark.parametrize("calls", [1, 10, 1000])
def test_the_estimated_gas_covers_carrying_and_proving(calls: int) -> None:
    signed = build_transaction(CHAIN, ALICE, [PAY] * calls, valid_until=SOON, payer=BANK)
    opened = decode_transaction(signed.envelope)
    assert opened.body.gas_limit >= opened.proof_gas + 1_000 * calls


def test_a_stated_gas_limit_is_taken() -> None:
    signed = build_transaction(CHAIN, ALICE, [PAY], valid_until=SOON, gas_limit=Gas(77))
    assert decode_transaction(signed.envelope).body.gas_limit == 77


def test_an_account_never_shows_its_key() -> None:
    seed = KEYS[0].export_seed().hex()
    board = ThresholdAccount(1, [KEYS[0].public], KEYS[:1])
    assert seed not in repr(ALICE) + repr(board)
