"""Files of contracts from a grammar: accepted, run, run again, watched, and told to callers.

Two contracts of a file hold each other's address. Whatever they do, it ends in a result or a
refusal, the same each time and under watch; and an interface that went through JSON reads and
writes the same bytes.
"""

import copy
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dure.contract.interface import Interface
from dure.contract.ports import Invocation, Meter, Payment, Refusal, TransferOrder
from dure.contract.shapes import READING_KINDS
from dure.contract.source import bundle, check_text
from dure.contract.tracing import TracingMachine
from dure.contract.tracing.render import Program, render_visit
from dure.contract.values import (
    decode_arguments,
    decode_event,
    decode_result,
    encode_arguments,
    encode_result,
    from_json,
    to_json,
)
from dure.core.types import Address, Amount, AssetId, Hash
from tests.unit.contract.fake_ledger import FakeLedger, asset, person
from tests.unit.contract.test_trace import add_up
from tests.unit.contract.typed_contracts import write_file

FILES = int(os.environ.get("DURE_FUZZ_EXAMPLES", "150")) // 10
"""A file takes as long as ten of the programs that other tests make."""
GAS = 400_000
FIRST, SECOND = person(200), person(201)
STRANGER, CLERK = person(2), person(3)
OWNER = person(1)
SCHEDULED_MAX = 6
ONE_OF_EACH = (5, "abc", b"xyz", [3, 1, 2])


@dataclass
class Play:
    """The same scenes with the contracts of a file, on a ledger of their own."""

    machine: TracingMachine
    programs: dict[Address, Hash]
    lines: dict[str, list[str]]
    ledger: FakeLedger = field(default_factory=FakeLedger)
    seen: list[object] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.ledger.programs = dict(self.programs)
        self.ledger.roles = {(each, "clerk", CLERK) for each in self.programs}
        self.interfaces = {
            code: reread(self.machine.get_interface(code)) for code in self.programs.values()
        }

    def run(self) -> None:
        """Play everything."""
        for address in self.programs:
            self.call(address, "init", asset(9))
        issued = [AssetId(self.call(each, "issues")) for each in self.programs]
        self.call(FIRST, "meet", SECOND, issued[1])
        self.call(SECOND, "meet", FIRST, issued[0])
        self.call(FIRST, "charge")
        deed = self.call(FIRST, "find_deed", bytes(32), by=CLERK)
        for address, other in ((FIRST, issued[1]), (SECOND, issued[0])):
            self.act_at(address, other, deed)
        self.transfer(TransferOrder(issued[0], OWNER, STRANGER, Amount(300)))
        self.transfer(TransferOrder(issued[0], STRANGER, SECOND, Amount(100)))
        self.run_due()
        self.act_at(FIRST, issued[1], deed)
        self.seen += [self.ledger.state, self.ledger.balances, self.ledger.waiting]
        self.seen += [self.ledger.frozen, self.ledger.rules, self.ledger.events]
        self.check_events()

    def act_at(self, address: Address, theirs: AssetId, deed: object) -> None:
        """Call everything that a contract offers, by all sorts of people."""
        self.call(address, "probe", *ONE_OF_EACH, STRANGER, asset(9))
        for who in (OWNER, STRANGER, CLERK, SECOND):
            self.call(address, "act", *ONE_OF_EACH, FIRST, theirs, by=who)
        self.call(address, "look", *ONE_OF_EACH, OWNER, theirs)
        self.call(address, "is_sound")
        self.call(address, "ask_rule", OWNER, STRANGER, 70)
        if deed is not None:
            self.call(address, "take", 7, deed, pay=Payment(theirs, Amount(20)))
            self.call(address, "is_open", deed)

    def call(
        self,
        address: Address,
        method: str,
        *arguments: object,
        by: Address = OWNER,
        pay: Payment | None = None,
    ) -> Any:
        """Call a method; return its plain result, or None where it was refused."""
        interface = self.interfaces[self.programs[address]]
        data = encode_arguments(interface, method, arguments, {})
        named = decode_arguments(interface, method, data)
        assert encode_arguments(interface, method, (), named) == data
        called = interface.initialiser if method == "init" else interface.methods[method]
        assert called is not None
        is_reading = called.kind in READING_KINDS

        def act(meter: Meter) -> bytes:
            if pay is not None:
                self.ledger.transfer(pay.asset, by, address, pay.amount)
            running = self.machine.open(self.ledger, meter)
            call = Invocation(address, method, data, by, pay)
            return running.view(call) if is_reading else running.invoke(call)

        result = self.attempt(method, act)
        if result is None:
            return None
        plain = decode_result(interface, method, result)
        assert encode_result(interface, method, plain) == result
        shown = json.loads(json.dumps(to_json(interface, called.result, plain)))
        assert from_json(interface, called.result, shown) == plain
        return plain

    def transfer(self, order: TransferOrder) -> None:
        """Move money by the rule of its asset."""
        self.attempt(
            "transfer",
            lambda meter: str(self.machine.open(self.ledger, meter).transfer(order)).encode(),
        )

    def run_due(self) -> None:
        """Run what was scheduled, the earliest first, as the chain's scheduler does."""
        for number, waiting in sorted(self.ledger.waiting.items(), key=lambda each: each[1][1]):
            if len(self.seen) > 100 or self.ledger.waiting.get(number) != waiting:
                continue
            contract, at, method, data, gas = self.ledger.waiting.pop(number)
            self.ledger.time = max(self.ledger.time, at)
            call = Invocation(contract, method, data, contract, None)
            self.ledger.pays_for_schedules = True
            self.attempt(
                method,
                lambda meter, call=call: self.machine.open(  # type: ignore[misc]  # bound now, not when it runs
                    self.ledger, meter
                ).invoke(call),
                min(gas, GAS),
            )
            self.ledger.pays_for_schedules = False

    def attempt(self, name: str, act: Callable[[Meter], bytes], gas: int = GAS) -> bytes | None:
        """Run; note the end and the gas; undo what was refused."""
        before, meter = copy.deepcopy(self.ledger), Meter(gas)
        result, code = None, ""
        try:
            result = act(meter)
        except Refusal as refusal:
            code = f"{refusal.code}: {refusal.message}"
            self.ledger.__dict__.update(before.__dict__)
        assert 0 <= meter.used <= gas
        self.codes[f"{name} {code.split(':')[0]}"] += 1
        self.seen.append((name, result, code, meter.used))
        for visit in chain.from_iterable(self.machine.take_visits()):
            assert visit.gas_used == meter.used
            assert add_up(visit.steps) + visit.entry_gas == visit.gas_used
            assert json.dumps(render_visit(visit, self.find_program))
        return result

    def find_program(self, code: Hash) -> Program:
        return Program(self.interfaces[code], self.lines)

    def check_events(self) -> None:
        for contract, name, data in self.ledger.events:
            assert decode_event(self.interfaces[self.programs[contract]], name, data)


def reread(interface: Interface) -> Interface:
    """Return the interface as whoever reads its JSON has it."""
    text = msgspec.json.encode(interface)
    again = msgspec.json.decode(text, type=Interface)
    assert msgspec.json.encode(again) == text
    return again


def play(seed: int) -> Counter[str]:
    """Play a file three times; return how often each method came to each end."""
    text = write_file(seed)
    assert check_text(text) == []
    machine = TracingMachine()
    first, second = bundle(text, "Example"), bundle(text, "Second")
    programs = {FIRST: machine.load(first), SECOND: machine.load(second)}
    lines = {each.name: each.text.split("\n") for each in first.library}
    lines[""] = text.split("\n")
    plays = [Play(machine, programs, lines) for _ in range(3)]
    for each in plays:
        machine.is_watching = each is plays[-1]
        each.run()
    assert plays[0].seen == plays[1].seen
    assert plays[0].seen == plays[2].seen
    return plays[0].codes


@settings(
    max_examples=FILES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.integers(0, 1 << 32))
def test_contracts_that_call_each_other_do_the_same_each_time_and_under_watch(seed: int) -> None:
    play(seed)


def test_the_files_reach_what_they_are_made_for() -> None:
    codes = sum((play(seed) for seed in range(8)), Counter[str]())
    for name in ("init", "act", "take", "look", "is_sound", "ask_rule", "later", "much_later"):
        assert codes[f"{name} "] > 0
    refused = {name.split(" ")[1] for name in codes}
    assert refused >= {"not_permitted", "overflow", "index_out_of_range", "missing_key"}
    assert sum(codes[name] for name in codes if name.endswith(" ")) > codes.total() / 2
