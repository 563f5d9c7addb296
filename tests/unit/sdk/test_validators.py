"""Who decides, read and changed by a program: what is read is proved, and the gas is enough."""

import asyncio

import pytest

from dure.chain.transaction import decode_transaction
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.types import BlockId, ChainId, Height, Instant
from dure.core.validators import Validator
from dure.identity.keys import SigningKey
from dure.sdk import ContractRefused, LocalAccount, build_transaction
from dure.sdk.ledger_calls import admit_organisation, set_validators, withdraw_validators
from tests.unit.api.solo_chain import ALICE, BANK, KEY, WON, SoloChain
from tests.unit.sdk.town import Town, open_town

NEXT = SigningKey(b"n" * 32)


def attest(chain: SoloChain, key: SigningKey) -> Attestation:
    head = chain.executor.head
    statement = AttestationStatement(
        chain_id=chain.executor.chain_id,
        validator=key.public,
        height=head.header.height,
        block_id=head.block_id,
        time=Instant(chain.clock),
    )
    return Attestation(statement, key.sign(compute_attestation_message(statement)))


def test_a_change_is_read_as_pending_withdrawn_and_refused() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            await client.transfer(WON, BANK.address, 1, by=ALICE)
            assert await client.read_pending_validators() is None
            members = [Validator(NEXT.public, "bank")]
            seen = [attest(town.chain, NEXT)]
            change = set_validators(members, from_height=Height(9), attestations=seen)
            receipt = await client.submit_and_wait([change], by=BANK)
            assert [event.name for event in receipt.events] == ["validators_chosen"]
            pending = await client.read_pending_validators()
            assert pending is not None
            assert (pending.from_height, pending.decided) == (9, receipt.height)
            assert pending.validators.keys == (NEXT.public,)
            _, present = await client.read_validators()
            assert present.keys == (KEY.public,)
            await client.submit_and_wait([withdraw_validators()], by=BANK)
            assert await client.read_pending_validators() is None
            unseen = set_validators(members, from_height=Height(9), attestations=[])
            with pytest.raises(ContractRefused, match="must show that it runs"):
                await client.submit_and_wait([unseen], by=BANK)

    asyncio.run(story())


def test_the_client_that_waits_reads_the_same() -> None:
    def story(town: Town) -> None:
        with town.sync_client() as client:
            members = [Validator(NEXT.public, "mill")]
            seen = [attest(town.chain, NEXT)]
            account = LocalAccount(SigningKey(b"m" * 32)).address
            change = set_validators(members, from_height=Height(9), attestations=seen)
            client.submit_and_wait([admit_organisation("mill", account), change], by=BANK)
            pending = client.read_pending_validators()
            assert pending is not None
            assert pending.validators.members == tuple(members)
            assert client.get_account(account).organisation == "mill"

    async def serve() -> None:
        async with open_town() as town:
            await asyncio.to_thread(story, town)

    asyncio.run(serve())


@pytest.mark.parametrize("count", [1, 4, 128])
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
def test_the_estimated_gas_covers_sets_of_every_size(count: int, *, is_seen: bool) -> None:
    chain = ChainId(bytes(32))
    statement = AttestationStatement(chain, NEXT.public, Height(0), BlockId(bytes(32)), Instant(0))
    seen = [Attestation(statement, NEXT.sign(b""))] * (count if is_seen else 0)
    members = [Validator(NEXT.public, "x")] * count
    call = set_validators(members, from_height=Height(1), attestations=seen)
    signed = build_transaction(chain, BANK, [call], valid_until=Instant(1))
    opened = decode_transaction(signed.envelope)
    costs = 5_000 + 8_000 * count + 4_000 * len(seen)
    said = 8 * (100 + 40 * count)
    assert opened.body.gas_limit >= opened.proof_gas + costs + said
