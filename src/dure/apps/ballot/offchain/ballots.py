"""Ballots: marks as cells of 0 and 1, each encrypted, with proofs that the marks are well formed.

A question with several options has a cell for each. A ranked one has a cell for each option at
each rank, and what is proved makes them a ranking: each cell is 0 or 1, each option stands at one
rank at most, the first ranks are filled, and no rank is filled whose forerunner is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from dure.apps.ballot.offchain.proofs import (
    CIPHERTEXT_BYTES,
    NOTHING,
    PROOF_BYTES,
    Ciphertext,
    Range,
    check_range,
    encrypt,
    prove_range,
    read_ciphertext,
)
from dure.apps.ballot.offchain.ristretto import ORDER, ZERO, Draws, Point, read_point
from dure.core.codec import encode
from dure.core.errors import ConfigurationError

RANKED: Final = "RANKED"


@dataclass(frozen=True, slots=True)
class Rule:
    """Some cells added and some taken away are from `low` to `high` together."""

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a question asks for: its cells, and the rules of well-formed marks."""

    kind: str
    options: int
    least: int
    most: int

    @property
    def ranks(self) -> int:
        """How many cells an option has."""
        return self.most if self.kind == RANKED else 1

    @property
    def cells(self) -> int:
        """How many cells it has: those of the first option, then of the second, and so on."""
        return self.options * self.ranks

    def list_rules(self) -> Iterator[Rule]:
        """Yield what is proved, beside that each cell is 0 or 1."""
        if self.kind != RANKED:
            yield Rule(tuple(range(self.cells)), (), self.least, self.most)
            return
        for option in range(self.options):
            yield Rule(tuple(range(option * self.ranks, (option + 1) * self.ranks)), (), 0, 1)
        columns = [tuple(range(rank, self.cells, self.ranks)) for rank in range(self.ranks)]
        for rank, column in enumerate(columns):
            if rank < self.least:
                yield Rule(column, (), 1, 1)
            else:
                yield Rule(columns[rank - 1], column, 0, 1)

    def fill(self, marks: Sequence[int]) -> list[int]:
        """Return the cells of marks: options, counted from 0, in order of preference if ranked."""
        if len(set(marks)) != len(marks) or not set(marks) <= set(range(self.options)):
            raise ConfigurationError(f"mark options from 0 to {self.options - 1}, each once")
        if not self.least <= len(marks) <= self.most:
            raise ConfigurationError(f"mark {self.least} to {self.most} options")
        filled = [0] * self.cells
        for rank, option in enumerate(marks):
            filled[option * self.ranks + (rank if self.kind == RANKED else 0)] = 1
        return filled

    @property
    def proof_bytes(self) -> int:
        """How many bytes the proofs have."""
        sizes = [2] * self.cells + [rule.high - rule.low + 1 for rule in self.list_rules()]
        return PROOF_BYTES * sum(sizes)

    @property
    def ballot_bytes(self) -> int:
        """How many bytes of a ballot belong to it."""
        return CIPHERTEXT_BYTES * self.cells + self.proof_bytes


@dataclass(frozen=True)
class Booth:
    """What a ballot is made for: contract, number of the election, key, and questions."""

    contract: bytes
    number: int
    key: bytes
    layouts: tuple[Layout, ...]

    @cached_property
    def key_point(self) -> Point:
        """The key; zero, to which nothing is hidden, where the bytes are no point."""
        return (read_point(self.key) or ZERO).prepare()

    @property
    def cells(self) -> int:
        """How many cells a ballot has."""
        return sum(each.cells for each in self.layouts)

    def describe(self, voter: bytes, question: int, shown: bytes) -> bytes:
        """Return what a question's proofs are bound to."""
        place = self.number.to_bytes(8, "little") + question.to_bytes(4, "little")
        return self.contract + place + self.key + voter + sha256(shown).digest()

    def compute_digest(self, voter: bytes, ballot: bytes) -> bytes:
        """Return what stands on the receipt: the contract reckons the same."""
        return sha256(encode((self.contract, self.number, voter, ballot))).digest()

    def seal(self, voter: bytes, marks: Sequence[Sequence[int]], seed: bytes) -> bytes:
        """Return a ballot; who knows the seed can open it, so it is drawn once and forgotten."""
        if len(marks) != len(self.layouts):
            raise ConfigurationError(f"there are {len(self.layouts)} questions to answer")
        filled = [layout.fill(own) for layout, own in zip(self.layouts, marks, strict=True)]
        return self.seal_cells(voter, filled, seed)

    def seal_cells(self, voter: bytes, filled: Sequence[Sequence[int]], seed: bytes) -> bytes:
        """Return a ballot of cells; of cells that break a rule come proofs that do not hold."""
        return b"".join(
            self._seal_question(voter, place, cells, Draws(seed, place.to_bytes(4, "little")))
            for place, cells in enumerate(filled)
        )

    def _seal_question(self, voter: bytes, place: int, cells: Sequence[int], draws: Draws) -> bytes:
        key = self.key_point
        secrets = [draws.draw() for _ in cells]
        sealed = [encrypt(key, cell, own) for cell, own in zip(cells, secrets, strict=True)]
        shown = b"".join(map(bytes, sealed))
        context = self.describe(voter, place, shown)
        parts = [shown]
        for number, cell in enumerate(cells):
            about = Range(key, 0, 1, context + number.to_bytes(4, "little"))
            parts.append(prove_range(about, sealed[number], cell, secrets[number], draws))
        for number, rule in enumerate(self.layouts[place].list_rules(), start=len(cells)):
            about = Range(key, rule.low, rule.high, context + number.to_bytes(4, "little"))
            total = sum(cells[each] for each in rule.plus) - sum(cells[each] for each in rule.minus)
            secret = sum(secrets[each] for each in rule.plus)
            secret = (secret - sum(secrets[each] for each in rule.minus)) % ORDER
            parts.append(prove_range(about, add_up(sealed, rule), total, secret, draws))
        return b"".join(parts)

    def read(self, voter: bytes, ballot: bytes) -> tuple[Ciphertext, ...] | None:
        """Return the cells of a ballot whose proofs hold for this voter; None of any other."""
        if len(ballot) != sum(each.ballot_bytes for each in self.layouts):
            return None
        found: list[Ciphertext] = []
        start = 0
        for place, layout in enumerate(self.layouts):
            own = ballot[start : start + layout.ballot_bytes]
            cells = self._read_question(voter, place, own)
            if cells is None:
                return None
            found += cells
            start += layout.ballot_bytes
        return tuple(found)

    def _read_question(self, voter: bytes, place: int, own: bytes) -> list[Ciphertext] | None:
        layout = self.layouts[place]
        length = layout.cells * CIPHERTEXT_BYTES
        shown, proofs = own[:length], own[length:]
        read = [
            read_ciphertext(shown[start : start + CIPHERTEXT_BYTES])
            for start in range(0, length, CIPHERTEXT_BYTES)
        ]
        cells = [each for each in read if each is not None]
        if len(cells) != layout.cells:
            return None
        context = self.describe(voter, place, shown)
        bounds = [(each, 0, 1) for each in cells]
        bounds += [(add_up(cells, rule), rule.low, rule.high) for rule in layout.list_rules()]
        start = 0
        for number, (encrypted, low, high) in enumerate(bounds):
            about = Range(self.key_point, low, high, context + number.to_bytes(4, "little"))
            end = start + about.size * PROOF_BYTES
            if not check_range(about, encrypted, proofs[start:end]):
                return None
            start = end
        return cells


def add_up(cells: Sequence[Ciphertext], rule: Rule) -> Ciphertext:
    """Return what encrypts what a rule speaks of."""
    total = NOTHING
    for each in rule.plus:
        total = total + cells[each]
    for each in rule.minus:
        total = total - cells[each]
    return total


def is_honest(
    booth: Booth, voter: bytes, marks: Sequence[Sequence[int]], seed: bytes, ballot: bytes
) -> bool:
    """Say whether a device sealed these marks, once it gives the seed away (Benaloh's challenge).

    A ballot that was challenged is not cast: whoever has the seed knows what is in it.
    """
    return booth.seal(voter, marks, seed) == ballot
