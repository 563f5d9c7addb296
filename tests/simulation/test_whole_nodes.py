"""Whole nodes in one process: real driver, engine and ledger on simulated ports, from one seed."""

import pytest

from dure.core.errors import InvalidTransaction
from dure.testing.simulation import Faults, Simulation, Stalled

MEMBERS = range(4)


def agree(network: Simulation, *members: int) -> bool:
    """Say whether these members hold the same state at the same height, with nothing waiting."""
    places = {(network.height(i), network.state_root(i)) for i in members}
    return len(places) == 1 and not any(len(network.get_driver(i).mempool) for i in members)


@pytest.mark.parametrize("dead", MEMBERS)
def test_any_one_member_may_die_and_return(dead: int) -> None:
    network = Simulation(seed=dead)
    others = [i for i in MEMBERS if i != dead]
    network.crash(dead)
    network.submit(others[0], network.transfer(amount=5))
    network.run_until(lambda: all(network.height(i) == 1 for i in others))
    network.restart(dead)
    network.run_until(lambda: agree(network, *MEMBERS))
    assert {network.balance(i, of=1) for i in MEMBERS} == {network.balance(dead, of=1)}


def test_two_members_of_four_decide_nothing_and_lose_nothing() -> None:
    network = Simulation(seed=5)
    network.partition([0, 1], [2, 3])
    network.submit(0, network.transfer())
    network.run_for(30_000)
    assert [network.height(i) for i in MEMBERS] == [0, 0, 0, 0]
    network.heal()
    network.run_until(lambda: network.height(0) == 1 and agree(network, *MEMBERS))


def test_a_member_with_an_empty_disk_catches_up_from_the_others() -> None:
    network = Simulation(seed=6)
    for amount in range(1, 6):
        network.submit(0, network.transfer(amount=amount))
        network.run_until(lambda: agree(network, *MEMBERS))
    network.crash(2)
    network.wipe(2)
    network.restart(2)
    network.run_until(lambda: network.height(2) == 5 and agree(network, *MEMBERS))


def test_an_idle_network_makes_no_blocks() -> None:
    network = Simulation(seed=7)
    network.run_for(120_000)
    assert [network.height(i) for i in MEMBERS] == [0, 0, 0, 0]


def test_a_transaction_given_to_two_members_is_executed_once() -> None:
    network = Simulation(seed=8)
    envelope = network.transfer(amount=7)
    before = network.balance(0, of=1)
    for member in MEMBERS:
        network.submit(member, envelope)
    network.run_until(lambda: network.height(0) > 0 and agree(network, *MEMBERS))
    assert network.balance(0, of=1) == before + 7
    (answer,) = network.submit(3, envelope)
    assert isinstance(answer, InvalidTransaction)
    assert answer.code == "transaction_replayed"


def test_the_same_seed_gives_the_same_run() -> None:
    def run() -> tuple[int, int, bytes]:
        network = Simulation(seed=9, faults=Faults(delay_ms_max=80, loss=0.1, duplication=0.1))
        for member in MEMBERS:
            network.submit(member, network.transfer(amount=member + 1))
        network.run_for(20_000)
        return network.scheduler.events, network.scheduler.now_ms, network.state_root(0)

    assert run() == run()


@pytest.mark.parametrize("seed", range(25))
def test_crashes_and_a_bad_network_hurt_nothing_for_ever(seed: int) -> None:
    faults = Faults(delay_ms_max=80, loss=0.1, duplication=0.05, clock_skew_ms_max=200)
    network = Simulation(seed=seed, faults=faults)
    accepted = 0
    for number in range(8):
        (answer,) = network.submit(number % 4, network.transfer(amount=number + 1))
        accepted += not isinstance(answer, InvalidTransaction)
        victim = network.random.randrange(4)
        network.run_for(network.random.randint(1, 600))
        network.crash(victim)
        network.run_for(network.random.randint(1, 2_000))
        network.restart(victim)
    network.heal()
    network.run_until(lambda: agree(network, *MEMBERS), limit_ms=120_000)
    assert accepted == 8


def test_a_standstill_would_be_noticed() -> None:
    network = Simulation(seed=2)
    with pytest.raises(Stalled, match="seed 2"):
        network.run_until(lambda: network.height(0) == 1, limit_ms=5_000)
