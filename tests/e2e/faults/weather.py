"""What a link does to what crosses it."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

RETRANSMIT_S = 0.2
"""Linux's shortest retransmission timeout; it doubles with each loss."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The same for all, but for the pairs that are cut."""

    delay_s: float = 0.0
    """One way."""
    loss: float = 0.0
    """The share of packets that never arrive."""
    cut: frozenset[tuple[str, str]] = frozenset()
    """Pairs (from, to) between which nothing arrives."""


FINE = Weather()


def cut_from(name: str, others: Iterable[str]) -> Weather:
    """Return weather in which nobody hears a node, which hears all others."""
    return Weather(cut=frozenset((name, other) for other in others if other != name))


def cut_to(name: str, others: Iterable[str]) -> Weather:
    """Return weather in which a node hears nobody, and all others hear it."""
    return Weather(cut=frozenset((other, name) for other in others if other != name))


def cut_off(name: str, others: Iterable[str]) -> Weather:
    """Return weather in which a node and all others hear nothing of each other."""
    others = tuple(others)
    return Weather(cut=cut_from(name, others).cut | cut_to(name, others).cut)


def draw_retransmission(loss: float, lot: random.Random) -> float:
    """Return how long TCP takes to repeat one packet until it arrives, in seconds."""
    wait, timeout = 0.0, RETRANSMIT_S
    while lot.random() < loss:
        wait += timeout
        timeout *= 2
    return wait
