"""Signatures that are asked for together, cut into jobs for workers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from dure.core.signatures import SignedItem
from dure.node.verification.messages import SIGNATURES_MAX


@dataclass(slots=True)
class Counts:
    """What became of signatures and workers since the node started."""

    checked: int = 0
    """Signatures that workers checked."""
    left: int = 0
    """Signatures that workers were asked for and gave no answer to in time."""
    lost: int = 0
    """Workers that did not begin, ended by themselves, or had to be ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """Some of a request's signatures, for one worker."""

    request: "Request"
    first: int
    """Where they stand in the request."""
    items: Sequence[SignedItem]

    def end(self, answers: bytes) -> None:
        """Take a byte a signature, 1 where it is valid; none where the worker is lost."""
        self.request.take(self.first, answers)


class Request:
    """What is asked for, and the answers so far."""

    def __init__(self, items: Sequence[SignedItem], *, begun: float, counts: Counts) -> None:
        self.begun = begun
        """When it was asked, by the event loop's clock."""
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        """A byte a signature: 1 where a worker found it valid, 0 where it did not, or said nothing.

        Whoever asked may cancel it.
        """
        self._counts = counts
        self._answers = bytearray(len(items))
        self._answered = 0
        self.jobs = [
            Job(self, first, items[first : first + SIGNATURES_MAX])
            for first in range(0, len(items), SIGNATURES_MAX)
        ]
        self._open = len(self.jobs)

    def take(self, first: int, answers: bytes) -> None:
        """Note what came of a job; give the answers back with the last."""
        self._answers[first : first + len(answers)] = answers
        self._answered += len(answers)
        self._open -= 1
        if not self._open:
            self.give_back()

    def give_back(self) -> None:
        """Give back the answers that are there; those that come later are for nobody."""
        if not self.done.done():
            self._counts.checked += self._answered
            self._counts.left += len(self._answers) - self._answered
            self.done.set_result(bytes(self._answers))
