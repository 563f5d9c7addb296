"""The newest bodies by their transaction root, for messages that name one again and for answers."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from dure.core.block import compute_envelope_ids
from dure.core.types import EnvelopeId, Hash
from dure.node.messages import HASH_LENGTH

BYTES_MAX: Final = 32 * 1024 * 1024
"""Of the envelopes kept in one place; the newest body stays however long it is."""


@dataclass(frozen=True, slots=True)
class Body:
    """Envelopes in the order of their block."""

    envelope_ids: bytes
    """One behind the other, as they are sent."""
    envelopes: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes of the envelopes."""
        return sum(map(len, self.envelopes))


class KeptBodies:
    """A bounded number of bodies; those that were used longest ago give way."""

    def __init__(self, count_max: int, bytes_max: int = BYTES_MAX) -> None:
        self._bodies: OrderedDict[Hash, Body] = OrderedDict()
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._bodies)

    def find(self, transaction_root: Hash) -> Body | None:
        """Return a body that is here, and keep it longer."""
        body = self._bodies.get(transaction_root)
        if body is not None:
            self._bodies.move_to_end(transaction_root)
        return body

    def add(self, transaction_root: Hash, body: Body) -> None:
        """Keep a body that is not here yet."""
        assert transaction_root not in self._bodies, "a body is kept once"
        self._bodies[transaction_root] = body
        self._bytes += body.size
        while len(self._bodies) > self._count_max or (
            self._bytes > self._bytes_max and len(self._bodies) > 1
        ):
            _, dropped = self._bodies.popitem(last=False)
            self._bytes -= dropped.size


def join_ids(envelopes: tuple[bytes, ...]) -> bytes:
    """Return the ids of envelopes, one behind the other."""
    return b"".join(compute_envelope_ids(envelopes))


def split_ids(envelope_ids: bytes) -> list[EnvelopeId]:
    """Return the single ids."""
    places = range(0, len(envelope_ids), HASH_LENGTH)
    return [EnvelopeId(Hash(envelope_ids[place : place + HASH_LENGTH])) for place in places]
