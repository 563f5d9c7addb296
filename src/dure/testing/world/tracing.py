"""Where the gas of a story goes: `with world.tracing() as trace:` and then `print(trace)`.

What happened inside is executed again from the chain's beginning, under watch; so tracing changes
nothing of the story.
"""

from dataclasses import dataclass, field

from dure.chain.genesis.document import GenesisDocument
from dure.chain.inspection.retracing import Retraced, Retracing
from dure.contract.tracing import CallTrace, Step
from dure.contract.tracing.render import Program
from dure.core.block import Block


@dataclass(slots=True)
class Trace:
    """What contracts did while a story was traced; filled in at the end."""

    found: list[Retraced] = field(default_factory=list)
    calls: list[tuple[CallTrace, Program]] = field(default_factory=list)
    """Every call of a contract in order, each with what is known of its code."""

    def __str__(self) -> str:
        """Return every call with its lines: hits, gas and source."""
        return "\n\n".join(_describe(*each) for each in self.calls)

    def follow(self, genesis: GenesisDocument, blocks: list[Block], first: int) -> None:
        """Execute the blocks again and trace those from the index `first` on."""
        retracing, traced = Retracing(genesis), []
        for number, block in enumerate(blocks):
            if number >= first:
                count = len(retracing.execute(block))
                traced += [retracing.trace(block, index) for index in range(count)]
            retracing.follow(block)
        self.found = traced
        steps = [step for each in traced for visit in each.visits for step in visit.steps]
        self.calls = [(call, retracing.find_program(call.code_hash)) for call in _list_calls(steps)]


def _list_calls(steps: list[Step]) -> list[CallTrace]:
    found = []
    for step in steps:
        if isinstance(step, CallTrace):
            found += [step, *_list_calls(list(step.steps))]
    return found


def _describe(call: CallTrace, program: Program) -> str:
    end = "" if call.refusal is None else f", {call.refusal.code}: {call.refusal.message}"
    head = f"{program.interface.name}.{call.method}: {call.gas_used} gas{end}"
    lines = [
        f"{line.hits:>6} {line.gas:>8}  {line.place.module or 'line'}:{line.place.line:<5} "
        f"{program.get_text(line.place)}"
        for line in call.lines
    ]
    return "\n".join([head, "  hits      gas  where", *lines])
