"""A trace shows each line with its gas, and what the program does is the same as without one."""

import pytest

from dure.contract.gas import CALL, ENTRY, MESSAGE_BYTE, STORAGE_READ, STORAGE_WRITE, TURN
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Machine, Meter, Refusal
from dure.contract.source import bundle
from dure.contract.tracing import (
    STEPS_MAX,
    BalanceRead,
    CallTrace,
    Cancelled,
    Emitted,
    LineCost,
    MoneyMoved,
    Place,
    RoleAsked,
    Scheduled,
    StateRead,
    StateWrite,
    TracingMachine,
    Visit,
)
from dure.contract.tracing.render import Program, render_visit
from dure.core.codec import encode
from dure.core.types import Address
from tests.unit.contract.fake_ledger import GAS_LIMIT, FakeLedger, asset, person
from tests.unit.contract.program_files import IMPORTS

ME, OTHER = person(200), person(201)
WON = asset(9)

SOURCE = (
    IMPORTS
    + '''
class Happened(Event):
    number: int

class Example(Contract):
    total: Var[int]
    money: Var[Asset]

    @init
    def setup(self, money: Asset) -> None:
        self.money = money

    def twice(self, number: int) -> int:
        """Docstrings cost nothing."""
        return number * 2

    @call
    def act(self, number: int) -> int:
        before = self.total
        for i in range(number):
            self.total += self.twice(i)
        require(number < 5, "too many")
        self.emit(Happened(number))
        return before

    @call
    def hand_over(self, to: Address) -> None:
        held = self.balance_of(self.money)
        self.pay(self.money, to, held)
        number = self.schedule(self.now + hours(1), self.later, held.units)
        self.cancel(number)

    @scheduled
    def later(self, number: int) -> None:
        pass

    @only(role="clerk")
    @call
    def guarded(self) -> None:
        pass

    @view
    def current(self) -> int:
        return self.total

class Asked(Interface):
    @view
    def current(self) -> int: ...

    @call
    def act(self, number: int) -> int: ...

class Caller(Contract):
    @call
    def ask(self, to: Address) -> int:
        return Asked(to).current() + 1

    @call
    def pass_on(self, to: Address, number: int) -> int:
        return Asked(to).act(number)
'''
)


def find(text: str) -> int:
    """Return the line of the source that holds `text`."""
    return next(number for number, line in enumerate(SOURCE.split("\n"), 1) if text in line)


class Traced:
    """The same call on the tracing and on the plain machine, each with its own ledger."""

    def __init__(self) -> None:
        self.machine, self.plain = TracingMachine(), InProcessMachine()
        self.ledgers = FakeLedger(), FakeLedger()
        for name, address in (("Example", ME), ("Caller", OTHER)):
            source = bundle(SOURCE, name)
            for ledger in self.ledgers:
                ledger.programs[address] = self.plain.load(source)
                ledger.balances[WON, ME] = 50
            self.machine.load(source)
        self.run("init", (WON,))

    def run(
        self,
        method: str,
        arguments: tuple[object, ...] = (),
        *,
        at: Address = ME,
        gas: int = GAS_LIMIT,
    ) -> Visit:
        """Return the trace of a call, which must do what the plain machine does."""
        call = Invocation(at, method, encode(arguments), person(1), None)
        self.machine.is_watching = True
        machines: tuple[Machine, ...] = (self.machine, self.plain)
        seen = [
            attempt(machine, ledger, call, gas)
            for machine, ledger in zip(machines, self.ledgers, strict=True)
        ]
        assert seen[0] == seen[1]
        ((visit,),) = self.machine.take_visits()
        assert visit.gas_used == seen[0][2]
        assert add_up(visit.steps) + visit.entry_gas == visit.gas_used
        return visit


def attempt(machine: Machine, ledger: FakeLedger, call: Invocation, gas: int) -> tuple[object, ...]:
    """Run a call; return all that can be seen of it."""
    meter, result = Meter(gas), b""
    code = ""
    try:
        result = machine.open(ledger, meter).invoke(call)
    except Refusal as refusal:
        code = f"{refusal.code}: {refusal.message}"
    return result, code, meter.used, ledger.state, ledger.events, ledger.balances, ledger.waiting


def add_up(steps: tuple[object, ...]) -> int:
    """Return the gas of the calls in `steps`, each counted from its own parts."""
    whole = 0
    for step in steps:
        if isinstance(step, CallTrace):
            parts = step.entry_gas + step.unreached_gas + sum(line.gas for line in step.lines)
            assert parts + add_up(step.steps) == step.gas_used
            whole += step.gas_used
    return whole


def only_call(visit: Visit) -> CallTrace:
    """Return the one call of a visit."""
    (call,) = (step for step in visit.steps if isinstance(step, CallTrace))
    return call


def get_line(call: CallTrace, text: str) -> LineCost:
    """Return what the line that holds `text` took."""
    place = Place("", find(text))
    return next(line for line in call.lines if line.place == place)


@pytest.fixture
def traced() -> Traced:
    return Traced()


def test_every_line_has_its_hits_and_the_gas_adds_up(traced: Traced) -> None:
    call = only_call(traced.run("act", (3,)))
    hits = {line.place.line: line.hits for line in call.lines}
    assert hits == {
        find("def act"): 1,
        find("before = self.total"): 1,
        find("for i in range"): 1,
        find("self.total +="): 3,
        find("def twice"): 3,
        find("return number * 2"): 3,
        find("require(number"): 1,
        find("emit(Happened"): 1,
        find("return before"): 1,
    }
    message = len(call.arguments) + len(call.result or b"")
    assert call.entry_gas == CALL + MESSAGE_BYTE * message
    assert get_line(call, "def act").gas == ENTRY
    assert get_line(call, "def twice").gas == 3 * ENTRY


def test_a_line_has_its_static_charge_and_what_is_charged_while_it_runs(traced: Traced) -> None:
    few, many = (only_call(traced.run("act", (count,))) for count in (1, 2))
    reading = get_line(few, "before = self.total")
    assert reading.gas > STORAGE_READ
    turn = get_line(many, "for i in range").gas - get_line(few, "for i in range").gas
    assert turn == TURN
    assert get_line(few, "self.total +=").gas > STORAGE_READ + STORAGE_WRITE


def test_every_step_stands_in_order_with_its_line(traced: Traced) -> None:
    call = only_call(traced.run("act", (2,)))
    changed = Place("", find("self.total +="))
    total = encode(("total",))
    assert call.steps == (
        StateRead(Place("", find("before =")), total, None),
        StateRead(changed, total, None),
        StateWrite(changed, total, None, encode(0)),
        StateRead(changed, total, encode(0)),
        StateWrite(changed, total, encode(0), encode(2)),
        Emitted(Place("", find("emit(Happened")), "Happened", encode((2,))),
    )


def test_a_refusal_names_its_line_and_what_was_charged_ahead(traced: Traced) -> None:
    call = only_call(traced.run("act", (5,)))
    assert call.refusal is not None
    assert (call.refusal.code, call.refusal.message) == ("refused", "too many")
    assert call.refusal.at == Place("", find("require(number"))
    assert call.result is None
    assert call.unreached_gas > 0
    assert find("emit(Happened") not in {line.place.line for line in call.lines}


def test_what_is_beyond_the_gas_limit_is_not_counted(traced: Traced) -> None:
    seen = set()
    for gas in range(1, 4_400, 7):
        visit = traced.run("act", (3,), gas=gas)
        if visit.refusal is not None:
            assert (visit.refusal.code, visit.gas_used) == ("out_of_gas", gas)
            seen |= {
                step.refusal.at
                for step in visit.steps
                if isinstance(step, CallTrace) and step.refusal
            }
    assert {place.line for place in seen if place} >= {
        find("def act"),
        find("def twice"),
        find("for i in range"),
    }
    assert None in seen


def test_money_and_the_schedule_are_told(traced: Traced) -> None:
    call = only_call(traced.run("hand_over", (person(5),)))
    kinds = [type(step) for step in call.steps]
    assert kinds == [StateRead, BalanceRead, StateRead, MoneyMoved, Scheduled, Cancelled]
    assert call.steps[3] == MoneyMoved(
        Place("", find("self.pay")),
        "transfer",
        WON,
        ME,
        person(5),
        50,  # type: ignore[arg-type]  # deliberately of a wrong type
    )
    planned = call.steps[4]
    assert isinstance(planned, Scheduled)
    assert (planned.method, planned.gas) == ("later", 200_000)


def test_who_may_call_is_asked_before_any_line(traced: Traced) -> None:
    call = only_call(traced.run("guarded"))
    assert call.steps == (RoleAsked(None, "clerk", person(1), is_held=False),)
    assert call.refusal is not None
    assert (call.refusal.code, call.refusal.at, call.lines) == ("not_permitted", None, ())


def test_a_call_inside_a_call_stands_at_its_line(traced: Traced) -> None:
    outer = only_call(traced.run("ask", (ME,), at=OTHER))
    (inner,) = outer.steps
    assert isinstance(inner, CallTrace)
    assert (outer.depth, inner.depth) == (1, 2)
    assert (inner.contract, inner.method, inner.sender) == (ME, "current", OTHER)
    assert inner.at == Place("", find("Asked(to).current()"))
    assert outer.gas_used > inner.gas_used


def test_a_refusal_inside_is_told_at_every_depth(traced: Traced) -> None:
    outer = only_call(traced.run("pass_on", (ME, 6), at=OTHER))
    inner = outer.steps[0]
    assert isinstance(inner, CallTrace)
    assert outer.refusal is not None
    assert inner.refusal is not None
    assert outer.refusal.at == Place("", find("Asked(to).act"))
    assert inner.refusal.at == Place("", find("require(number"))


def test_what_is_refused_before_a_contract_is_entered_has_no_call(traced: Traced) -> None:
    visit = traced.run("nothing_such")
    assert visit.steps == ()
    assert visit.refusal is not None
    assert visit.refusal.code == "unknown_method"


def test_arguments_that_do_not_fit_are_told_as_bytes(traced: Traced) -> None:
    visit = traced.run("act", ("many",))
    program = Program(traced.machine.get_interface(traced.ledgers[0].programs[ME]), {})
    (call,) = render_visit(visit, lambda _: program)["steps"]
    assert call["refusal"]["code"] == "bad_arguments"
    assert call["arguments"] == encode(("many",)).hex()


def test_a_trace_keeps_only_so_many_steps(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STEPS_MAX == 10_000
    monkeypatch.setattr("dure.contract.tracing.recorder.STEPS_MAX", 3)
    visit = traced.run("act", (3,))
    assert visit.steps_left_out == 6
    assert len(only_call(visit).steps) == 2
    nested = traced.run("pass_on", (ME, 1), at=OTHER)
    assert nested.steps_left_out == 3


def test_calls_inside_that_are_left_out_count_for_their_line(
    traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.contract.tracing.recorder.STEPS_MAX", 1)
    outer = only_call(traced.run("ask", (ME,), at=OTHER))
    assert outer.steps == ()
    assert get_line(outer, "Asked(to).current()").gas > CALL


def test_a_machine_that_does_not_watch_notes_nothing(traced: Traced) -> None:
    traced.machine.is_watching = False
    call = Invocation(ME, "act", encode((1,)), person(1), None)
    traced.machine.open(traced.ledgers[0], Meter(GAS_LIMIT)).invoke(call)
    view = Invocation(ME, "current", encode(()), person(1), None)
    assert traced.machine.open(traced.ledgers[0], Meter(GAS_LIMIT)).view(view) == encode(0)
    assert traced.machine.take_visits() == []


def test_a_view_is_watched_too(traced: Traced) -> None:
    view = Invocation(ME, "current", encode(()), person(1), None)
    meter = Meter(GAS_LIMIT)
    traced.machine.is_watching = True
    assert traced.machine.open(traced.ledgers[0], meter).view(view) == encode(0)
    ((visit,),) = traced.machine.take_visits()
    assert visit.gas_used == meter.used


def test_visits_of_one_transaction_stand_together(traced: Traced) -> None:
    traced.machine.is_watching = True
    call = Invocation(ME, "act", encode((1,)), person(1), None)
    first = Meter(GAS_LIMIT)
    for meter in (first, first, Meter(GAS_LIMIT)):
        traced.machine.open(traced.ledgers[0], meter).invoke(call)
    assert [len(visits) for visits in traced.machine.take_visits()] == [2, 1]


def test_a_line_of_the_library_is_told_with_its_module() -> None:
    text = (
        IMPORTS
        + "from dure.contract.library.pausable import Pausable\n\n\n"
        + "class Example(Pausable):\n    @call\n    def act(self) -> None:\n"
        + "        self.require_running()\n"
    )
    source = bundle(text, "Example")
    machine, ledger = TracingMachine(), FakeLedger()
    ledger.programs[ME] = machine.load(source)
    machine.is_watching = True
    machine.open(ledger, Meter(GAS_LIMIT)).invoke(
        Invocation(ME, "act", encode(()), person(1), None)
    )
    ((visit,),) = machine.take_visits()
    lines = {module.name: module.text.split("\n") for module in source.library}
    program = Program(machine.get_interface(ledger.programs[ME]), {**lines, "": text.split("\n")})
    told = [program.get_text(line.place) for line in only_call(visit).lines]
    assert told == [
        "def act(self) -> None:",
        "self.require_running()",
        "def require_running(self) -> None:",
        'require(not self.paused, "the contract is paused")',
    ]
    assert [line.place.module for line in only_call(visit).lines] == [
        "",
        "",
        "pausable",
        "pausable",
    ]
