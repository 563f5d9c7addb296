"""What peers claim to have, and what the engine has seen proved.

A claimed height is only a reason to ask. With as many witnesses as include a correct peer for
certain, no liar can make a node call itself behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dure.core.types import Height, PublicKey


@dataclass(frozen=True, slots=True)
class _Claim:
    height: Height
    oldest: Height


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

    def is_behind(self, height: Height, witnesses: int) -> bool:
        """Say whether so many peers claim to be more than one block ahead of `height`.

        One block may always be on its way.
        """
        return self.find_height_ahead(height, witnesses) is not None

    def find_height_ahead(self, height: Height, witnesses: int) -> Height | None:
        """Return the highest height that so many peers claim to have reached, if it is ahead.

        One block may always be on its way.
        """
        claimed = self.find_claimed(witnesses)
        return claimed if claimed is not None and claimed > height + 1 else None

    def find_claimed(self, witnesses: int) -> Height | None:
        """Return the highest height that so many peers claim to have reached."""
        heights = sorted((claim.height for claim in self._claims.values()), reverse=True)
        return heights[witnesses - 1] if len(heights) >= witnesses else None

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
