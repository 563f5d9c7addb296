"""How long a member waits, whose turn it is, and which block times it believes.

Rules
-----
1. Round r ≥ 1 is given T + (r-1)·Δ, never more than a cap. The wait grows in a line, so that a
   chain that lost its quorum for an hour is back within two caps, and not after hours.
2. Round 0 is given twice what heights took lately (`Pace`), between a floor and the cap. So a dead
   proposer costs a fraction of a second where blocks take milliseconds. Of the last n heights each
   member proposed one, and the f slowest of them are left out: no f members that are slow on
   purpose make the others wait longer than twice the slowest of the rest. Where more than f of them
   needed a later round, the wait was too short: it is T, and if that was too little, twice as much.
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

from dataclasses import dataclass, field, replace
from math import inf

from dure.core.block import Header
from dure.core.types import Height, Instant, Milliseconds, PublicKey, Round
from dure.core.validators import ValidatorSet, compute_faults_tolerated

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
    """How long the last heights took, from the start of the timer to the decision."""

    recent: tuple[float, ...] = ()
    """Milliseconds, newest last, of as many heights as there are members; `inf` for a height that
    needed a later round.
    """
    misses: int = 0
    """Heights that needed a later round although the wait was not measured."""

    def note(self, elapsed: float, members: int) -> "Pace":
        """Return the pace after one more height; `elapsed` is `inf` where round 0 did not do."""
        was_guessed = self._measure(members) is None
        missed = self.misses + (was_guessed and elapsed == inf)
        pace = Pace((*self.recent, elapsed)[-members:], min(missed, MISSES_MAX))
        return pace if pace._measure(members) is None else replace(pace, misses=0)

    def compute_wait(self, settings: Settings, members: int) -> Milliseconds:
        """Return how long round 0 may take."""
        slowest = self._measure(members)
        if slowest is None:
            return Milliseconds(min(settings.timeout << self.misses, settings.timeout_max))
        wait = max(round(2 * slowest), settings.timeout_min)
        return Milliseconds(min(wait, settings.timeout_max))

    def _measure(self, members: int) -> float | None:
        """Return what the slowest height took that counts; None where that is not known."""
        faulty = compute_faults_tolerated(members)
        counted = sorted(self.recent)[: max(0, len(self.recent) - faulty)]
        return counted[-1] if counted and counted[-1] != inf else None


def compute_timeout(settings: Settings, pace: Pace, round_: Round, *, members: int) -> Milliseconds:
    """Return how long round `round_` may take."""
    if round_ == 0:
        return pace.compute_wait(settings, members)
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
