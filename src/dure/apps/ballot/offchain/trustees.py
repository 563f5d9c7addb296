"""What trustees do: make a key together, and open with their parts what was added up.

After Feldman 1987 and Pedersen 1991. A trustee at place j, counted from 1, holds the sum of all
polynomials at j; the key's secret is the sum of their values at 0, which nobody ever computes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha512
from typing import Final

from dure.apps.ballot.offchain.proofs import (
    Ciphertext,
    check_equality,
    check_knowledge,
    find_number,
    prove_equality,
    prove_knowledge,
)
from dure.apps.ballot.offchain.ristretto import (
    BASE,
    ORDER,
    ZERO,
    Draws,
    Point,
    read_point,
    read_scalar,
    write_scalar,
)

PART_BYTES: Final = 96


def build_context(contract: bytes, number: int) -> bytes:
    """Return what the proofs of an election's trustees are bound to."""
    return b"trustee" + contract + number.to_bytes(8, "little")


@dataclass(frozen=True, slots=True)
class Deal:
    """What a trustee dealt: commitments, proof, and a sealed share for each place."""

    commitments: tuple[bytes, ...]
    proof: bytes
    sealed_shares: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Trustee:
    """A trustee's own secrets; `place` counts from 1."""

    context: bytes
    place: int
    threshold: int
    seed: bytes

    def _draw(self, what: bytes) -> Draws:
        return Draws(self.seed, self.context, self.place.to_bytes(4, "little"), what)

    @property
    def sealing_secret(self) -> int:
        """The number behind the key to which others seal shares."""
        return self._draw(b"sealing").draw()

    def join(self) -> tuple[bytes, bytes]:
        """Return the sealing key and the proof that its secret is known."""
        proof = prove_knowledge(self.sealing_secret, self._bind(b"join"), self._draw(b"join"))
        return bytes(BASE * self.sealing_secret), proof

    def _bind(self, what: bytes) -> bytes:
        return bind(self.context, self.place, what)

    def list_coefficients(self) -> list[int]:
        """Return the own polynomial, the value at 0 first."""
        draws = self._draw(b"polynomial")
        return [draws.draw() for _ in range(self.threshold)]

    def deal(self, sealing_keys: Sequence[bytes]) -> Deal:
        """Deal shares to the trustees, by their sealing keys in the order of their places."""
        coefficients = self.list_coefficients()
        proof = prove_knowledge(coefficients[0], self._bind(b"deal"), self._draw(b"deal"))
        sealed = []
        for place, key in enumerate(sealing_keys, start=1):
            shared = (read_point(key) or ZERO) * self.sealing_secret
            value = sum(each * place**degree for degree, each in enumerate(coefficients))
            sealed.append(mask(self.context, self.place, place, shared, write_scalar(value)))
        commitments = tuple(bytes(BASE * each) for each in coefficients)
        return Deal(commitments, proof, tuple(sealed))

    def open_share(self, dealer: int, dealer_key: bytes, deal: Deal) -> int | None:
        """Return the share that a dealer sealed for this trustee; None where it is wrong."""
        shared = (read_point(dealer_key) or ZERO) * self.sealing_secret
        opened = mask(self.context, dealer, self.place, shared, deal.sealed_shares[self.place - 1])
        return read_share(self.place, opened, deal.commitments)

    def accuse(self, dealer_key: bytes) -> tuple[bytes, bytes]:
        """Return the value shared with a dealer and its proof: both open the share for all."""
        base = read_point(dealer_key) or ZERO
        proof = prove_equality(
            base, self.sealing_secret, self._bind(b"accuse"), self._draw(b"accuse" + dealer_key)
        )
        return bytes(base * self.sealing_secret), proof

    def open_sums(self, share: int, sums: Sequence[Ciphertext]) -> bytes:
        """Return the own part of opening each sum, with proofs."""
        draws = self._draw(b"part")
        parts = []
        for number, each in enumerate(sums):
            context = self._bind(b"part" + number.to_bytes(4, "little"))
            proof = prove_equality(each.first, share, context, draws)
            parts.append(bytes(each.first * share) + proof)
        return b"".join(parts)


def bind(context: bytes, place: int, what: bytes) -> bytes:
    """Return what a proof of the trustee at a place is bound to."""
    return context + place.to_bytes(4, "little") + what


def mask(context: bytes, dealer: int, receiver: int, shared: Point, data: bytes) -> bytes:
    """Seal 32 bytes with what dealer and receiver alone know, or open them."""
    places = dealer.to_bytes(4, "little") + receiver.to_bytes(4, "little")
    stream = sha512(b"Dure ballot share" + context + places + bytes(shared)).digest()
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def read_share(place: int, opened: bytes, commitments: Sequence[bytes]) -> int | None:
    """Return the share for a place where it is what the commitments say."""
    share = read_scalar(opened)
    expected = evaluate(commitments, place)
    if share is None or expected is None or BASE * share != expected:
        return None
    return share


def evaluate(commitments: Sequence[bytes], place: int) -> Point | None:
    """Return the committed polynomial at a place, as a point; None where they are no points."""
    total, factor = ZERO, 1
    for each in commitments:
        point = read_point(each)
        if point is None:
            return None
        total = total + point * factor
        factor = factor * place % ORDER
    return total


def check_join(context: bytes, place: int, key: bytes, proof: bytes) -> bool:
    """Say whether a trustee knows the secret of its sealing key."""
    point = read_point(key)
    return point is not None and check_knowledge(point, bind(context, place, b"join"), proof)


def check_deal(context: bytes, place: int, deal: Deal) -> bool:
    """Say whether what was dealt are commitments, and the dealer knows the value at 0.

    That a sealed share is right, its receiver alone can say.
    """
    point = read_point(deal.commitments[0])
    if point is None or evaluate(deal.commitments, place) is None:
        return False
    return check_knowledge(point, bind(context, place, b"deal"), deal.proof)


@dataclass(frozen=True, slots=True)
class Accusation:
    """A share opened for all: by the trustee at `place`, of the dealer at `dealer`."""

    place: int
    dealer: int
    shared: bytes
    proof: bytes


def is_true(accusation: Accusation, context: bytes, keys: Sequence[bytes], deal: Deal) -> bool:
    """Say whether an accusation is true: the dealt share is not what the commitments say.

    Of a dealer who does not prove to know the own part of the key, every accusation is true.
    """
    if not check_deal(context, accusation.dealer, deal):
        return True
    own, base = read_point(keys[accusation.place - 1]), read_point(keys[accusation.dealer - 1])
    shared = read_point(accusation.shared)
    if own is None or base is None or shared is None:
        return False
    bound = bind(context, accusation.place, b"accuse")
    if not check_equality(base, own, shared, bound, accusation.proof):
        return False
    sealed = deal.sealed_shares[accusation.place - 1]
    opened = mask(context, accusation.dealer, accusation.place, shared, sealed)
    return read_share(accusation.place, opened, deal.commitments) is None


def compute_key(deals: Sequence[Deal]) -> bytes:
    """Return the key that trustees made; of commitments that are no points, zero."""
    total = ZERO
    for deal in deals:
        total = total + (read_point(deal.commitments[0]) or ZERO)
    return bytes(total)


def compute_public_share(deals: Sequence[Deal], place: int) -> Point:
    """Return the point behind which the share of the trustee at a place is."""
    total = ZERO
    for deal in deals:
        total = total + (evaluate(deal.commitments, place) or ZERO)
    return total


def read_parts(
    context: bytes, place: int, public: Point, sums: Sequence[Ciphertext], parts: bytes
) -> list[Point] | None:
    """Return a trustee's parts of opening the sums; None where one of the proofs does not hold."""
    found = []
    if len(parts) != PART_BYTES * len(sums):
        return None
    for number, each in enumerate(sums):
        own = parts[number * PART_BYTES : (number + 1) * PART_BYTES]
        point = read_point(own[:32])
        bound = bind(context, place, b"part" + number.to_bytes(4, "little"))
        if point is None or not check_equality(each.first, public, point, bound, own[32:]):
            return None
        found.append(point)
    return found


def join_parts(
    parts: Mapping[int, Sequence[Point]], sums: Sequence[Ciphertext], most: int
) -> list[int] | None:
    """Return the numbers behind the sums, by parts of as many places as the threshold says."""
    weights = {}
    for place in parts:
        above, below = 1, 1
        for other in parts:
            if other != place:
                above = above * other % ORDER
                below = below * (other - place) % ORDER
        weights[place] = above * pow(below, -1, ORDER) % ORDER
    counts = []
    for number, each in enumerate(sums):
        hidden = ZERO
        for place, points in parts.items():
            hidden = hidden + points[number] * weights[place]
        found = find_number(each.second - hidden, most)
        if found is None:
            return None
        counts.append(found)
    return counts
