"""What peers claim to have, and what the engine has seen proved.

A claimed height is only a reason to ask. What f+1 validators claim to have reached, a correct one
has reached: so liars make no node call itself behind that hears of so many validators. Other peers
count only where it does not, like a follower's that knows followers alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dure.core.types import Height, PublicKey
from dure.core.validators import ValidatorSet, compute_weak_quorum


@dataclass(frozen=True, slots=True)
class _Claim:
    height: Height
    oldest: Height


def find_vouched(claims: Mapping[PublicKey, Height], validators: ValidatorSet) -> Height | None:
    """Return the highest height that f+1 claim to have reached; None where so few are heard of."""
    needed = compute_weak_quorum(len(validators))
    heights = [height for peer, height in claims.items() if peer in validators]
    if len(heights) < needed:
        heights = [*claims.values()]
    return sorted(heights, reverse=True)[needed - 1] if len(heights) >= needed else None


class Claims:
    """Who has which blocks."""

    def __init__(self) -> None:
        self._claims: dict[PublicKey, _Claim] = {}
        self._proven: dict[PublicKey, Height] = {}

    def get_height(self, peer: PublicKey) -> Height | None:
        """Return the height that `peer` last claimed."""
        claim = self._claims.get(peer)
        return None if claim is None else claim.height

    def has_claimed(self, peer: PublicKey, height: Height) -> bool:
        """Say whether `peer` itself claims to have that block."""
        claim = self._claims.get(peer)
        return claim is not None and claim.oldest <= height <= claim.height

    def find_holders(self, height: Height) -> list[PublicKey]:
        """Return who claims the block of that height, or must have it, in a fixed order."""
        return sorted(
            {peer for peer in self._claims if self.has_claimed(peer, height)}
            | {peer for peer, proven in self._proven.items() if height <= proven}
        )

    def find_top(self) -> Height:
        """Return the greatest height that anybody claims or the engine saw proved."""
        claimed = [claim.height for claim in self._claims.values()]
        return max([Height(0), *claimed, *self._proven.values()])

    def is_behind(self, height: Height, validators: ValidatorSet) -> bool:
        """Say whether the others are more than one block ahead of `height`."""
        return self.find_height_ahead(height, validators) is not None

    def find_height_ahead(self, height: Height, validators: ValidatorSet) -> Height | None:
        """Return the height of the others, if it is ahead.

        One block may always be on its way.
        """
        claimed = self.find_claimed(validators)
        return claimed if claimed is not None and claimed > height + 1 else None

    def find_claimed(self, validators: ValidatorSet) -> Height | None:
        """Return the highest height that so many claim to have reached that it is true."""
        return find_vouched({peer: c.height for peer, c in self._claims.items()}, validators)

    def on_proven(self, height: Height, holders: Iterable[PublicKey]) -> None:
        """Note that each of `holders` may have the blocks up to `height`: they are final."""
        self._proven.update(dict.fromkeys(holders, height))

    def on_status(self, peer: PublicKey, height: Height, oldest: Height) -> None:
        """Note what a peer claims."""
        self._claims[peer] = _Claim(height, oldest)

    def drop(self, peer: PublicKey) -> None:
        """Let what a peer claimed count for nothing until it claims again."""
        self._claims.pop(peer, None)
        self._proven.pop(peer, None)
