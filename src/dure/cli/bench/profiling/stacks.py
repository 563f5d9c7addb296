"""Samples of a running program: which functions called which, and how often that was seen.

They come as folded text, one stack a line from the root to the leaf, with a count behind it:

```
main (dure/cli/main.py:82);run (asyncio/runners.py:190);verify (dure/core/signatures.py:58) 311
```
Pure: text in, counts out.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from dure.core.errors import ConfigurationError

STACKS_MAX: Final = 1_000_000

_FRAME: Final = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)")
_WAITS: Final = (
    ("selectors.py", "EpollSelector.select"),
    ("concurrent/futures/thread.py", "_worker"),
    ("threading.py", "Condition.wait"),
)
"""Leaves that only wait: where the sampler took such a thread for a busy one, it was not."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A function in a stack; lines are left out, so that a function is one box."""

    function: str
    file: str
    """As the program imports it: `dure/chain/state.py`, `asyncio/events.py`."""

    @property
    def is_waiting(self) -> bool:
        """Whether a thread whose leaf is this does nothing."""
        return (self.file, self.function) in _WAITS


Stack = tuple[Frame, ...]
"""From the root to the leaf."""

Samples = Counter[Stack]


def read_samples(text: str) -> Samples:
    """Return the stacks that worked; raise `ConfigurationError` for a text of another form."""
    samples: Samples = Counter()
    lines = text.splitlines()
    if len(lines) > STACKS_MAX:
        raise ConfigurationError(f"a profile of more than {STACKS_MAX} stacks")
    for line in lines:
        frames, _, count = line.rpartition(" ")
        if not frames or not count.isdecimal():
            raise ConfigurationError(f"not a folded stack: {line[:80]!r}")
        stack = tuple(map(_read_frame, frames.split(";")))
        if not stack[-1].is_waiting:
            samples[_cut_root(stack)] += int(count)
    return samples


def _read_frame(text: str) -> Frame:
    match = _FRAME.fullmatch(text)
    return Frame(text, "") if match is None else Frame(match["function"], match["file"])


def _cut_root(stack: Stack) -> Stack:
    """Leave out how the program came to its event loop, which is the same for every stack."""
    for index, frame in enumerate(stack):
        if (frame.file, frame.function) == ("asyncio/base_events.py", "BaseEventLoop._run_once"):
            return stack[index:]
    return stack
