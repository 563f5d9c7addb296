"""The ledger's own calls: who may, what changes, and what is refused."""

import pytest

from dure.chain import state, system
from dure.chain.parameters import DEFAULT_PARAMETERS, compute_parameters_root
from dure.chain.transaction import Envelope, KeyPolicy, ThresholdPolicy
from dure.contract.bundle import Source
from dure.core.codec import decode, encode
from dure.core.errors import WrongPolicy
from dure.core.types import Address, Gas, PublicKey
from tests.unit.chain.ledger import (
    ALICE,
    AUTHORITY,
    BANK,
    BOB,
    CAROL,
    FUNDS,
    PORT,
    WON,
    Ledger,
    ask,
    build_document,
    change,
    derive_key,
    ledger_call,
    policy_of,
    prove,
    transfer,
)
from tests.unit.chain.machine import script


def deploy_call(*, owner: Address = ALICE, text: str = "code", steps: bytes = b"\x90") -> object:
    return system.DeployArguments(Source("Script", text, ()), owner, steps, ())


def get_contract(ledger: Ledger, address: Address) -> state.ContractRecord:
    return ledger.executor.view().require(state.ContractRecord, state.key_contract(address))


# Contracts


def test_the_authority_deploys_and_init_runs_as_the_owner() -> None:
    ledger = Ledger()
    given = deploy_call(steps=script(("emit", "begun", b"")))
    record = ledger.run("authority", ledger_call("deploy", given))
    address = decode(Address, record.outcomes[0].result)
    assert [event.name for event in record.outcomes[0].events] == ["begun"]
    contract = get_contract(ledger, address)
    assert (contract.owner, contract.version) == (ALICE, 1)
    assert contract.deployed == ledger.executor.head.header.height
    source = ledger.executor.view().require(Source, state.key_source(contract.code_hash))
    assert source.text == "code"


def test_two_deployments_of_one_source_are_two_contracts() -> None:
    ledger = Ledger()
    call = ledger_call("deploy", deploy_call())
    record = ledger.run("authority", call, call)
    first, second = (decode(Address, outcome.result) for outcome in record.outcomes)
    assert first != second


def test_nobody_else_deploys_on_a_closed_chain() -> None:
    ledger = Ledger()
    assert ledger.status("alice", ledger_call("deploy", deploy_call())) == "not_authority"


def test_on_an_open_chain_everybody_deploys_in_their_own_name() -> None:
    opened = change(DEFAULT_PARAMETERS, open_deployment=True)
    ledger = Ledger(build_document(opened))
    assert ledger.status("bob", ledger_call("deploy", deploy_call(owner=ALICE))) == "not_owner"
    record = ledger.run("bob", ledger_call("deploy", deploy_call(owner=BOB)))
    address = decode(Address, record.outcomes[0].result)
    new = system.UpgradeArguments(address, Source("Script", "better", ()), script())
    assert ledger.status("alice", ledger_call("upgrade", new)) == "not_authority"
    assert ledger.status("bob", ledger_call("upgrade", new)) == "ok"
    assert get_contract(ledger, address).version == 2


def test_unsafe_code_and_an_init_that_refuses_leave_nothing() -> None:
    ledger = Ledger()
    for given, status in (
        (deploy_call(text="unsafe"), "unsafe_code"),
        (deploy_call(steps=script(("refuse", "refused", "no"))), "refused"),
    ):
        record = ledger.run("authority", ledger_call("deploy", given))
        assert record.receipt.status == status
    assert not [key for key in ledger.executor.copy_state() if key[:1] in {b"c", b"s"}]


def test_the_authority_upgrades_and_the_storage_stays() -> None:
    ledger = Ledger()
    contract = ledger.deploy(("write", b"k", b"v"))
    before = get_contract(ledger, contract)
    new = system.UpgradeArguments(contract, Source("Script", "better", ()), script())
    assert ledger.status("alice", ledger_call("upgrade", new)) == "not_authority"
    record = ledger.run("authority", ledger_call("upgrade", new))
    after = get_contract(ledger, contract)
    assert record.outcomes[0].result == encode(2)
    assert (after.owner, after.version) == (ALICE, 2)
    assert after.code_hash != before.code_hash
    assert ledger.run("alice", ask(contract, ("read", b"k"))).outcomes[0].result == encode(b"v")


def test_code_costs_gas_by_the_byte_of_its_text() -> None:
    ledger = Ledger()
    used = [
        ledger.run("authority", ledger_call("deploy", deploy_call(text=text))).receipt.gas_used
        for text in ("x" * 100, "좌" * 100)
    ]
    assert used[1] - used[0] >= 200 * system.GAS_PER_SOURCE_BYTE


@pytest.mark.parametrize("method", ["upgrade", "grant", "revoke"])
def test_what_is_no_contract_cannot_be_changed(method: str) -> None:
    ledger = Ledger()
    given: object = system.RoleArguments(CAROL, "oracle", BOB)
    if method == "upgrade":
        given = system.UpgradeArguments(CAROL, Source("Script", "x", ()), script())
    assert ledger.status("authority", ledger_call(method, given)) == "unknown_contract"


def test_roles_are_given_by_owner_and_authority_and_by_nobody_else() -> None:
    ledger = Ledger()
    contract = ledger.deploy()
    given = system.RoleArguments(contract, "oracle", CAROL)

    def has_role() -> bool:
        record = ledger.run("bob", ask(contract, ("has role", "oracle", CAROL)))
        return decode(bool, record.outcomes[0].result)

    assert ledger.status("bob", ledger_call("grant", given)) == "not_owner"
    assert ledger.status("alice", ledger_call("grant", given)) == "ok"
    assert has_role()
    assert ledger.status("bob", ledger_call("revoke", given)) == "not_owner"
    assert ledger.status("authority", ledger_call("revoke", given)) == "ok"
    assert not has_role()


def test_a_role_at_one_contract_is_none_at_another_and_names_do_not_run_together() -> None:
    keys = {
        state.key_role(contract, holder, role)
        for contract in (ALICE, BOB)
        for holder in (ALICE, BOB)
        for role in ("oracle", "oracl", "e", "\ud83d")
    }
    assert len(keys) == 16


# Accounts


def test_a_member_enrols_and_the_account_may_send() -> None:
    ledger = Ledger()
    ledger.run("alice", transfer(CAROL, 10))
    pay = ledger.sign("carol", transfer(BOB, 1))
    assert ledger.propose(pay) is None
    enrol = ledger_call("enrol", system.EnrolArguments((CAROL, ALICE)))
    assert ledger.status("alice", enrol) == "not_member"
    assert ledger.status("bank", enrol) == "ok"
    assert ledger.status("carol", transfer(BOB, 1)) == "ok"


def test_an_account_belongs_to_one_member() -> None:
    ledger = Ledger()
    enrol = ledger_call("enrol", system.EnrolArguments((ALICE,)))
    assert ledger.status("port", enrol) == "enrolled_elsewhere"
    assert ledger.status("bank", enrol) == "ok"


def test_enrolling_pays_for_each_account() -> None:
    ledger = Ledger()
    many = system.EnrolArguments(tuple(Address(bytes([i]) * 32) for i in range(9)))
    gas = ledger.run("bank", ledger_call("enrol", many)).receipt.gas_used
    one = ledger.run("bank", ledger_call("enrol", system.EnrolArguments((CAROL,)))).receipt.gas_used
    assert gas > one + 8 * system.GAS_PER_TRANSFER


def test_new_keys_act_and_old_ones_no_longer() -> None:
    ledger = Ledger()
    rotate = system.SetPolicyArguments(policy_of("alice new"))
    assert ledger.status("alice", ledger_call("set_policy", rotate)) == "ok"
    account = ledger.executor.view().require(state.Account, state.key_account(ALICE))
    assert account.organisation == "bank"
    (old,) = ledger.open(ledger.sign("alice", transfer(BOB, 1)))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(old, ledger.time)
    body = encode(ledger.build_body("alice", transfer(BOB, 1)))
    new = encode(Envelope(body, (prove(body, policy_of("alice new"), "alice new"),)))
    ledger.commit(new)
    assert ledger.balance(BOB) == FUNDS + 1


def test_a_policy_of_unsound_keys_is_refused() -> None:
    ledger = Ledger()
    small = PublicKey(bytes([1]) + bytes(31))
    for policy in (KeyPolicy(small), ThresholdPolicy(2, (derive_key("a").public,))):
        call = ledger_call("set_policy", system.SetPolicyArguments(policy))
        assert ledger.status("alice", call) == "bad_policy"


def test_no_key_acts_for_somebody_elses_account() -> None:
    ledger = Ledger()
    body = encode(ledger.build_body("alice", transfer(BOB, 1)))
    (posing,) = ledger.open(encode(Envelope(body, (prove(body, policy_of("bob"), "bob"),))))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(posing, ledger.time)


# What the members decide together


def test_one_member_alone_is_not_the_authority() -> None:
    ledger = Ledger()
    given = system.SetParametersArguments(DEFAULT_PARAMETERS)
    assert ledger.status("bank", ledger_call("set_parameters", given)) == "not_authority"


def test_new_parameters_hold_from_the_next_block_on() -> None:
    ledger = Ledger()
    new = change(DEFAULT_PARAMETERS, transaction_bytes_max=16 * 1024)
    call = ledger_call("set_parameters", system.SetParametersArguments(new))
    large = ledger.sign(
        "alice", ledger_call("transfer", (WON, BOB, 1)), ask(BOB, ("x", "y" * 20_000))
    )
    ledger.commit(ledger.sign("authority", call), large)
    assert ledger.executor.parameters == new
    assert ledger.executor.head.header.parameters_root == compute_parameters_root(new)
    again = ledger.sign("alice", ask(BOB, ("x", "y" * 20_000)))
    assert ledger.propose(again) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"protocol_version": 2},
        {"replay_window": 60_000},
        {"quota_period": 0},
        {"block_gas_max": 1},
        {"transaction_bytes_max": 2**30},
        {"quota_gas": Gas(5)},
    ],
    ids=str,
)
def test_parameters_that_could_stop_the_chain_are_refused(fields: dict[str, object]) -> None:
    ledger = Ledger()
    given = system.SetParametersArguments(change(DEFAULT_PARAMETERS, **fields))
    assert ledger.status("authority", ledger_call("set_parameters", given)) == "bad_parameters"
    assert ledger.executor.parameters == DEFAULT_PARAMETERS


def test_the_authority_rotates_its_own_policy() -> None:
    ledger = Ledger()
    rotate = ledger_call("set_policy", system.SetPolicyArguments(policy_of("bank", "port")))
    assert ledger.status("authority", rotate) == "ok"
    account = ledger.executor.view().require(state.Account, state.key_account(AUTHORITY))
    assert account.policy == policy_of("bank", "port")
    assert {BANK, PORT, AUTHORITY} & {ALICE, BOB, CAROL} == set()
