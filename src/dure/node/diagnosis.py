"""Why a chain advances or does not, in sentences for an operator.

The engine says what it waits for; this adds what only the node knows: who is connected, whether
there is work at all, whether others are ahead, and whether those who are here are enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dure.core.types import Height, Milliseconds, PublicKey
from dure.core.validators import ValidatorSet, compute_quorum, compute_weak_quorum

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Standing:
    """What one node knows of the chain's advance."""

    height: Height
    head_age: Milliseconds
    """Since the header time of the newest block, on this node's clock."""
    has_work: bool
    activity: str
    """The engine's own words."""
    validators: ValidatorSet
    """Of the next height."""
    own_key: PublicKey
    peers: Mapping[PublicKey, Height | None]
    """Who is connected, and the height that each claims."""
    silence: str | None
    """Why this validator signs nothing, if it does not."""

    @property
    def height_ahead(self) -> Height | None:
        """Height of the others, where so many claim more that one of them must be right.

        One block may always be on its way.
        """
        witnesses = compute_weak_quorum(len(self.validators))
        claims = sorted((h for h in self.peers.values() if h is not None), reverse=True)
        claim = claims[witnesses - 1] if len(claims) >= witnesses else self.height
        return claim if claim > self.height + 1 else None


def explain(standing: Standing) -> tuple[str, ...]:
    """Return one sentence on what goes on, then one on each thing that is wrong."""
    lines = [_describe_advance(standing)]
    if standing.silence is not None:
        lines.append(standing.silence)
    absent = _describe_absent(standing)
    if absent is not None:
        lines.append(absent)
    return tuple(lines)


def _describe_advance(standing: Standing) -> str:
    age = describe_duration(standing.head_age)
    ahead = standing.height_ahead
    if ahead is not None:
        return (
            f"Behind: the newest block here is {standing.height}, the others are at {ahead}; "
            "blocks are being fetched."
        )
    if not standing.has_work:
        return (
            f"At rest: nothing waits and nothing is due, so no block is made. The newest is "
            f"{standing.height}, {age} old."
        )
    return f"Working, {age} after the newest block: {standing.activity}."


def _describe_absent(standing: Standing) -> str | None:
    others = [each for each in standing.validators.members if each.key != standing.own_key]
    absent = [each.organisation for each in others if each.key not in standing.peers]
    if not absent:
        return None
    count = len(standing.validators)
    here, needed = count - len(absent), compute_quorum(count)
    verb = "is" if len(absent) == 1 else "are"
    text = (
        f"{', '.join(absent)} {verb} not connected to this node: {here} of {count} validators are "
        f"here, and {needed} decide."
    )
    if here >= needed:
        return text
    missing = needed - here
    more = "one of them is" if missing == 1 else f"{missing} of them are"
    return f"{text} The chain cannot advance until {more} back; it then does so by itself."


def describe_duration(milliseconds: int) -> str:
    """Return e.g. `40 s`, `12 min`, `3 h`, `2 days`; a future time is `0 s`."""
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if milliseconds >= 2 * unit:
            return f"{milliseconds // unit} {name}"
    return f"{max(0, milliseconds) // SECOND} s"
