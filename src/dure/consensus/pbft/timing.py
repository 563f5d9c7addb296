"""How long a member waits, whose turn it is, and which block times it believes.

Rules
-----
1. Round r ≥ 1 is given T + (r-1)·Δ, never more than a cap. The wait grows in a line, so that a
   chain that lost its quorum for an hour is back within two caps, and not after hours.
2. Round 0 is given what heights took lately (`Pace`): their smoothed time and four times its
   deviation, the rule by which TCP waits for an answer (RFC 6298), between a floor and the cap. So
   a dead proposer costs a fraction of a second where blocks take milliseconds. A height that needed
   a later round makes the measure void: the next one is given T, and if that was too little, twice
   as much. A wait that became too short costs one round, once.
3. The timer of round 0 runs as soon as there is work. The timer of a later round runs **once a
   quorum is known to have reached that round** (Castro and Liskov, section 4.5.2). A member that
   is cut off therefore stays where it is, so rounds do not run away from each other: without this
   rule, capped waits let two groups climb in step for ever.
4. While undecided, a member repeats its own messages of the round every `rebroadcast`. In round 0
   it has none before a proposal is accepted, so an idle chain stays silent.
5. The proposer of (height, round) is member (height + round) mod n of the sorted set.
6. A new block is later than its parent and at most `clock_ahead_max` ahead of the reader's clock.
   A block that was prepared before keeps its time and is exempt.
"""

from dataclasses import dataclass, field

from dure.core.block import Header
from dure.core.types import Height, Instant, Milliseconds, PublicKey, Round
from dure.core.validators import ValidatorSet

ROUND_TIMER = "round"
REBROADCAST_TIMER = "rebroadcast"
MISSES_MAX = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may tune; safety depends on none of it. Times in milliseconds."""

    timeout: Milliseconds = field(default=Milliseconds(1_000))
    """T: of a round of which nothing is known."""
    timeout_min: Milliseconds = field(default=Milliseconds(250))
    """Of round 0, however fast blocks were lately: the next may take longer to execute."""
    timeout_step: Milliseconds = field(default=Milliseconds(500))
    timeout_max: Milliseconds = field(default=Milliseconds(8_000))
    rebroadcast: Milliseconds = field(default=Milliseconds(1_000))
    clock_ahead_max: Milliseconds = field(default=Milliseconds(5_000))
    block_bytes_max: int = 8 * 1024 * 1024
    """Bytes of the largest block that is decoded."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long heights took lately, in milliseconds, from the timer's start to the decision."""

    mean: float | None = None
    """None while nothing is known."""
    deviation: float = 0.0
    misses: int = 0
    """Heights in a row that needed a later round although nothing was known."""

    def note(self, elapsed: Milliseconds) -> "Pace":
        """Return the pace after one more height that was decided in round 0."""
        if self.mean is None:
            return Pace(elapsed, elapsed / 2)
        deviation = self.deviation + (abs(self.mean - elapsed) - self.deviation) / 4
        return Pace(self.mean + (elapsed - self.mean) / 8, deviation)

    def miss(self) -> "Pace":
        """Return the pace after a height that was decided in a later round."""
        return Pace(misses=min(self.misses + 1, MISSES_MAX) if self.mean is None else 0)

    def compute_wait(self, settings: Settings) -> Milliseconds:
        """Return how long round 0 may take."""
        if self.mean is None:
            return Milliseconds(min(settings.timeout << self.misses, settings.timeout_max))
        wait = max(round(self.mean + 4 * self.deviation), settings.timeout_min)
        return Milliseconds(min(wait, settings.timeout_max))


def compute_timeout(settings: Settings, pace: Pace, round_: Round) -> Milliseconds:
    """Return how long round `round_` may take."""
    if round_ == 0:
        return pace.compute_wait(settings)
    wait = settings.timeout + (round_ - 1) * settings.timeout_step
    return Milliseconds(min(wait, settings.timeout_max))


def compute_proposer(validators: ValidatorSet, height: Height, round_: Round) -> PublicKey:
    """Return whose turn it is."""
    return validators.keys[(height + round_) % len(validators)]


def compute_block_time(parent: Header, now: Instant) -> Instant:
    """Return the time of a block that is built now."""
    return Instant(max(now, parent.time + 1))


def is_timely(header: Header, parent: Header, now: Instant, settings: Settings) -> bool:
    """Say whether a new block's time may be voted for."""
    return parent.time < header.time <= now + settings.clock_ahead_max
