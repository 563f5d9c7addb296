"""Who wants to know of every call in every world of this process: tools that count gas."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dure.contract.bundle import Source
from dure.core.types import Gas


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call that a story made."""

    source: Source
    method: str
    gas: Gas | None
    """Gas of its whole transaction; None where it was refused."""


Observer = Callable[[SeenCall], None]
_observers: list[Observer] = []


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Have `observer` told of each call made inside."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


def tell(seen: SeenCall) -> None:
    """Tell everybody who wants to know."""
    for observer in _observers:
        observer(seen)
