"""Money in types: which asset, and how much of it in minor units.

A contract with one kind of money writes `Asset` and `Amount`. A contract with several names each,
so that won are never added to dollars:

```python
class Won(Currency):
    "Korean won."

price: Var[Amount[Won]]
won: Var[Asset[Won]]
self.pay(self.won, seller, self.price)
```

The name exists for the checker and for mypy only. On the chain an asset is 32 bytes and an amount
an integer from 0 to 2⁶³-1; in between it may be negative, and then it must not be stored or passed.
"""

import dataclasses
from typing import Generic, Self, overload

from typing_extensions import TypeVar

from dure.contract.language.absent import refuse_to_run
from dure.contract.language.numbers import Decimal


class Currency:
    """Names a kind of money: `class Won(Currency): ...`; no more than a name."""

    @classmethod
    def of(cls, units: int) -> "Amount[Self]":
        """Return so many minor units: `Won.of(5_000)`."""
        return Amount(units)


C = TypeVar("C", bound=Currency, default=Currency)


class Asset(Generic[C]):
    """Which kind of money: the identifier of an asset on the ledger."""

    def __init__(self) -> None:
        refuse_to_run()


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Amount(Generic[C]):
    """How much money, in the asset's minor units: `Amount(5_000)`."""

    units: int

    def __add__(self, other: "Amount[C]") -> "Amount[C]":
        return Amount(self.units + other.units)

    def __sub__(self, other: "Amount[C]") -> "Amount[C]":
        return Amount(self.units - other.units)

    def __mul__(self, factor: int | Decimal) -> "Amount[C]":
        """Return a multiple, rounded by the rule of the `Decimal` where one is given."""
        if isinstance(factor, Decimal):
            return Amount(factor.scale(self.units))
        return Amount(self.units * factor)

    @overload
    def __floordiv__(self, other: int) -> "Amount[C]": ...
    @overload
    def __floordiv__(self, other: "Amount[C]") -> int: ...
    def __floordiv__(self, other: "int | Amount[C]") -> "Amount[C] | int":
        if isinstance(other, Amount):
            return self.units // other.units
        return Amount(self.units // other)

    def __mod__(self, count: int) -> "Amount[C]":
        """Return what is left over when the amount is shared out evenly."""
        return Amount(self.units % count)
