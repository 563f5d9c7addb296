"""What the members decide by votes: members, contracts, numbers, protocol versions."""

import pytest

from dure.chain import money, state, system
from dure.chain.genesis.governance import GOVERNANCE
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import Call
from dure.contract.source import bundle
from dure.core.codec import decode, encode
from dure.core.errors import ProtocolNotKnown, WrongPolicy
from dure.core.types import Address, Height, Unsigned
from dure.core.validators import build_validator_set
from tests.unit.chain.ledger import (
    ALICE,
    CAROL,
    address_of,
    change,
    ledger_call,
    policy_of,
    transfer,
)
from tests.unit.chain.voting import (
    MEMBERS,
    SOURCE,
    Voting,
    admit,
    counter,
    expel,
    ok,
    refusal,
    validator_of,
)

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
        "MemberVoted",
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
