"""What can go wrong in a story: the chain refuses, or the story itself makes no sense."""

import inspect
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dure.core.errors import DureError


class Refused(DureError):
    """The chain refused a call, and nothing of it happened.

    `reason` is the refusal's code, `message` its words.
    """

    def __init__(self, reason: str, message: str, *, who: str) -> None:
        super().__init__(message, reason=reason, who=who)
        self.reason = reason
        self.who = who

    def __str__(self) -> str:
        return f"{self.who}: {self.message} [{self.reason}]"

    def is_about(self, expected: str) -> bool:
        """Say whether `expected` is the code, or part of the words."""
        return expected == self.reason or (bool(expected) and expected in self.message)


class StoryMistake(DureError):
    """The story asks for something that does not exist; says what does."""


def list_names(names: Iterable[str]) -> str:
    """Return names as one line for an error message."""
    return ", ".join(sorted(names)) or "none"


def explain_failure(story: Callable[..., Any], wrong: Exception) -> str:
    """Return which line of the story did not hold, and why where that is known."""
    frames = traceback.extract_tb(wrong.__traceback__)
    file = inspect.getfile(story)
    line = next((each for each in reversed(frames) if each.filename == file), frames[-1])
    named = isinstance(wrong, AssertionError | DureError)
    words = str(wrong) if named else f"{type(wrong).__name__}: {wrong}"
    return f"{Path(line.filename).name}:{line.lineno}: {line.line}" + (words and f"\n{words}")
