"""A step that is being made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dure.chain.transaction import Call
from dure.core.types import Instant
from dure.proof.json_form import Json
from dure.testing.recording.record import (
    Movement,
    RecordedCall,
    RecordedEvent,
    RecordedStep,
    Refusal,
    StepKind,
)


@dataclass(slots=True)
class Draft:
    """What is known of a step so far; the fields are those of `RecordedStep`."""

    kind: StepKind
    who: str | None
    line: int
    time: Instant
    clock: Instant = field(init=False)
    """Ledger time of what was heard last."""
    calls: Sequence[Call] = ()
    brings: str = ""
    """Class of the contract that is about to come."""
    until: Instant | None = None
    told: tuple[RecordedCall, ...] = ()
    refusal: Refusal | None = None
    events: list[RecordedEvent] = field(default_factory=list)
    moved: list[Movement] = field(default_factory=list)
    holds: dict[str, dict[str, str]] = field(default_factory=dict)
    height: int = 0
    id: str | None = None
    gas: int = 0
    proof: dict[str, Json] | None = None
    earlier: list["Draft"] = field(default_factory=list)
    """What the chain did by itself in the same block, before it."""
    later: list["Draft"] = field(default_factory=list)
    """What the chain did by itself because of it, or on the way."""

    def __post_init__(self) -> None:
        self.clock = self.time

    def complete(self, number: int) -> RecordedStep:
        """Return the finished step."""
        return RecordedStep(
            number=number,
            kind=self.kind,
            who=self.who,
            calls=self.told,
            refusal=self.refusal,
            events=tuple(self.events),
            moved=tuple(self.moved),
            holds=self.holds,
            time=self.time,
            until=self.until,
            height=self.height,
            id=self.id,
            gas=self.gas,
            line=self.line,
            proof=self.proof,
        )
