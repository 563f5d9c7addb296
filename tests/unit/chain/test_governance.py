"""The members decide by votes: what is carried out when, what is refused, and what stays open."""

import pytest

from dure.chain import money, state, system
from dure.chain.executor import Executor
from dure.chain.genesis.document import EngineKind
from dure.chain.genesis.governance import GOVERNANCE, VotingRule
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.system.decisions import Approver
from dure.chain.transaction import Call
from dure.contract.bundle import Source
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation
from dure.contract.source import bundle
from dure.core.codec import decode, encode
from dure.core.errors import AccountNotEnrolled, InvalidGenesis, ProtocolNotKnown, WrongPolicy
from dure.core.types import Address, Height, Unsigned
from dure.core.validators import build_validator_set
from dure.sdk.governance import Vote
from tests.unit.chain.ledger import (
    ALICE,
    CAROL,
    Ledger,
    address_of,
    change,
    ledger_call,
    policy_of,
    transfer,
)
from tests.unit.chain.voting import (
    MEMBERS,
    PERIOD,
    SOURCE,
    Voting,
    admit,
    build_voting,
    expel,
    ok,
    plan,
    refusal,
    validator_of,
)

COUNTER = """
from dure.contract.language import Contract, Var, call, init, migrate, view


class Counter(Contract):
    \"\"\"Counts.\"\"\"

    count: Var[int]

    @init
    def begin(self, start: int) -> None:
        \"\"\"Begin somewhere.\"\"\"
        self.count = start

    @call
    def add(self) -> int:
        \"\"\"Count.\"\"\"
        self.count += STEP
        return self.count
"""


def counter(step: int, extra: str = "") -> Source:
    text = COUNTER.replace("class Counter", f"STEP = {step}\n\n\nclass Counter") + extra
    return bundle(text.replace(", migrate, view", ", migrate" if extra else ""), "Counter")


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
        (GOVERNANCE, "VoteCast"),
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


def test_the_proposer_alone_withdraws() -> None:
    voting = Voting()
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    assert refusal(voting.call("port", "withdraw", 1))[0] == "refused"
    ok(voting.call("bank", "withdraw", 1))
    assert voting.state_of(1) == "WITHDRAWN"
    assert voting.ledger.executor.next_due() is None
    assert refusal(voting.vote("port", 1)) == ("refused", "the proposal is closed")
    assert refusal(voting.vote("port", 2)) == ("refused", "there is no such proposal")


# What is refused, and what a refusal leaves


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


# Members


def test_the_next_block_is_decided_without_the_expelled() -> None:
    voting = Voting()
    ledger = voting.ledger
    wanted = system.DecideValidatorsArguments(tuple(map(validator_of, ("mill", "port", "rail"))), 9)
    ok(voting.decide("set_validators", wanted, voting.attest("mill", "port", "rail")))
    ok(voting.propose("bank", "expel_organisation", expel("mill")))
    ok(voting.vote("port", 2))
    record = ok(voting.vote("rail", 2, seen=voting.attest("bank", "port", "rail")))
    left = build_validator_set([validator_of(name) for name in ("bank", "port", "rail")])
    assert ledger.executor.head.validators == left
    assert [event.name for event in record.outcomes[0].events] == [
        "VoteCast",
        "validators_withdrawn",
        "validators_chosen",
        "organisation_expelled",
        "ProposalCarriedOut",
    ]
    assert ledger.executor.read(state.VALIDATORS_NEXT) is None
    assert ledger.executor.view().require(tuple[Height, ...], state.HANDOVERS) == (
        ledger.executor.head.header.height,
    )


def test_accounts_of_an_expelled_organisation_keep_what_they_have_and_may_be_taken_over() -> None:
    voting = Voting()
    enrol = system.EnrolArguments((ALICE,))
    assert voting.ledger.status("port", ledger_call("enrol", enrol)) == "enrolled_elsewhere"
    # Alice belongs to the bank.
    number = decode(
        Unsigned,
        ok(voting.propose("port", "expel_organisation", expel("bank"))).outcomes[0].result,
    )
    ok(voting.vote("rail", number))
    ok(voting.vote("mill", number, seen=voting.attest("mill", "port", "rail")))
    assert voting.ledger.balance(ALICE) == 1_000
    assert voting.ledger.status("port", ledger_call("enrol", enrol)) == "ok"
    assert voting.ledger.status("alice", transfer(CAROL, 1)) == "ok"


def test_an_organisation_gets_new_keys_and_keeps_its_address() -> None:
    voting = Voting()
    given = system.RotateOrganisationArguments("mill", policy_of("new key of the mill"))
    ok(voting.decide("rotate_organisation", given))
    account = voting.ledger.executor.view().require(
        state.Account, state.key_account(address_of("mill"))
    )
    assert account.policy == policy_of("new key of the mill")
    with pytest.raises(WrongPolicy):
        voting.check("mill")
    unknown = change(given, name="nobody")
    ok(voting.propose("bank", "rotate_organisation", unknown))
    ok(voting.vote("port", 2))
    assert voting.vote("rail", 2).receipt.status == "organisation_unknown"


# Contracts


def test_a_contract_is_deployed_upgraded_and_stopped_by_votes() -> None:
    voting = Voting()
    deploy = system.DeployArguments(counter(1), ALICE, encode((7,)), (("reader", CAROL),))
    ok(voting.decide("deploy", deploy))
    contract = Address(decode(bytes, voting.read(1).result))
    add = Call(contract, "add", encode(()), None)
    assert decode(Unsigned, ok(voting.ledger.run("alice", add)).outcomes[0].result) == 8
    migration = "\n    @migrate\n    def renew(self, count: int) -> None:\n"
    migration += '        """Begin anew."""\n        self.count = count\n'
    upgrade = system.UpgradeArguments(contract, counter(5, migration), encode((100,)))
    ok(voting.propose("bank", "upgrade", upgrade))
    ok(voting.vote("port", 2))
    ok(voting.vote("rail", 2))
    assert decode(Unsigned, ok(voting.ledger.run("alice", add)).outcomes[0].result) == 105
    ok(voting.propose("bank", "stop", system.StopArguments(contract, "it counts wrongly")))
    ok(voting.vote("port", 3))
    ok(voting.vote("rail", 3))
    assert voting.ledger.status("alice", add) == "contract_stopped"


def test_a_contract_that_cannot_begin_is_not_deployed() -> None:
    voting = Voting()
    deploy = system.DeployArguments(counter(1), ALICE, encode(("seven",)), ())
    assert voting.decide("deploy", deploy).receipt.status == "bad_arguments"
    assert voting.state_of(1) == "OPEN"


DOOR = """
from dure.contract.language import Address, Contract, Duration, Interface, Var, call, init
from dure.contract.language import scheduled, seconds


class Ledger(Interface):
    @call
    def decide(self, action: str, arguments: bytes, attestations: bytes) -> bytes: ...

    @call
    def transfer(self, asset: bytes, target: Address, amount: int) -> None: ...


class Thief(Contract):
    \"\"\"Tries the ledger's door.\"\"\"

    ledger: Var[Address]

    @init
    def begin(self, ledger: Address) -> None:
        \"\"\"Begin.\"\"\"
        self.ledger = ledger

    @call
    def decide(self, action: str, arguments: bytes) -> bytes:
        \"\"\"Decide alone.\"\"\"
        return Ledger(self.ledger).decide(action, arguments, b"")

    @call
    def transfer(self, asset: bytes, to: Address) -> None:
        \"\"\"Send money that is not its own.\"\"\"
        Ledger(self.ledger).transfer(asset, to, 1)

    @call
    def later(self, action: str, arguments: bytes) -> None:
        \"\"\"Decide by itself.\"\"\"
        self.schedule(self.now, self.by_itself, action, arguments, gas=100_000)

    @scheduled
    def by_itself(self, action: str, arguments: bytes) -> None:
        \"\"\"Decide.\"\"\"
        Ledger(self.ledger).decide(action, arguments, b"")
"""


def test_no_other_contract_decides_anything() -> None:
    voting = Voting()
    source = bundle('# mypy: disable-error-code="empty-body"\n' + DOOR, "Thief")
    deploy = system.DeployArguments(source, ALICE, encode((money.LEDGER,)), ())
    ok(voting.decide("deploy", deploy))
    thief = Address(decode(bytes, voting.read(1).result))
    given = encode(("admit_organisation", encode(admit("echo"))))
    for method, arguments, code in (
        ("decide", given, "not_authority"),
        ("transfer", encode((bytes(32), CAROL)), "unknown_method"),
    ):
        record = voting.ledger.run("alice", Call(thief, method, arguments, None))
        assert record.receipt.status == code
    ok(voting.ledger.run("alice", Call(thief, "later", given, None)))
    records = voting.ledger.commit(
        voting.ledger.sign("alice", transfer(CAROL, 1))
    ).candidate.records
    assert [record.receipt.status for record in records] == ["not_authority", "ok"]
    assert not voting.is_member("echo")


def test_the_contract_can_be_replaced_by_its_own_decision() -> None:
    voting = Voting()
    text = SOURCE.text.replace("SUMMARY_MAX = 500", "SUMMARY_MAX = 400")
    given = system.UpgradeArguments(GOVERNANCE, change(SOURCE, text=text), encode(()))
    ok(voting.decide("upgrade", given))
    ok(voting.propose("bank", "admit_organisation", admit("echo")))
    assert refusal(voting.call("bank", "init", money.LEDGER, "ALL", 1_000))[0] == "not_permitted"


# Numbers and versions


def test_parameters_are_set_and_the_version_is_not_among_them() -> None:
    voting = Voting()
    new = change(DEFAULT_PARAMETERS, heartbeat=60_000)
    ok(voting.decide("set_parameters", system.SetParametersArguments(new)))
    assert voting.ledger.executor.parameters == new
    other = change(new, protocol_version=2)
    ok(voting.propose("bank", "set_parameters", system.SetParametersArguments(other)))
    ok(voting.vote("port", 2))
    record = voting.vote("rail", 2)
    assert record.receipt.status == "bad_parameters"


def announce(voting: Voting, *members: str, version: int = 2) -> None:
    call = ledger_call("announce_version", system.AnnounceVersionArguments(version))
    for name in members:
        ok(voting.ledger.run(name, call))


def test_a_version_holds_once_all_validators_support_it() -> None:
    voting = Voting()
    ledger = voting.ledger
    announce(voting, "bank", "mill", "port")
    given = system.ActivateVersionArguments(2, Height(20))
    record = voting.decide("activate_version", given)
    assert refusal(record) == ("version_not_supported", "not announced by rail")
    announce(voting, "rail", version=3)
    ok(voting.vote("rail", 1))
    assert ledger.executor.parameters.protocol_version == 1
    while ledger.executor.head.header.height < 19:
        assert ledger.executor.parameters.protocol_version == 1
        ledger.run("alice", transfer(CAROL, 1))
    assert ledger.executor.parameters.protocol_version == 2
    with pytest.raises(ProtocolNotKnown, match="version is 2 now"):
        ledger.propose(ledger.sign("alice", transfer(CAROL, 1)))


def test_a_version_does_not_begin_where_support_is_gone() -> None:
    voting = Voting()
    ledger = voting.ledger
    announce(voting, *MEMBERS)
    ok(voting.decide("activate_version", system.ActivateVersionArguments(2, Height(20))))
    announce(voting, "mill", version=1)
    while ledger.executor.head.header.height < 20:
        ledger.run("alice", transfer(CAROL, 1))
    assert ledger.executor.parameters.protocol_version == 1
    assert ledger.executor.read(state.VERSION_NEXT) is None


def test_who_announces_is_a_member_and_what_is_activated_is_new() -> None:
    voting = Voting()
    call = ledger_call("announce_version", system.AnnounceVersionArguments(2))
    assert voting.ledger.status("alice", call) == "not_member"
    announce(voting, *MEMBERS)
    old = system.ActivateVersionArguments(1, Height(20))
    assert voting.decide("activate_version", old).receipt.status == "bad_version"
    past = system.ActivateVersionArguments(2, Height(1))
    ok(voting.propose("bank", "activate_version", past))
    ok(voting.vote("port", 2))
    assert voting.vote("rail", 2).receipt.status == "bad_height"


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
        Voting(build_voting(authority))  # type: ignore[arg-type]


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
