"""How long a member waits, whose turn it is, and which block times it believes.

Rules
-----
1. Round r is given T0 + r·Δ, never more than a cap. The wait grows in a line, so that a chain that
   lost its quorum for an hour is back within two caps, and not after hours.
2. The timer of round 0 runs as soon as there is work. The timer of a later round runs **once a
   quorum is known to have reached that round** (Castro and Liskov, section 4.5.2). A member that
   is cut off therefore stays where it is, so rounds do not run away from each other: without this
   rule, capped waits let two groups climb in step for ever.
3. While undecided, a member repeats its own messages of the round every `rebroadcast`; in round 0
   only while it has reason to hurry.
4. The proposer of (height, round) is member (height + round) mod n of the sorted set.
5. A new block is later than its parent and at most `clock_ahead_max` ahead of the reader's clock.
   A block that was prepared before keeps its time and is exempt.
"""

from dataclasses import dataclass, field

from dure.core.block import Header
from dure.core.types import Height, Instant, Milliseconds, PublicKey, Round
from dure.core.validators import ValidatorSet

ROUND_TIMER = "round"
REBROADCAST_TIMER = "rebroadcast"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may tune; safety depends on none of it. Times in milliseconds."""

    timeout: Milliseconds = field(default=Milliseconds(1_000))
    timeout_step: Milliseconds = field(default=Milliseconds(500))
    timeout_max: Milliseconds = field(default=Milliseconds(8_000))
    rebroadcast: Milliseconds = field(default=Milliseconds(1_000))
    clock_ahead_max: Milliseconds = field(default=Milliseconds(5_000))
    block_bytes_max: int = 8 * 1024 * 1024
    """Bytes of the largest block that is decoded."""


def compute_timeout(settings: Settings, round_: Round) -> Milliseconds:
    """Return how long round `round_` may take."""
    return Milliseconds(
        min(settings.timeout + round_ * settings.timeout_step, settings.timeout_max)
    )


def compute_proposer(validators: ValidatorSet, height: Height, round_: Round) -> PublicKey:
    """Return whose turn it is."""
    return validators.keys[(height + round_) % len(validators)]


def compute_block_time(parent: Header, now: Instant) -> Instant:
    """Return the time of a block that is built now."""
    return Instant(max(now, parent.time + 1))


def is_timely(header: Header, parent: Header, now: Instant, settings: Settings) -> bool:
    """Say whether a new block's time may be voted for."""
    return parent.time < header.time <= now + settings.clock_ahead_max
