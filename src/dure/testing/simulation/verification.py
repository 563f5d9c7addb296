"""Signature checks shared by all members of one simulation.

Every distinct (key, message, signature) is checked for real, once, by the rule that real nodes
use; the other members are told the answer. What is remembered never changes an answer.
"""

from collections.abc import Iterable
from typing import Final

from dure.core.signatures import SignedItem, verify_many

ANSWERS_MAX: Final = 20_000
"""Answers that are remembered; past that all are forgotten and checked again."""


class SharedVerification:
    """`verify_many` with a memory."""

    def __init__(self) -> None:
        self._answers: dict[SignedItem, bool] = {}

    def verify_many(self, items: Iterable[SignedItem]) -> list[bool]:
        """Return one answer an item, in order."""
        wanted = list(items)
        fresh = [item for item in wanted if item not in self._answers]
        if fresh:
            if len(self._answers) > ANSWERS_MAX:
                self._answers.clear()
                fresh = wanted
            self._answers.update(zip(fresh, verify_many(fresh), strict=True))
        return [self._answers[item] for item in wanted]
