"""A node says that it is in sync only where it can know."""

from dataclasses import replace

import pytest
from msgspec import structs

from dure.chain.executor import Executor
from dure.contract.machine import InProcessMachine
from dure.core.errors import Unavailable
from dure.core.types import Height, Instant, PublicKey
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from dure.node.gateway import NodeStatus, PeerStatus
from dure.node.presence import build_statement
from tests.unit.api.solo_chain import SoloChain, build_document

NOW = Instant(1_700_000_000_500)
VALIDATORS = [PublicKey(SigningKey(bytes([1 + n]) * 32).public) for n in range(4)]
OWN, FOLLOWER = VALIDATORS[0], SigningKey(b"f" * 32).public
HEAD = structs.replace(
    Executor(build_document(), InProcessMachine()).head,
    validators=build_validator_set([Validator(key, "bank") for key in VALIDATORS]),
)


def status_of(
    own: PublicKey, heard: list[PublicKey], *, connected: bool = True, height: int | None = 5
) -> NodeStatus:
    known = None if height is None else Height(height)
    peers = tuple(PeerStatus(key, key.hex()[:4], connected, known) for key in heard)
    return replace(SoloChain().get_status(), validator_key=own, peers=peers)


@pytest.mark.parametrize(
    ("own", "heard"),
    [(OWN, VALIDATORS[1:3]), (OWN, VALIDATORS[1:]), (FOLLOWER, VALIDATORS[:2])],
    ids=["two others", "all others", "a follower that hears two"],
)
def test_who_hears_enough_validators_states_its_head(
    own: PublicKey, heard: list[PublicKey]
) -> None:
    statement = build_statement(status_of(own, heard), HEAD, NOW)
    assert (statement.validator, statement.time) == (own, NOW)
    assert (statement.height, statement.block_id) == (HEAD.header.height, HEAD.block_id)
    assert statement.chain_id == HEAD.header.chain_id


@pytest.mark.parametrize(
    "status",
    [
        status_of(OWN, []),
        status_of(OWN, VALIDATORS[1:2]),
        status_of(OWN, VALIDATORS[1:3], connected=False),
        status_of(OWN, VALIDATORS[1:3], height=None),
        status_of(OWN, [OWN, FOLLOWER]),
        status_of(FOLLOWER, VALIDATORS[:1]),
    ],
    ids=["nobody", "one", "gone", "silent", "itself and a follower", "one for a follower"],
)
def test_who_is_cut_off_states_nothing(status: NodeStatus) -> None:
    with pytest.raises(Unavailable, match="hears of"):
        build_statement(status, HEAD, NOW)


def test_who_is_behind_states_nothing() -> None:
    status = replace(status_of(OWN, VALIDATORS[1:]), syncing=True)
    with pytest.raises(Unavailable, match="catching up"):
        build_statement(status, HEAD, NOW)


def test_the_only_validator_hears_nobody_and_need_not() -> None:
    alone = structs.replace(HEAD, validators=build_validator_set([Validator(OWN, "bank")]))
    assert build_statement(status_of(OWN, []), alone, NOW).validator == OWN
    with pytest.raises(Unavailable):
        build_statement(status_of(FOLLOWER, []), alone, NOW)
