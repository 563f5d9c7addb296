"""Who decides, who will and who did, as a node tells it."""

import msgspec

from dure.api.answers.validators import ValidatorHistoryAnswer
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.types import Height, Instant
from dure.core.validators import Validator
from dure.identity.keys import SigningKey
from dure.sdk.ledger_calls import set_validators, withdraw_validators
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import BANK, KEY, SoloChain

NEXT = SigningKey(b"n" * 32)


def get_history(desk: Desk) -> ValidatorHistoryAnswer:
    return msgspec.convert(desk.get("/v1/validators"), ValidatorHistoryAnswer)


def choose(chain: SoloChain, key: SigningKey, from_height: int) -> None:
    """Have the authority let that key decide from a height on."""
    head = chain.executor.head
    statement = AttestationStatement(
        chain_id=chain.executor.chain_id,
        validator=key.public,
        height=head.header.height,
        block_id=head.block_id,
        time=Instant(chain.clock),
    )
    seen = Attestation(statement, key.sign(compute_attestation_message(statement)))
    call = set_validators(
        [Validator(key.public, "bank")], from_height=Height(from_height), attestations=[seen]
    )
    chain.send(chain.sign(call, by=BANK))


def test_the_genesis_set_decides_from_the_first_block_on(desk: Desk) -> None:
    told = get_history(desk)
    assert (told.height, told.changes, told.pending) == (0, 0, None)
    assert [each.from_height for each in told.history] == [1]
    assert [each.key for each in told.validators.members] == [KEY.public.hex()]
    assert (told.validators.quorum, told.validators.faults_tolerated) == (1, 0)


def test_a_change_waits_then_decides_and_stays_in_the_history(desk: Desk) -> None:
    choose(desk.chain, NEXT, 3)
    told = get_history(desk)
    assert told.pending is not None
    assert (told.pending.decided, told.pending.validators.from_height) == (1, 3)
    assert [each.key for each in told.pending.validators.members] == [NEXT.public.hex()]
    assert (told.changes, told.validators.members[0].key) == (0, KEY.public.hex())
    desk.chain.send(desk.chain.pay(1))
    told = get_history(desk)
    assert (told.changes, told.pending) == (1, None)
    assert [each.from_height for each in told.history] == [1, 3]
    assert told.validators == told.history[-1]
    assert told.validators.members[0].key == NEXT.public.hex()


def test_a_withdrawn_change_is_gone(desk: Desk) -> None:
    choose(desk.chain, NEXT, 5)
    desk.chain.send(desk.chain.sign(withdraw_validators(), by=BANK))
    told = get_history(desk)
    assert (told.pending, told.changes) == (None, 0)


def test_a_change_proves_itself_in_later_proofs(desk: Desk) -> None:
    choose(desk.chain, NEXT, 2)
    signed = desk.chain.pay(1)
    desk.chain.send(signed)
    proof = desk.get(f"/v1/transactions/{signed.transaction_id.hex()}/proof")
    (handover,) = proof["handovers"]
    assert handover["header"]["height"] == 1
    assert [each["key"] for each in handover["validators"]["members"]] == [NEXT.public.hex()]
