"""Opinion polls: whom the lot asks, and how far the answer may be from everybody's."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

NORMAL_95: Final = 1.959963984540054
"""Behind this many standard deviations on both sides lie 5 percent of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of those who answered, and between which shares everybody's lies, 19 times of 20."""

    share: float
    low: float
    high: float


def compute_share(marks: int, answers: int, population: int) -> Share:
    """Return the share of an option by Wilson's score interval (1927).

    The variance is that of a draw without replacement from `population`: of a poll of all who are
    listed the interval is the share itself. Who does not answer is not accounted for.
    """
    if not 0 <= marks <= answers <= population or answers == 0:
        raise ValueError(f"{marks} of {answers} answers of {population} people")
    share = marks / answers
    left = (population - answers) / (population - 1) if population > 1 else 0.0
    squared = NORMAL_95**2 * left / answers
    middle = (share + squared / 2) / (1 + squared)
    width = sqrt(squared * share * (1 - share) + squared**2 / 4) / (1 + squared)
    return Share(share, max(0.0, middle - width), min(1.0, middle + width))


def choose_lot(sample: int, population: int) -> str:
    """Return the bound of a lot by which about `sample` of `population` people are asked."""
    if not 0 < sample <= population:
        raise ValueError(f"a sample of {sample} of {population} people")
    return "" if sample == population else f"{min(65_535, sample * 65_536 // population):04x}"
