"""Why a chain advances or does not, in sentences for an operator.

The engine says what it waits for; this adds what only the node knows: who is connected, whether
there is work at all, whether others are ahead, and whether those who are here and vote are enough.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dure.core.types import Height, Milliseconds, PublicKey
from dure.core.validators import ValidatorSet, compute_quorum
from dure.node.catching_up.claims import find_vouched

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
    mute: Collection[PublicKey]
    """Connected peers that say of themselves that they sign nothing."""
    fetching: str | None
    """What is being fetched, where it is more than the next blocks."""

    @property
    def height_ahead(self) -> Height | None:
        """Height of the others, where so many claim more that one of them must be right.

        One block may always be on its way.
        """
        claims = {key: height for key, height in self.peers.items() if height is not None}
        claim = find_vouched(claims, self.validators)
        return claim if claim is not None and claim > self.height + 1 else None

    @property
    def absent(self) -> tuple[str, ...]:
        """Organisations whose validators are not connected."""
        here = {self.own_key, *self.peers}
        return tuple(each.organisation for each in self.validators.members if each.key not in here)

    @property
    def mute_peers(self) -> tuple[str, ...]:
        """Organisations whose validators are connected and sign nothing."""
        members = self.validators.members
        return tuple(
            each.organisation
            for each in members
            if each.key in self.mute and each.key in self.peers and each.key != self.own_key
        )

    @property
    def is_own_vote_missing(self) -> bool:
        """Whether this node is a validator that signs nothing."""
        return self.silence is not None and self.own_key in self.validators

    @property
    def voters(self) -> int:
        """How many validators are here and vote."""
        silent = len(self.mute_peers) + self.is_own_vote_missing
        return len(self.validators) - len(self.absent) - silent

    @property
    def votes_missing(self) -> int:
        """How many more are needed before anything can be decided."""
        return max(0, compute_quorum(len(self.validators)) - self.voters)


def explain(standing: Standing) -> tuple[str, ...]:
    """Return one sentence on what goes on, then one on each thing that is wrong."""
    lines = [_describe_advance(standing)]
    if standing.silence is not None:
        lines.append(f"This node is {standing.silence}.")
    missing = _describe_missing(standing)
    if missing is not None:
        lines.append(missing)
    return tuple(lines)


def _describe_advance(standing: Standing) -> str:
    age = describe_duration(standing.head_age)
    ahead = standing.height_ahead
    if ahead is not None:
        fetching = standing.fetching or "blocks are being fetched"
        return (
            f"Behind: the newest block here is {standing.height}, the others are at {ahead}; "
            f"{fetching}."
        )
    if not standing.has_work:
        return (
            f"At rest: nothing waits and nothing is due, so no block is made. The newest is "
            f"{standing.height}, {age} old."
        )
    state = "Standing still" if standing.votes_missing else "Working"
    return f"{state}, {age} after the newest block: {standing.activity}."


def _describe_missing(standing: Standing) -> str | None:
    parts = []
    if standing.absent:
        parts.append(f"{_list_with_verb(standing.absent)} not connected to this node")
    if standing.mute_peers:
        parts.append(f"{_list_with_verb(standing.mute_peers)} mute")
    if not parts and not standing.is_own_vote_missing:
        return None
    count, needed = len(standing.validators), compute_quorum(len(standing.validators))
    are_silent = standing.mute_peers or standing.is_own_vote_missing
    do = "vote" if are_silent else "are here"
    text = f"{standing.voters} of {count} validators {do}, and {needed} decide."
    if parts:
        text = f"{' and '.join(parts)}: {text}"
    return f"{text} {_describe_end(standing)}".rstrip()


def _describe_end(standing: Standing) -> str:
    """Say what ends a standstill, where there is one."""
    missing = standing.votes_missing
    if not missing:
        return ""
    if missing > len(standing.absent):
        return (
            "The chain cannot advance before mute validators vote again: each says what it needs."
        )
    more = "one more of them votes" if missing == 1 else f"{missing} more of them vote"
    text = f"The chain cannot advance until {more}; it then does so by itself."
    if standing.peers:
        return text
    return (
        f"{text} If it is this node that is cut off, the others go on without it: ask one of them."
    )


def _list_with_verb(organisations: tuple[str, ...]) -> str:
    return f"{', '.join(organisations)} {'is' if len(organisations) == 1 else 'are'}"


def describe_duration(milliseconds: int) -> str:
    """Return e.g. `40 s`, `12 min`, `3 h`, `2 days`; a future time is `0 s`."""
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if milliseconds >= 2 * unit:
            return f"{milliseconds // unit} {name}"
    return f"{max(0, milliseconds) // SECOND} s"
