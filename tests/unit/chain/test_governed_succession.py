"""A chain that its members govern by votes goes on as another, and they vote on that one too."""

import msgspec
import pytest

from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument, compute_chain_id, get_names
from dure.chain.genesis.governance import VotingRule
from dure.chain.genesis.predecessor import Endorsement, compute_endorsement_message
from dure.chain.genesis.succession import Resolution, draft_genesis
from dure.contract.machine import InProcessMachine
from dure.core.errors import AccountNotEnrolled, InvalidGenesis
from dure.core.types import Hash
from dure.core.validators import build_validator_set
from tests.unit.chain.ledger import CAROL, derive_key, policy_of, transfer
from tests.unit.chain.voting import (
    MEMBERS,
    Voting,
    admit,
    build_voting,
    ok,
    plan,
    validator_of,
)
from tests.unit.proof.chains import sign

LOST = "mill"
LEFT = tuple(name for name in MEMBERS if name != LOST)


def resolve(*left: str) -> Resolution:
    """Return that these organisations go on, and the contract decides as before."""
    return Resolution(
        missing=frozenset(MEMBERS) - {*left},
        validators=build_validator_set([validator_of(name) for name in left]),
        authority=None,
        by_minority=3 * len(left) <= 2 * len(MEMBERS),
        admitted={},
    )


def begin(rule: VotingRule = VotingRule.MAJORITY, *named: str) -> Voting:
    """Return a chain that has made a block."""
    voting = Voting(build_voting(plan(rule, named)))
    ok(voting.ledger.run("bank", transfer(CAROL, 0)))
    return voting


def draft(old: Voting, *left: str) -> tuple[GenesisDocument, dict[bytes, bytes]]:
    """Return the unsigned genesis that goes on, and the last state of the chain before."""
    executor = old.ledger.executor
    items = {key: value for key, value in executor.copy_state().items() if value is not None}
    header, certificate = executor.head.header, Hash(b"c" * 32)
    given = (old.document.genesis, header, certificate, items, resolve(*left))
    return draft_genesis(*given), items


def go_on(old: Voting, *left: str) -> Voting:
    """Return the chain after, on which the members that are left vote."""
    document, items = draft(old, *left)
    message = compute_endorsement_message(compute_chain_id(document.genesis))
    endorsements = tuple(
        Endorsement(name, sign(policy_of(name), [derive_key(name)], message))
        for name in get_names(document.genesis)
    )
    signed = msgspec.structs.replace(document, endorsements=endorsements)
    new = Voting()
    new.document = new.ledger.document = signed
    new.ledger.executor = Executor(signed, InProcessMachine(), items)
    return new


def test_the_members_that_are_left_vote_on_the_chain_after() -> None:
    new = go_on(begin(), *LEFT)
    assert [new.is_member(name) for name in MEMBERS] == [name != LOST for name in MEMBERS]
    ok(new.propose("bank", "admit_organisation", admit("echo")))
    assert not new.is_member("echo")
    ok(new.vote("port", 1))
    assert new.is_member("echo")
    assert new.state_of(1) == "CARRIED_OUT"


def test_who_is_missing_votes_no_more() -> None:
    new = go_on(begin(), *LEFT)
    ok(new.propose("bank", "admit_organisation", admit("echo")))
    with pytest.raises(AccountNotEnrolled, match="no member any more"):
        new.check(LOST)
    assert new.state_of(1) == "OPEN"


def test_a_proposal_of_the_chain_before_is_decided_on_the_chain_after() -> None:
    old = begin()
    ok(old.propose("bank", "admit_organisation", admit("echo")))
    new = go_on(old, *LEFT)
    assert new.state_of(1) == "OPEN"
    ok(new.vote("rail", 1))
    assert (new.state_of(1), new.is_member("echo")) == ("CARRIED_OUT", True)


def test_where_named_organisations_decide_one_of_them_must_be_left() -> None:
    named = begin(VotingRule.NAMED, "bank", LOST)
    new = go_on(named, *LEFT)
    ok(new.propose("bank", "admit_organisation", admit("echo")))
    assert (new.state_of(1), new.is_member("echo")) == ("CARRIED_OUT", True)
    alone = begin(VotingRule.NAMED, LOST)
    with pytest.raises(InvalidGenesis, match="none of the organisations that decide"):
        draft(alone, *LEFT)
