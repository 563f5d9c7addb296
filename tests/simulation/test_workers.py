"""Whole networks on which the process that runs contracts dies: nobody ever tells another story."""

import pytest

from dure.api.http.errors import get_status
from dure.chain.transaction import (
    Call,
    KeyPolicy,
    compute_address,
    compute_contract_address,
    decode_transaction,
)
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Machine, Running
from dure.contract.source import bundle
from dure.core.codec import encode
from dure.core.errors import (
    InvalidTransaction,
    TransactionQuarantined,
    WorkerDied,
    WorkerNotStarted,
)
from dure.core.types import Address, Gas
from dure.sdk import ledger_calls
from dure.testing.simulation import FragileMachine, Simulation

MEMBERS = range(4)
POISON = 666
GAS = Gas(5_000_000)
TEXT = """
from dure.contract.language import Contract, Var, call, init, scheduled, seconds, view


class Sum(Contract):
    total: Var[int]

    @call
    def add(self, number: int) -> int:
        self.total += number
        return self.total

    @call
    def add_later(self, number: int) -> None:
        self.schedule(self.now + seconds(1), self.finish, number, gas=10_000)

    @scheduled
    def finish(self, number: int) -> None:
        self.total += number

    @view
    def get_total(self) -> int:
        return self.total

    @view
    def get_poison(self) -> int:
        return self.total
"""


def is_deadly(call: Invocation) -> bool:
    poisoned = call.method in {"add", "finish"} and call.arguments == encode((POISON,))
    return poisoned or call.method == "get_poison"


class Town:
    """Four members with a contract; the workers of `fragile` ones die of a poisoned call."""

    def __init__(self, *fragile: int, members: int = 4, seed: int = 1) -> None:
        self.machines: dict[int, FragileMachine] = {}
        self.armed = set(fragile)
        self.network = Simulation(seed, members=members, machines=self._make_machine)
        self.members = range(members)
        deploy = self.network.sign(
            self.network.authority,
            ledger_calls.deploy(
                bundle(TEXT, "Sum"),
                owner=compute_address(KeyPolicy(self.network.authority.public)),
                arguments=encode(()),
            ),
            gas=GAS,
        )
        (identity,) = self.network.submit(0, deploy)
        assert not isinstance(identity, InvalidTransaction), identity
        self.contract: Address = compute_contract_address(identity, 0)
        self.settle(1)

    def _make_machine(self, index: int) -> Machine:
        def dies(call: Invocation) -> bool:
            return index in self.armed and is_deadly(call)

        self.machines[index] = FragileMachine(InProcessMachine(), dies)
        return self.machines[index]

    def sign(self, method: str, number: int, *, by: int = 0) -> bytes:
        call = Call(self.contract, method, encode((number,)), None)
        return self.network.sign(self.network.nodes[by].account, call, gas=Gas(200_000))

    def settle(self, height: int, *members: int) -> None:
        """Wait until these members (all that run) have that height and nothing waits there."""
        chosen = members or self.members
        self.network.run_until(
            lambda: all(
                self.network.height(i) >= height and not len(self.network.get_driver(i).mempool)
                for i in chosen
            )
        )

    def get_total(self, index: int, method: str = "get_total") -> bytes:
        call = Invocation(self.contract, method, encode(()), self.contract, None)
        return self.network.get_driver(index).executor.call_view(call)


def test_a_proposer_leaves_out_what_kills_its_worker_and_says_so() -> None:
    town = Town(*MEMBERS)
    poison, cure = town.sign("add", POISON), town.sign("add", 5)
    town.network.submit(0, poison, cure)
    town.network.run_until(lambda: all(town.network.height(i) == 2 for i in MEMBERS))
    assert {town.get_total(i) for i in MEMBERS} == {encode(5)}
    town.settle(2)
    codes = [problem.code for node in town.network.nodes for problem in node.dropped]
    assert set(codes) <= {"transaction_quarantined", "transaction_expired"}
    assert "transaction_quarantined" in codes


def test_what_is_quarantined_is_refused_by_name_when_it_comes_again() -> None:
    town = Town(0, members=1)
    poison = town.sign("add", POISON)
    town.network.submit(0, poison)
    assert [type(problem) for problem in town.network.nodes[0].dropped] == [TransactionQuarantined]
    (again,) = town.network.submit(0, poison)
    assert isinstance(again, TransactionQuarantined)
    assert town.machines[0].deaths == 1
    assert town.network.height(0) == 1, "nothing was left to make a block of"
    town.network.submit(0, town.sign("add", 3))
    town.settle(2)
    assert town.get_total(0) == encode(3)


def test_no_vote_comes_from_a_member_whose_worker_died() -> None:
    """Two of four give none, so that the other two cannot make the block final."""
    town = Town(2, 3)
    town.network.submit(0, town.sign("add", POISON))
    town.network.run_for(20_000)
    assert {town.network.height(i) for i in MEMBERS} == {1}
    assert all(town.machines[i].deaths for i in (2, 3))
    assert town.network.halted == {}


def test_one_fragile_member_executes_what_became_final_without_its_vote() -> None:
    """Its fresh worker survives: the first death was the machine's, not the call's."""
    town = Town(3)
    machine = town.machines[3]

    def heal() -> bool:
        if machine.deaths:
            town.armed.clear()
        return bool(machine.deaths)

    town.network.submit(0, town.sign("add", POISON))
    town.network.run_until(heal)
    town.settle(2)
    assert machine.deaths == 1
    assert {town.get_total(i) for i in MEMBERS} == {encode(POISON)}
    assert town.network.halted == {}


def test_under_a_final_block_the_member_halts_and_the_others_go_on() -> None:
    town = Town(3)
    before = town.network.state_root(3)
    town.network.submit(0, town.sign("add", POISON))
    town.network.run_until(lambda: 3 in town.network.halted)
    halt = town.network.halted[3]
    assert halt.death.facts["reason"] == "planted"
    assert halt.block.header.height == 2
    assert town.machines[3].deaths == 2, "once when it judged the block, once when it was final"
    opened = decode_transaction(halt.block.transactions[0])
    assert halt.death.facts["transaction"] == opened.transaction_id
    assert town.network.nodes[3].disk.head == 1, "nothing of the block reached the disk"
    town.settle(2, 0, 1, 2)
    # With a worker that survives it starts again where it stood, and agrees.
    town.armed.clear()
    del town.network.halted[3]
    town.network.restart(3)
    assert town.network.state_root(3) == before
    town.settle(2)
    assert {town.network.state_root(i) for i in MEMBERS} == {town.network.state_root(0)}


def test_a_member_that_catches_up_halts_as_well() -> None:
    town = Town(3)
    town.network.crash(3)
    town.network.submit(0, town.sign("add", POISON))
    town.settle(2, 0, 1, 2)
    town.network.restart(3)
    town.network.run_until(lambda: 3 in town.network.halted)
    assert town.network.nodes[3].disk.head == 1


def test_a_scheduled_call_cannot_be_left_out_so_nothing_is_proposed() -> None:
    town = Town(*MEMBERS)
    town.network.submit(0, town.sign("add_later", POISON))
    town.settle(2)
    town.network.run_for(20_000)
    assert {town.network.height(i) for i in MEMBERS} == {2}
    assert sum(machine.deaths for machine in town.machines.values()) > 0
    assert town.network.halted == {}
    town.armed.clear()
    town.settle(3)
    assert {town.get_total(i) for i in MEMBERS} == {encode(POISON)}


def test_a_proposal_gives_up_after_a_few_deaths_and_goes_on_later() -> None:
    town = Town(0, members=1)
    envelopes = [town.sign("add", POISON) for _ in range(6)] + [town.sign("add", 2)]
    town.network.submit(0, *envelopes)
    assert town.network.height(0) == 1
    assert town.machines[0].deaths == 4
    town.settle(2)
    assert town.machines[0].deaths == 6
    assert town.get_total(0) == encode(2)


def test_where_no_worker_starts_no_transaction_is_to_blame() -> None:
    town = Town(0, members=1)

    def refuse(*_: object) -> Running:
        raise WorkerNotStarted("there is no memory for it")

    town.machines[0].open = refuse  # type: ignore[method-assign,assignment]  # a machine that refuses
    town.network.submit(0, town.sign("add", 1))
    assert len(town.network.get_driver(0).mempool) == 1
    assert town.network.nodes[0].dropped == []
    del town.machines[0].open
    town.settle(2)
    assert town.get_total(0) == encode(1)


def test_a_view_that_kills_the_worker_is_an_answer_by_name() -> None:
    town = Town(0, members=1)
    with pytest.raises(WorkerDied) as death:
        town.get_total(0, "get_poison")
    assert (death.value.code, get_status(death.value)) == ("worker_died", 503)
    assert town.get_total(0) == encode(0)


@pytest.mark.parametrize("seed", range(6))
def test_any_one_fragile_member_never_disagrees(seed: int) -> None:
    town = Town(seed % 4, seed=seed)
    well = [i for i in MEMBERS if i != seed % 4]
    for number in (1, POISON, 2, POISON, 3):
        town.network.submit(town.network.random.choice(well), town.sign("add", number))
        town.network.run_for(3_000)
    town.settle(2, *well)
    assert {town.get_total(i) for i in well} == {encode(6 + 2 * POISON)}
    assert len({town.network.state_root(i) for i in well}) == 1
