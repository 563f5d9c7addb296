"""Exponential ElGamal, and proofs about what is encrypted, made without questions and answers.

| proof | says | after |
|---|---|---|
| knowledge | I know the number behind this point | Schnorr 1991 |
| equality | two points have the same number to two bases | Chaum and Pedersen 1992 |
| range | what is encrypted is one of these numbers | Cramer, Damgård and Schoenmakers 1994 |

Challenges are digests (Fiat and Shamir) of everything that the proof is about, and of a context
that says for whom and for what it was made: whoever copies a proof has a proof of nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dure.apps.ballot.offchain.ristretto import (
    BASE,
    ORDER,
    SCALAR_BYTES,
    ZERO,
    Draws,
    Point,
    hash_to_scalar,
    read_point,
    read_scalar,
    write_scalar,
)

CIPHERTEXT_BYTES: Final = 64
PROOF_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """A number, encrypted: (r·G, m·G + r·H)."""

    first: Point
    second: Point

    def __add__(self, other: "Ciphertext") -> "Ciphertext":
        """Return what encrypts the sum."""
        return Ciphertext(self.first + other.first, self.second + other.second)

    def __sub__(self, other: "Ciphertext") -> "Ciphertext":
        """Return what encrypts the difference."""
        return Ciphertext(self.first - other.first, self.second - other.second)

    def __bytes__(self) -> bytes:
        """Return 64 bytes."""
        return bytes(self.first) + bytes(self.second)


NOTHING: Final = Ciphertext(ZERO, ZERO)
"""Encrypts 0, for all to see."""


def encrypt(key: Point, number: int, secret: int) -> Ciphertext:
    """Encrypt a number to a key with a secret number that is used once."""
    return Ciphertext(BASE * secret, BASE * number + key * secret)


def read_ciphertext(data: bytes) -> Ciphertext | None:
    """Return what 64 bytes encrypt; None where they are no two points."""
    first, second = read_point(data[:32]), read_point(data[32:])
    if first is None or second is None:
        return None
    return Ciphertext(first, second)


def prove_knowledge(secret: int, context: bytes, draws: Draws) -> bytes:
    """Prove to know the number behind `BASE * secret`."""
    blind = draws.draw()
    challenge = hash_to_scalar(b"knowledge", context, bytes(BASE * secret), bytes(BASE * blind))
    return write_scalar(challenge) + write_scalar(blind + challenge * secret)


def check_knowledge(point: Point, context: bytes, proof: bytes) -> bool:
    """Say whether the proof holds for the point."""
    challenge, answer = _read_scalars(proof, 2) or (None, 0)
    if challenge is None:
        return False
    blinded = BASE * answer - point * challenge
    return challenge == hash_to_scalar(b"knowledge", context, bytes(point), bytes(blinded))


def prove_equality(base: Point, secret: int, context: bytes, draws: Draws) -> bytes:
    """Prove that `BASE * secret` and `base * secret` have the same number behind them."""
    blind = draws.draw()
    points = (base, BASE * secret, base * secret, BASE * blind, base * blind)
    challenge = hash_to_scalar(b"equality", context, *map(bytes, points))
    return write_scalar(challenge) + write_scalar(blind + challenge * secret)


def check_equality(base: Point, known: Point, shown: Point, context: bytes, proof: bytes) -> bool:
    """Say whether `known` to the generator and `shown` to `base` have the same number."""
    challenge, answer = _read_scalars(proof, 2) or (None, 0)
    if challenge is None:
        return False
    first = BASE * answer - known * challenge
    second = base * answer - shown * challenge
    points = (base, known, shown, first, second)
    return challenge == hash_to_scalar(b"equality", context, *map(bytes, points))


@dataclass(frozen=True, slots=True)
class Range:
    """What a range proof is about: who may be in it, to which key, and where it belongs."""

    key: Point
    low: int
    high: int
    context: bytes

    @property
    def size(self) -> int:
        """How many numbers it has, each of which takes 64 bytes of proof."""
        return self.high - self.low + 1

    def compute_challenge(self, encrypted: Ciphertext, blinded: Iterable[Point]) -> int:
        """Return the digest that the parts of all challenges add up to."""
        bounds = self.low.to_bytes(4, "little") + self.high.to_bytes(4, "little")
        points = (bytes(self.key), bytes(encrypted), *map(bytes, blinded))
        return hash_to_scalar(b"range", self.context, bounds, *points)


def prove_range(
    about: Range, encrypted: Ciphertext, number: int, secret: int, draws: Draws
) -> bytes:
    """Prove that what is encrypted lies in the range, without saying where.

    Where it does not, the proof comes out false: nobody can make a true one.
    """
    place = number - about.low
    challenges = [draws.draw() for _ in range(about.size)]
    answers = [draws.draw() for _ in range(about.size)]
    blind = draws.draw()
    blinded: list[Point] = []
    for other in range(about.size):
        if other == place:
            blinded += [BASE * blind, about.key * blind]
        else:
            # The same as `_blind`, by numbers that whoever encrypted knows, and faster.
            masked = answers[other] - challenges[other] * secret
            shift = challenges[other] * (other - place)
            blinded += [BASE * masked, about.key * masked + BASE * shift]
    if 0 <= place < about.size:
        total = about.compute_challenge(encrypted, blinded)
        challenges[place] = (total - sum(challenges) + challenges[place]) % ORDER
        answers[place] = (blind + challenges[place] * secret) % ORDER
    return b"".join(map(write_scalar, (*challenges, *answers)))


def check_range(about: Range, encrypted: Ciphertext, proof: bytes) -> bool:
    """Say whether the proof holds: what is encrypted lies in the range."""
    scalars = _read_scalars(proof, 2 * about.size)
    if scalars is None:
        return False
    challenges, answers = scalars[: about.size], scalars[about.size :]
    blinded: list[Point] = []
    for place, (challenge, answer) in enumerate(zip(challenges, answers, strict=True)):
        blinded += _blind(about, encrypted, place, challenge, answer)
    return sum(challenges) % ORDER == about.compute_challenge(encrypted, blinded)


def _blind(
    about: Range, encrypted: Ciphertext, place: int, challenge: int, answer: int
) -> tuple[Point, Point]:
    rest = encrypted.second - BASE * (about.low + place)
    return (
        BASE * answer - encrypted.first * challenge,
        about.key * answer - rest * challenge,
    )


def _read_scalars(data: bytes, count: int) -> tuple[int, ...] | None:
    if len(data) != count * SCALAR_BYTES:
        return None
    found = [
        read_scalar(data[start : start + SCALAR_BYTES])
        for start in range(0, len(data), SCALAR_BYTES)
    ]
    return None if None in found else tuple(each for each in found if each is not None)


def find_number(point: Point, most: int) -> int | None:
    """Return the number from 0 to `most` behind a point, by small and large steps."""
    step = 1
    while step * step <= most:
        step *= 2
    small, each = {}, ZERO
    for number in range(step):
        small[bytes(each)] = number
        each = each + BASE
    left = point
    for turn in range(most // step + 1):
        found = small.get(bytes(left))
        if found is not None:
            number = turn * step + found
            return number if number <= most else None
        left = left - each
    return None
