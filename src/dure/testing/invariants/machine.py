"""The state machine behind `check_invariants`: one rule a call, one for views, one for time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from hypothesis.strategies import DataObject

from dure.contract.interface import MethodInterface, parse_type
from dure.contract.language import Amount, Contract, Duration, Time
from dure.contract.shapes import READING_KINDS
from dure.testing.invariants.arguments import Arguments
from dure.testing.world import Deployed, Person, Refused, StoryMistake, World
from dure.testing.world.contracts import read_agreement

Start = Callable[[World], Deployed]

WAITS: Final = (1, 60, 3_600, 86_400, 30 * 86_400, 400 * 86_400)
"""Seconds that may pass at once."""
PAYMENTS: Final = (0, 1, 100, 5_000)


def check_invariants(
    contract_class: type[Contract], *, start: Start, examples: int = 20, steps: int = 30
) -> Callable[[], None]:
    """Return a test that tells `examples` stories of up to `steps` calls each.

    `start` opens the story: it makes people, who then are the callers, and deploys the contract.
    """
    machine = _build_machine(contract_class, start)
    bounds = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def test() -> None:
        run_state_machine_as_test(machine, settings=bounds)

    return test


class _GatheringWorld(World):
    """A world that knows who was made in it."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered: list[Person] = []

    def person(self, name: str, **balances: int) -> Person:
        made = super().person(name, **balances)
        self.gathered.append(made)
        return made


class _Story(RuleBasedStateMachine):
    """One story; the rules for its methods are added by `_build_machine`."""

    start: Start

    def __init__(self) -> None:
        super().__init__()
        self.world = _GatheringWorld()
        self.contract = type(self).start(self.world)
        self.people = self.world.gathered
        if not self.people:
            raise StoryMistake("start made no people: nobody could call the contract")
        self.interface = self.contract.agreement.interface
        holders = [each.address for each in (*self.people, self.contract)]
        self.arguments = Arguments(self.interface, holders, [self.world.asset("won")])

    def call(self, method: MethodInterface, data: DataObject) -> None:
        """Call a method, or ask a view; remember what it took and returned."""
        self.arguments.now = self.world.now
        kinds = {each.name: parse_type(each.type, self.interface) for each in method.parameters}
        given = {name: data.draw(self.arguments.choose(kind)) for name, kind in kinds.items()}
        order = {} if method.kind in READING_KINDS else self._draw_order(method, data)
        note(f"{method.name}({_show({**given, **order})})")
        try:
            result = getattr(self.contract, method.name)(**given, **order)
        except Refused as refusal:
            note(f"    refused: {refusal}")
            return
        note(f"    -> {result!r}")
        self.arguments.remember(parse_type(method.result, self.interface), result)
        if method.kind == "call":
            for name, kind in kinds.items():
                if not isinstance(given[name], Mapping | list):
                    self.arguments.remember(kind, given[name])

    def _draw_order(self, method: MethodInterface, data: DataObject) -> dict[str, Any]:
        order: dict[str, Any] = {"by": data.draw(st.sampled_from(self.people))}
        if method.pays:
            known = [each.units for each in self.arguments.list_known("Amount")]
            pay = data.draw(st.sampled_from((None, *PAYMENTS, *known)))
            order |= {} if pay is None else {"pay": pay}
        return order

    @rule(data=st.data())
    def let_time_pass(self, data: DataObject) -> None:
        """Move the clock; what is scheduled happens."""
        now = self.world.now
        moments = [each for each in self.arguments.list_known("Time") if each > now]
        spans = [now + Duration(1_000 * seconds) for seconds in WAITS]
        moment: Time = data.draw(st.sampled_from([*spans, *moments]))
        note(f"time passes: {(moment.milliseconds - now.milliseconds) / 1_000} s")
        try:
            self.world.wait_until(moment)
        except Refused as refusal:
            note(f"    refused: {refusal}")

    @invariant()
    def every_promise_holds(self) -> None:
        """Ask every `@invariant`."""
        for method in self.interface.methods.values():
            if method.kind == "invariant":
                holds = getattr(self.contract, method.name)()
                assert holds is True, f"{self.interface.name}.{method.name} does not hold"

    @invariant()
    def money_is_conserved(self) -> None:
        """Count all money."""
        assert self.world.conserved(), "money was made or lost"


def _build_machine(contract_class: type[Contract], start: Start) -> type[_Story]:
    """Return the machine with a rule for each method that can be called or asked."""
    methods = read_agreement(contract_class).interface.methods.values()
    rules = {f"call_{each.name}": _build_rule([each]) for each in methods if each.kind == "call"}
    views = [each for each in methods if each.kind in READING_KINDS]
    if views:
        # One rule for all of them: calls are what can break a promise.
        rules["ask"] = _build_rule(views)
    return type(
        f"{contract_class.__name__}Story", (_Story,), {"start": staticmethod(start)} | rules
    )


def _build_rule(methods: Sequence[MethodInterface]) -> Any:
    @rule(data=st.data())
    def call(self: _Story, data: DataObject) -> None:
        method = methods[0] if len(methods) == 1 else data.draw(st.sampled_from(methods))
        self.call(method, data)

    return call


def _show(given: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_show_value(value)}" for name, value in given.items())


def _show_value(value: object) -> str:
    match value:
        case bytes() if len(value) > 8:
            return f"{value[:4].hex()}…"
        case Amount():
            return str(value.units)
        case _:
            return repr(value)
