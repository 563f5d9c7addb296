"""Whole nodes whose chain acts by itself: while nobody sends, and while the proposer is dead."""

from hashlib import sha256

import pytest

from dure.chain import state
from dure.chain.transaction import Call, compute_contract_address
from dure.consensus.pbft.timing import Settings
from dure.contract.bundle import Source
from dure.core.types import Address, Gas, Instant
from dure.identity.keys import SigningKey
from dure.sdk import ledger_calls
from dure.sdk.accounts import LocalAccount
from dure.sdk.transactions import SignedTransaction, build_transaction
from dure.testing.simulation import Simulation
from tests.unit.chain.machine import ScriptMachine, script

MEMBERS = range(4)
IDLE_MS = 20_000
"""How long nothing happens before the call falls due."""
PATIENCE_MS = int(Settings().timeout) + 500
"""The first round's timeout and some hundred milliseconds for a round of votes."""
AUTHORITY = LocalAccount(SigningKey(sha256(b"authority").digest()))
KEY = b"rang"


def sign(network: Simulation, *calls: Call) -> SignedTransaction:
    return build_transaction(
        network.get_driver(0).executor.chain_id,
        AUTHORITY,
        calls,
        valid_until=Instant(network.scheduler.now_ms + 60_000),
        gas_limit=Gas(5_000_000),
        salt=network.random.randbytes(16),
    )


def begin(network: Simulation, *, times: int = 1) -> tuple[Address, Instant]:
    """Deploy a contract that has scheduled itself; return it and when the first call is due."""
    due = Instant(network.scheduler.now_ms + IDLE_MS)
    ring = script(("write", KEY, b"yes"))
    steps = [("schedule", due + number * IDLE_MS, ring, 50_000) for number in range(times)]
    call = ledger_calls.deploy(
        Source("Script", "bell", ()), owner=AUTHORITY.address, arguments=script(*steps)
    )
    signed = sign(network, call)
    network.submit(0, signed.envelope)
    network.run_until(lambda: all(network.height(i) == 1 for i in MEMBERS))
    return compute_contract_address(signed.transaction_id, 0), due


def has_rung(network: Simulation, member: int, contract: Address) -> bool:
    executor = network.get_driver(member).executor
    return executor.read(state.key_storage(contract, KEY)) == b"yes"


def reach(network: Simulation, height: int) -> None:
    network.run_until(lambda: network.height(0) == height, limit_ms=IDLE_MS + PATIENCE_MS)


def test_a_due_call_fires_on_a_chain_on_which_nobody_sends() -> None:
    network = Simulation(seed=31, machines=lambda _: ScriptMachine())
    contract, due = begin(network)
    network.run_for(IDLE_MS - 2_000)
    assert [network.height(i) for i in MEMBERS] == [1] * 4
    network.run_until(lambda: all(has_rung(network, i, contract) for i in MEMBERS))
    assert network.scheduler.now_ms < due + PATIENCE_MS
    headers = [network.get_driver(i).executor.head.header for i in MEMBERS]
    assert {(header.height, header.state_root) for header in headers} == {
        (2, headers[0].state_root)
    }
    assert headers[0].time >= due
    network.run_for(60_000)
    assert [network.height(i) for i in MEMBERS] == [2] * 4


@pytest.mark.parametrize("dead", MEMBERS)
def test_a_due_call_fires_in_time_whoever_is_dead(dead: int) -> None:
    network = Simulation(seed=32, machines=lambda _: ScriptMachine())
    contract, due = begin(network)
    network.crash(dead)
    others = [i for i in MEMBERS if i != dead]
    network.run_until(lambda: all(has_rung(network, i, contract) for i in others))
    assert network.scheduler.now_ms < due + PATIENCE_MS


def test_with_one_member_dead_its_turn_is_taken_by_the_next() -> None:
    network = Simulation(seed=33, machines=lambda _: ScriptMachine())
    contract, due = begin(network, times=4)
    network.crash(2)
    rounds = []
    for number in range(4):
        reach(network, 2 + number)
        assert network.scheduler.now_ms < due + number * IDLE_MS + PATIENCE_MS
        newest = network.nodes[0].disk.load_head()
        assert newest is not None
        rounds.append(newest.certificate.round)
    assert sorted(rounds) == [0, 0, 0, 1]
    assert has_rung(network, 3, contract)


def test_a_chain_of_one_member_fires_too() -> None:
    network = Simulation(seed=34, members=1, machines=lambda _: ScriptMachine())
    due = network.scheduler.now_ms + IDLE_MS
    ring = ("schedule", due, script(("write", KEY, b"yes")), 50_000)
    call = ledger_calls.deploy(
        Source("Script", "bell", ()), owner=AUTHORITY.address, arguments=script(ring)
    )
    signed = sign(network, call)
    network.submit(0, signed.envelope)
    contract = compute_contract_address(signed.transaction_id, 0)
    network.run_until(lambda: has_rung(network, 0, contract))
    assert due <= network.scheduler.now_ms < due + PATIENCE_MS
    assert network.height(0) == 2
