"""Accounts of every kind: what they sign, the ledger takes; what it keeps is read back."""

import asyncio
from collections.abc import Callable

import pytest

from dure.chain.money import LEDGER
from dure.chain.transaction import (
    KeyPolicy,
    PasskeyPolicy,
    PolicyKey,
    ThresholdPolicy,
    compute_address,
    decode_transaction,
    open_member,
)
from dure.core.address import encode_address
from dure.core.errors import (
    InvalidTransaction,
    SessionLimitExceeded,
    WrongAssertion,
    WrongKey,
    WrongPolicy,
    WrongSignature,
)
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.signatures import verify_many
from dure.core.types import ChainId, Instant, Milliseconds, PasskeyKey, Signature
from dure.identity.keys import SigningKey
from dure.sdk import (
    Account,
    LocalAccount,
    Passkey,
    PasskeyAccount,
    SessionAccount,
    ThresholdAccount,
    build_draft,
    build_transaction,
)
from dure.sdk.ledger_calls import (
    SESSION_GAS,
    begin_recovery,
    enrol,
    grant_session,
    set_guardians,
    set_policy,
    stop_recovery,
    transfer,
    withdraw_session,
)
from tests.unit.api.solo_chain import ALICE, BANK, WON
from tests.unit.core.soft_authenticator import ORDER, SoftAuthenticator
from tests.unit.sdk.town import open_town

CHAIN = ChainId(b"c" * 32)
SOON = Instant(1_700_000_060_000)
PHONE = SoftAuthenticator()
CARD = SigningKey(b"k" * 32)
PAY = transfer(WON, BANK.address, 5)


def policy_of(device: SoftAuthenticator) -> PasskeyPolicy:
    return PasskeyPolicy(PasskeyKey(device.public), device.rp_id, (device.origin,))


def held_by(device: SoftAuthenticator) -> Callable[[bytes], PasskeyAssertion]:
    """Return the port to a device, which gives the high s as real ones do half of the time."""

    def sign(challenge: bytes) -> PasskeyAssertion:
        made = device.get(challenge)
        s = ORDER - int.from_bytes(made.signature[32:], "big")
        high = Signature(made.signature[:32] + s.to_bytes(32, "big"))
        return PasskeyAssertion(made.authenticator_data, made.client_data_json, high)

    return sign


PASSKEY = Passkey(policy_of(PHONE), held_by(PHONE))
BOTH: list[PolicyKey] = [PASSKEY.public, CARD.public]


@pytest.mark.parametrize(
    "account",
    [
        LocalAccount(CARD),
        PasskeyAccount(PASSKEY.public, held_by(PHONE)),
        SessionAccount(CARD, ALICE.address),
        ThresholdAccount(2, BOTH, [CARD, PASSKEY]),
        ThresholdAccount(1, BOTH, [PASSKEY]),
    ],
    ids=repr,
)
def test_what_an_account_signs_opens_and_verifies(account: Account) -> None:
    opened = decode_transaction(build_transaction(CHAIN, account, [PAY], valid_until=SOON).envelope)
    assert opened.body.sender == account.address
    assert all(verify_many(opened.signatures))
    assert opened.body.gas_limit >= opened.proof_gas + 1_000


def test_a_device_that_signs_something_else_is_noticed_before_anything_is_sent() -> None:
    elsewhere = SoftAuthenticator(origin="https://evil.example")
    account = PasskeyAccount(policy_of(PHONE), held_by(elsewhere))
    with pytest.raises(WrongAssertion):
        build_transaction(CHAIN, account, [PAY], valid_until=SOON)


def test_assertions_from_elsewhere_are_collected_and_checked() -> None:
    board = ThresholdAccount(2, BOTH, [CARD])
    draft = build_draft(CHAIN, board, [PAY], valid_until=SOON).sign(*board.keys)
    stranger = Passkey(policy_of(SoftAuthenticator(secret=8)), held_by(SoftAuthenticator(secret=8)))
    with pytest.raises(WrongKey):
        draft.sign(stranger)
    with pytest.raises(WrongSignature):
        draft.sign(Passkey(PASSKEY.public, held_by(SoftAuthenticator(secret=8))))
    old = PASSKEY.sign(bytes(32))
    with pytest.raises(WrongAssertion):
        draft.add_signature(PASSKEY.public, old)
    done = draft.add_signature(PASSKEY.public, PASSKEY.sign(draft.transaction_id))
    assert done.is_complete
    assert all(verify_many(decode_transaction(done.complete().envelope).signatures))


def test_one_item_is_opened_like_a_whole_proof() -> None:
    item = open_member(PASSKEY.public, PASSKEY.sign(bytes(32)), bytes(32))
    assert verify_many([item]) == [True]
    with pytest.raises(InvalidTransaction):
        open_member(CARD.public, PASSKEY.sign(bytes(32)), bytes(32))


def test_a_passkey_pays_on_a_live_chain_and_is_read_back() -> None:
    async def story() -> None:
        rotated = PasskeyAccount(PASSKEY.public, held_by(PHONE), address=ALICE.address)
        async with open_town() as town, town.client() as client:
            await client.submit_and_wait([set_policy(PASSKEY.public)], by=ALICE)
            await client.transfer(WON, BANK.address, 5, by=rotated)
            state = await client.get_account(ALICE.address)
            assert state.policy is not None
            assert state.policy["rp_id"] == "bank.example"
            with pytest.raises(WrongPolicy):
                await client.transfer(WON, BANK.address, 5, by=ALICE)

    asyncio.run(story())


def test_a_session_key_spends_its_budget_and_is_withdrawn_on_a_live_chain() -> None:
    async def story() -> None:
        phone = SessionAccount(CARD, ALICE.address)
        key = KeyPolicy(CARD.public)
        async with open_town() as town, town.client() as client:
            until = Instant((await client.get_status()).block_time + 3_600_000)
            allow = grant_session(key, [(LEDGER, "transfer")], until=until, budget={WON: 8})
            await client.submit_and_wait([allow], by=ALICE)
            await client.transfer(WON, BANK.address, 5, by=phone)
            (session,) = (await client.get_account(ALICE.address)).sessions
            assert [budget["amount"] for budget in session.budgets] == [3]
            assert SESSION_GAS // 2 < session.gas < SESSION_GAS
            with pytest.raises(SessionLimitExceeded, match="3 more"):
                await client.transfer(WON, BANK.address, 4, by=phone)
            await client.submit_and_wait([withdraw_session(key)], by=ALICE)
            with pytest.raises(WrongPolicy):
                await client.transfer(WON, BANK.address, 1, by=phone)

    asyncio.run(story())


def test_guardians_begin_and_the_account_stops_on_a_live_chain() -> None:
    async def story() -> None:
        friends = ThresholdAccount(2, BOTH, [CARD, PASSKEY])
        async with open_town() as town, town.client() as client:
            await client.submit_and_wait([enrol([friends.address])], by=BANK)
            guard = set_guardians(friends.address, delay=Milliseconds(60_000))
            await client.submit_and_wait([guard], by=ALICE)
            begin = begin_recovery(ALICE.address, ThresholdPolicy(1, tuple(sorted([CARD.public]))))
            await client.submit_and_wait([begin], by=friends)
            guarded = (await client.get_account(ALICE.address)).guarded
            assert guarded is not None
            assert guarded.guardians == encode_address(compute_address(friends.policy))
            assert guarded.at is not None
            assert guarded.policy is not None
            await client.submit_and_wait([stop_recovery(ALICE.address)], by=ALICE)
            guarded = (await client.get_account(ALICE.address)).guarded
            assert guarded is not None
            assert guarded.policy is None

    asyncio.run(story())
