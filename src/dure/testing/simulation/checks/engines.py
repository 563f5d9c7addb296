"""A PBFT engine under observation: the real one, every step of which is seen and checked."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from dure.consensus.interface import Event
from dure.consensus.pbft.engine import PbftEngine
from dure.consensus.pbft.messages import Message
from dure.consensus.pbft.rules import Fired
from dure.consensus.pbft.table import TABLE
from dure.consensus.pbft.turn import PbftEffect
from dure.core.types import Instant
from dure.testing.simulation.checks.violations import SafetyViolation

MOVES: Final = frozenset(TABLE)


class Decode(Protocol):
    """As `Engine.decode_message`."""

    def __call__(self, data: bytes, *, is_bare: bool = False) -> Message: ...


Watch = Callable[[Event[Any], tuple[PbftEffect, ...]], None]


class WatchedEngine(PbftEngine):
    """Tells `watch` of each step, and moves only as the transition table allows."""

    watch: Watch | None = None
    decode: Decode | None = None
    """Decodes in place of the engine, with the same result."""

    def step(self, event: Event[Message], now: Instant) -> tuple[PbftEffect, ...]:
        effects = super().step(event, now)
        check_moves(self.fired)
        if self.watch is not None:
            self.watch(event, effects)
        return effects

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> Message:
        decode = super().decode_message if self.decode is None else self.decode
        return decode(data, is_bare=is_bare)


def check_moves(fired: tuple[Fired, ...]) -> None:
    """Raise `SafetyViolation` for a move that is not in the table."""
    for move in fired:
        if move.before is not move.after and move not in MOVES:
            raise SafetyViolation(f"a move that the table does not know: {move}")
