"""The members decide by votes: what is carried out when, what is refused, and what stays open."""

import pytest

from dure.chain import money, state, system
from dure.chain.executor import Executor
from dure.chain.genesis.document import EngineKind
from dure.chain.genesis.governance import GOVERNANCE, VotingRule
from dure.chain.parameters import DEFAULT_PARAMETERS, GAS_BOUNDS
from dure.chain.system.decisions import Approver
from dure.chain.transaction import Call
from dure.contract.library.governance import EXPIRY_GAS
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation
from dure.core.codec import decode, encode
from dure.core.errors import AccountNotEnrolled, InvalidGenesis
from dure.core.types import Address, Gas, Unsigned
from dure.core.validators import build_validator_set
from dure.sdk.governance import Vote
from tests.unit.chain.ledger import (
    ALICE,
    Ledger,
    change,
)
from tests.unit.chain.voting import (
    MEMBERS,
    PERIOD,
    SOURCE,
    Voting,
    admit,
    build_voting,
    counter,
    expel,
    ok,
    plan,
    refusal,
    validator_of,
)

# The rule


@pytest.mark.parametrize(
    ("rule", "named", "votes"),
    [
        (VotingRule.MAJORITY, (), 3),
        (VotingRule.TWO_THIRDS, (), 3),
        (VotingRule.ALL, (), 4),
        (VotingRule.NAMED, ("bank", "mill"), 2),
    ],
)
def test_a_proposal_is_carried_out_by_the_vote_that_decides(
    rule: VotingRule, named: tuple[str, ...], votes: int
) -> None:
    voting = Voting(build_voting(plan(rule, named)))
    record = ok(voting.propose("bank", "admit_organisation", admit("echo")))
    for turn, who in enumerate(MEMBERS[1:votes], 2):
        assert not voting.is_member("echo")
        assert voting.state_of(1) == "OPEN"
        record = ok(voting.vote(who, 1))
        assert voting.is_member("echo") == (turn == votes)
    assert voting.state_of(1) == "CARRIED_OUT"
    names = [(event.contract, event.name) for event in record.outcomes[0].events]
    assert names == [
        (GOVERNANCE, "MemberVoted"),
        (money.LEDGER, "organisation_admitted"),
        (GOVERNANCE, "ProposalCarriedOut"),
    ]
    assert voting.ledger.executor.next_due() is None, "nothing is left to expire"


def test_of_named_organisations_no_other_has_a_say() -> None:
    voting = Voting(build_voting(plan(VotingRule.NAMED, ("bank", "mill"))))
    who = ("refused", "only an organisation that decides may do this")
    assert refusal(voting.propose("port", "admit_organisation", admit("echo"))) == who
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    assert refusal(voting.vote("port", 1)) == who


def test_enough_votes_against_reject() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    ok(voting.vote("port", 1, False))
    assert voting.state_of(1) == "OPEN"
    ok(voting.vote("rail", 1, False))
    assert voting.state_of(1) == "REJECTED"
    assert refusal(voting.vote("mill", 1)) == ("refused", "the proposal is closed")


def test_an_organisation_alone_decides_with_its_proposal() -> None:
    document = build_voting(members=("bank", "port"), engine=EngineKind.PBFT)
    voting = Voting(change(document, genesis=change(document.genesis, authority=plan())))
    ok(voting.propose("bank", "expel_organisation", expel("port")))
    ok(voting.vote("port", 1, seen=voting.attest("bank")))
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    assert voting.is_member("echo")


# Votes that do not count


def test_nobody_votes_twice() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    twice = ("refused", "the organisation has voted already")
    assert refusal(voting.vote("bank", 1)) == twice
    ok(voting.vote("port", 1, False))
    assert refusal(voting.vote("port", 1)) == twice


def test_strangers_people_and_the_expelled_do_not_vote() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    who = ("refused", "only an organisation that decides may do this")
    assert refusal(voting.vote("alice", 1)) == who
    ok(voting.vote("port", 1))
    ok(voting.propose("mill", "expel_organisation", expel("port")))
    ok(voting.vote("bank", 2))
    ok(voting.vote("rail", 2, seen=voting.attest("bank", "mill", "rail")))
    with pytest.raises(AccountNotEnrolled, match="port, which enrolled the account"):
        voting.check("port")
    # Of the three that are left two are enough; the vote of the one that left is none any more.
    assert voting.state_of(1) == "OPEN"
    assert refusal(voting.call("bank", "carry_out", 1, b"")) == (
        "refused",
        "too few organisations are for it",
    )
    ok(voting.vote("rail", 1))
    assert voting.state_of(1) == "CARRIED_OUT"


def test_votes_that_have_become_enough_are_carried_out_on_request() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    ok(voting.vote("mill", 1))
    ok(voting.decide("expel_organisation", expel("port"), voting.attest("bank", "mill", "rail")))
    assert voting.state_of(1) == "OPEN"
    assert refusal(voting.call("alice", "carry_out", 1, b""))[0] == "refused"
    ok(voting.call("rail", "carry_out", 1, b""))
    assert voting.is_member("echo")


# Deadlines and withdrawal


def test_a_proposal_expires_by_itself() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    deadline = voting.read(1).deadline
    assert deadline == voting.ledger.time + PERIOD
    assert voting.ledger.executor.next_due() == deadline
    ok(voting.vote("port", 1, after=PERIOD - 1))
    assert refusal(voting.vote("rail", 1)) == ("refused", "the proposal is closed")
    assert voting.ledger.time == deadline
    assert voting.state_of(1) == "EXPIRED"
    assert not voting.is_member("echo")


def test_nobody_votes_late_where_a_block_had_no_room_for_closing() -> None:
    room = GAS_BOUNDS[0]
    narrow = change(DEFAULT_PARAMETERS, scheduled_gas_max=Gas(room))
    voting = Voting(build_voting(parameters=narrow))
    last = room // EXPIRY_GAS + 1
    for _ in range(last):
        ok(voting.propose("bank", "admit_organisation", admit("echo")))
    late = voting.vote("port", last, after=PERIOD)
    assert refusal(late) == ("refused", "the deadline has passed")
    assert refusal(voting.vote("port", last)) == ("refused", "the proposal is closed")


def test_the_proposer_alone_withdraws() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    who = ("refused", "only who made a proposal may withdraw it")
    assert refusal(voting.call("port", "withdraw", 1)) == who
    ok(voting.call("bank", "withdraw", 1))
    assert voting.state_of(1) == "WITHDRAWN"
    assert voting.ledger.executor.next_due() is None
    assert refusal(voting.vote("port", 1)) == ("refused", "the proposal is closed")
    assert refusal(voting.vote("port", 2)) == ("refused", "there is no such proposal")


# What is refused, and what a refusal leaves


def test_a_summary_is_short() -> None:
    voting = Voting()
    given = encode(admit("echo"))
    for length, expected in ((501, "a summary has at most 500 characters"), (500, None)):
        record = voting.call("bank", "propose", "admit_organisation", given, "w" * length, b"")
        if expected is None:
            ok(record)
        else:
            assert refusal(record) == ("refused", expected)


def test_what_the_ledger_refuses_stays_open_and_happens_later() -> None:
    voting = Voting()
    wanted = tuple(map(validator_of, ("bank", "port", "rail")))
    given = system.DecideValidatorsArguments(wanted, 2)
    ok(voting.propose("bank", "set_validators", given, voting.attest("bank", "port", "rail")))
    old = voting.attest("bank", "port", "rail")
    ok(voting.vote("port", 1))
    record = voting.vote("rail", 1)
    assert record.receipt.status == "validators_absent"
    stale = voting.vote("rail", 1, seen=old[:1])
    assert stale.receipt.status == "validators_absent"
    assert voting.state_of(1) == "OPEN"
    ok(voting.vote("rail", 1, seen=voting.attest("bank", "port", "rail")))
    pending = voting.ledger.executor.view().require(state.PendingValidators, state.VALIDATORS_NEXT)
    height = voting.ledger.executor.head.header.height
    assert pending.from_height == height + 2
    assert pending.validators == build_validator_set(list(wanted))


def test_attestations_of_the_proposal_do_not_count_minutes_later() -> None:
    voting = Voting(build_voting(parameters=DEFAULT_PARAMETERS))
    wanted = tuple(map(validator_of, ("bank", "port", "rail")))
    given = system.DecideValidatorsArguments(wanted, 1)
    old = voting.attest("bank", "port", "rail")
    ok(voting.propose("bank", "set_validators", given, old))
    ok(voting.vote("port", 1))
    assert voting.vote("rail", 1, seen=old[:1]).receipt.status == "validators_absent"
    broken = (change(old[0], signature=bytes(64)), *old[1:])
    assert voting.vote("rail", 1, seen=broken).receipt.status == "bad_attestation"
    assert voting.call("rail", "vote", 1, True, b"\xc0").receipt.status == "bad_arguments"


@pytest.mark.parametrize(
    ("action", "arguments", "code"),
    [
        ("admit_organisation", encode(("echo",)), "bad_arguments"),
        ("admit_organisation", b"", "bad_arguments"),
        ("expel_organisation", encode(("",)), "bad_arguments"),
        ("transfer", encode((bytes(32), bytes(32), 1)), "unknown_method"),
        ("advance", encode((1,)), "unknown_method"),
        ("announce_version", encode((2,)), "unknown_method"),
        ("decide", encode(("a", b"", b"")), "unknown_method"),
        ("", b"", "bad_arguments"),
    ],
)
def test_what_can_never_happen_is_not_proposed(action: str, arguments: bytes, code: str) -> None:
    voting = Voting()
    record = voting.call("bank", "propose", action, arguments, "", b"")
    assert record.receipt.status == code


def test_somebody_must_be_left_who_decides() -> None:
    voting = Voting(build_voting(plan(VotingRule.NAMED, ("bank",))))
    record = voting.propose("bank", "expel_organisation", expel("bank"))
    assert record.receipt.status == "no_approvers"
    stopped = voting.propose("bank", "stop", system.StopArguments(GOVERNANCE, "enough"))
    assert stopped.receipt.status == "no_approvers"
    ok(
        voting.propose(
            "bank", "expel_organisation", expel("port"), voting.attest(*MEMBERS[:2], "rail")
        )
    )


def test_a_quorum_that_is_alive_must_be_left() -> None:
    voting = Voting()
    record = voting.decide("expel_organisation", expel("mill"))
    assert record.receipt.status == "validators_absent"
    one = voting.attest("bank")
    assert voting.vote("rail", 1, seen=one).receipt.status == "validators_absent"
    dead = voting.attest("bank", "mill", "rail")
    assert voting.vote("rail", 1, seen=dead).receipt.status == "bad_attestation"
    ok(voting.vote("rail", 1, seen=voting.attest("bank", "port", "rail")))


def test_whoever_alone_decides_about_blocks_is_not_expelled() -> None:
    document = build_voting()
    genesis = change(document.genesis, validators=build_validator_set([validator_of("mill")]))
    voting = Voting(change(document, genesis=genesis))
    record = voting.decide("expel_organisation", expel("mill"))
    assert record.receipt.status == "no_quorum"
    assert voting.is_member("mill")


# The beginning, and every other node


def test_the_state_is_the_one_that_deploying_the_contract_would_make() -> None:
    voting = Voting()
    deploy = system.DeployArguments(SOURCE, ALICE, encode((money.LEDGER, "MAJORITY", PERIOD)), ())
    before = voting.ledger.executor.copy_state()
    ok(voting.decide("deploy", deploy))
    other = Address(decode(bytes, voting.read(1).result))
    deployed = {
        key[33:]: value
        for key, value in voting.ledger.executor.copy_state().items()
        if key.startswith(b"v" + other)
    }
    founded = {
        key[33:]: value for key, value in before.items() if key.startswith(b"v" + GOVERNANCE)
    }
    assert founded == deployed
    assert state.get_authority(voting.ledger.executor.view()) == GOVERNANCE


def test_another_node_comes_to_the_same_blocks() -> None:
    voting = Voting()
    other = Executor(voting.document, InProcessMachine())
    deploy = system.DeployArguments(counter(1), ALICE, encode((7,)), ())
    ledger = voting.ledger
    call = Call(GOVERNANCE, "propose", encode(("deploy", encode(deploy), "why", b"")), None)
    yes = Call(GOVERNANCE, "vote", encode((1, True, b"")), None)
    envelopes = [
        ledger.sign("bank", call, gas_limit=30_000_000),
        ledger.sign("port", yes, gas_limit=30_000_000),
        ledger.sign("rail", yes, gas_limit=30_000_000),
    ]
    block = ledger.commit(*envelopes).candidate.block
    candidate = other.judge(block)
    assert [record.receipt.status for record in candidate.records] == ["ok"] * 3


def test_everybody_reads_who_decides_and_how_it_stands() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    ok(voting.vote("port", 1, False))

    def ask(method: str, *arguments: object) -> bytes:
        call = Invocation(GOVERNANCE, method, encode(arguments), ALICE, None)
        return voting.ledger.executor.call_view(call)

    approvers = decode(tuple[Approver, ...], ask("approvers"))
    assert [each.organisation for each in approvers] == list(MEMBERS)
    assert decode(Unsigned, ask("needed")) == 3
    assert decode(tuple[Unsigned, ...], ask("tally", 1)) == (4, 3, 1, 1)
    votes = decode(tuple[Vote, ...], ask("votes", 1))
    said = [(each.organisation, each.in_favour) for each in votes]
    assert said == [("bank", True), ("port", False)]


@pytest.mark.parametrize(
    ("authority", "message"),
    [
        (plan(VotingRule.NAMED), "named by the rule"),
        (plan(VotingRule.MAJORITY, ("bank",)), "named by the rule"),
        (plan(VotingRule.NAMED, ("nobody",)), "no member organisation"),
        (plan(VotingRule.NAMED, ("port", "bank")), "sorted and distinct"),
        (change(plan(), voting_period=999), "the voting period"),
        (change(plan(), code_hash=bytes(32)), "another governance contract"),
    ],
)
def test_a_plan_that_cannot_hold_begins_no_chain(authority: object, message: str) -> None:
    with pytest.raises(InvalidGenesis, match=message):
        Voting(build_voting(authority))  # type: ignore[arg-type]  # deliberately of a wrong kind


def test_the_contract_comes_with_the_plan_and_not_without() -> None:
    with pytest.raises(InvalidGenesis, match="brings the governance contract"):
        Voting(change(build_voting(), governance=None))
    with pytest.raises(InvalidGenesis, match="without governance contract"):
        Ledger(change(Ledger().document, governance=SOURCE))


def test_a_vote_costs_what_it_does() -> None:
    voting = Voting()
    first = ok(voting.propose("bank", "admit_organisation", admit("echo"))).receipt.gas_used
    vote = ok(voting.vote("port", 1)).receipt.gas_used
    decided = ok(voting.vote("rail", 1)).receipt.gas_used
    assert vote < decided < first < 150_000


def test_a_proposal_is_executed_once_only() -> None:
    voting = Voting()
    ok(voting.decide("admit_organisation", admit("echo")))
    assert refusal(voting.vote("mill", 1)) == ("refused", "the proposal is closed")
    assert refusal(voting.call("bank", "carry_out", 1, b"")) == (
        "refused",
        "the proposal is closed",
    )
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    ok(voting.vote("port", 2))
    record = voting.vote("rail", 2)
    # Five decide now, of which three are enough; the name is taken.
    assert record.receipt.status == "organisation_known"
