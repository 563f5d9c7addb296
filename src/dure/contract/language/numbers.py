"""Exact fixed-point numbers with a chosen scale and rounding.

```python
class Rate(Decimal):
    "A yearly rate of interest."
    places = 6
    rounding = Rounding.HALF_EVEN

BASE = Rate("0.035")
interest = loan * self.rate
```

Rules
-----
1. Each class is a type of its own: a `Rate` is not added to a `Price`; `Price.round(rate)`
   converts.
2. A number is an integer of units of 10**-places. Sums and differences are exact. Products and
   ratios are worked out exactly and rounded once, by the class's rule; of two classes it is the
   left one's. An `Amount` times a `Decimal` is an `Amount`, rounded by the `Decimal`'s rule.
3. A number is written out in digits, `-0.035`: no exponent, no sign but a minus, no zeros in front,
   and no more digits behind the point than places.
4. Stored, passed or emitted it has 64 bits of units; in between 256.
"""

import enum
import re
from collections.abc import Callable
from typing import ClassVar, Final, Self


class Rounding(enum.Enum):
    """How a result between two units is rounded."""

    DOWN = "towards zero"
    UP = "away from zero"
    FLOOR = "towards the lower number"
    CEILING = "towards the higher number"
    HALF_UP = "to the nearest, halves away from zero"
    HALF_EVEN = "to the nearest, halves to the even one"


class Decimal:
    """Base of fixed-point numbers: a class names `places` (0 to 18) and may name `rounding`."""

    places: ClassVar[int]
    rounding: ClassVar[Rounding] = Rounding.HALF_EVEN
    units: int
    """The number times 10**places."""

    __slots__ = ("units",)

    def __init__(self, text: str) -> None:
        """Read a number written out: `Rate("0.035")`, with no more digits than places."""
        units = read_units(text, self.places)
        if units is None:
            message = f"{text} is no number written out with at most {self.places} places"
            raise ValueError(message)
        self.units = units

    @classmethod
    def from_units(cls, units: int) -> Self:
        """Return `units` times 10**-places."""
        made = cls.__new__(cls)
        made.units = units
        return made

    @classmethod
    def ratio(cls, numerator: int, denominator: int) -> Self:
        """Return numerator / denominator, rounded."""
        return cls.from_units(divide(numerator * 10**cls.places, denominator, cls.rounding))

    @classmethod
    def round(cls, number: "Decimal") -> Self:
        """Return a number of another class, rounded where it has more places."""
        return cls.ratio(number.units, 10**number.places)

    def scale(self, number: int) -> int:
        """Return this times a whole number, rounded to a whole number: `rate.scale(shares)`."""
        return divide(self.units * number, 10**self.places, self.rounding)

    def __add__(self, other: Self) -> Self:
        return self.from_units(self.units + other.units)

    def __sub__(self, other: Self) -> Self:
        return self.from_units(self.units - other.units)

    def __neg__(self) -> Self:
        return self.from_units(-self.units)

    def __mul__(self, other: "int | Decimal") -> Self:
        if isinstance(other, Decimal):
            product = self.units * other.units
            return self.from_units(divide(product, 10**other.places, self.rounding))
        return self.from_units(self.units * other)

    def divided_by(self, other: "int | Decimal") -> Self:
        """Return the quotient, rounded."""
        if isinstance(other, Decimal):
            above = self.units * 10**other.places
            return self.from_units(divide(above, other.units, self.rounding))
        return self.from_units(divide(self.units, other, self.rounding))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.units == self.units

    def __lt__(self, other: Self) -> bool:
        return self.units < other.units

    def __le__(self, other: Self) -> bool:
        return self.units <= other.units

    def __gt__(self, other: Self) -> bool:
        return self.units > other.units

    def __ge__(self, other: Self) -> bool:
        return self.units >= other.units

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.units))

    def __str__(self) -> str:
        return write_units(self.units, self.places)

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"


PLACES_MAX: Final = 18
"""More would leave no digit of 64 bits in front of the point."""
_TEXT: Final = re.compile(r"(-?)(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,18}))?")


def read_units(text: str, places: int) -> int | None:
    """Return the units of a number written out, or None where `text` is none with these places."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if len(fraction) > places:
        return None
    return int(sign + whole + fraction.ljust(places, "0"))


def write_units(units: int, places: int) -> str:
    """Return the number written out with exactly `places` digits behind the point."""
    digits = str(abs(units)).rjust(places + 1, "0")
    sign = "-" if units < 0 else ""
    point = "." if places else ""
    return f"{sign}{digits[: len(digits) - places]}{point}{digits[len(digits) - places :]}"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return numerator / denominator as an integer, rounded; raise `ZeroDivisionError`."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    return floor + int(_ROUNDS_UP[rounding](floor, 2 * rest - denominator))


_ROUNDS_UP: Final[dict[Rounding, Callable[[int, int], bool]]] = {
    Rounding.DOWN: lambda floor, _: floor < 0,
    Rounding.UP: lambda floor, _: floor >= 0,
    Rounding.FLOOR: lambda *_: False,
    Rounding.CEILING: lambda *_: True,
    Rounding.HALF_UP: lambda floor, above: above > 0 or (above == 0 and floor >= 0),
    Rounding.HALF_EVEN: lambda floor, above: above > 0 or (above == 0 and floor % 2 == 1),
}
"""Whether to go from the floor to the next integer, by (floor, twice the rest less the divisor)."""
