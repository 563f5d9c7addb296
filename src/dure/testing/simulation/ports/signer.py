"""A signer with the rules of the real guard, in memory that outlives the node.

Where the real one refuses in silence, this one also reports: an engine that asks for two different
signatures at one place, or goes back to where it never was, has forgotten what it said.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from dure.core.types import PublicKey, Signature
from dure.identity.keys import SigningKey
from dure.node.durable.signer import Place, SignedPosition
from dure.testing.simulation.ports.power import Power

HEIGHTS_KEPT: Final = 2
LAST: Final = 2**63 - 1
"""A round and step behind all others."""


class SimulatedSigner:
    """`dure.node.ports.Signer` of one validator."""

    def __init__(
        self, signing_key: SigningKey, power: Power, on_amnesia: Callable[[str], None]
    ) -> None:
        self.signing_key = signing_key
        self.last: Place = (0, 0, 0)
        self._power = power
        self._on_amnesia = on_amnesia
        self._signed: dict[Place, bytes] = {}

    @property
    def key(self) -> PublicKey:
        return self.signing_key.public

    @property
    def height(self) -> int:
        """The greatest height that it has signed at, or renounced."""
        return self.last[0]

    @property
    def position(self) -> SignedPosition:
        """What was signed last, as the real guard keeps it."""
        message = self._signed.get(self.last)
        blank = self.last == (0, 0, 0) and message is None
        return SignedPosition(*self.last, bytes(32) if blank else sha256(message or b"").digest())

    def renounce(self, height: int) -> None:
        """Never again sign anything at or below `height`."""
        self._power.check()
        if self.height <= height:
            self.last = (height, LAST, LAST)

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        self._power.check()
        place = (height, round_, step)
        earlier = self._signed.get(place)
        if earlier is not None and earlier != message:
            self._on_amnesia(f"would sign two different things at {describe_place(place)}")
            return None
        if place < self.last:
            if earlier is None:
                self._on_amnesia(
                    f"would go back from {describe_place(self.last)} to {describe_place(place)}"
                )
            return None
        self._remember(place, message)
        # The position is durable now; the signature may still be lost.
        self._power.check()
        return self.signing_key.sign(message)

    def _remember(self, place: Place, message: bytes) -> None:
        if place[0] > self.last[0]:
            lowest = place[0] - HEIGHTS_KEPT
            self._signed = {at: kept for at, kept in self._signed.items() if at[0] > lowest}
        self.last = place
        self._signed[place] = message


class CarelessSigner:
    """Signs whatever it is asked: a liar's."""

    def __init__(self, signing_key: SigningKey) -> None:
        self.signing_key = signing_key

    @property
    def key(self) -> PublicKey:
        return self.signing_key.public

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        return self.signing_key.sign(message)


def describe_place(place: Place) -> str:
    """Return a place in words."""
    height, round_, step = place
    return f"height {height}, round {round_}, step {step}"
