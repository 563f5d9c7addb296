"""Everything that the author of a contract imports.

A contract is a class. Its annotated fields are its state on the chain, its decorated methods are
what others may call. The file is ordinary Python: editors complete it, mypy checks it and pytest
imports it. It *runs* only on a chain or in `dure.testing.World`, where the checker has read it and
the machine has lowered and metered it; called directly, every name below that would touch a ledger
raises `NotImplementedError`.

```python
class Counter(Contract):
    total: Var[int]

    @call
    def add(self, number: int) -> int:
        require(number > 0, "only forwards")
        self.total += number
        return self.total
```

Values: `int` (64-bit where it is stored, passed or emitted, 256-bit in between), `bool`, `str`,
`bytes`, `Address`, `Hash`, `Asset`, `Amount`, `Time`, `Duration`, `list[…]`, and the `Record`,
`Choice` and `Decimal` classes of the file.
"""

from dure.contract.language.classes import Choice, Contract, Event, Interface, Record
from dure.contract.language.functions import encode, require, sha256, verify_ed25519
from dure.contract.language.marks import (
    call,
    init,
    invariant,
    migrate,
    only,
    scheduled,
    transfer_rule,
    view,
)
from dure.contract.language.money import Amount, Asset, Currency
from dure.contract.language.numbers import Decimal, Rounding
from dure.contract.language.state import List, Map, Var
from dure.contract.language.time import Duration, Time, days, hours, minutes, seconds
from dure.core.types import Address, Hash

__all__ = [
    "Address",
    "Amount",
    "Asset",
    "Choice",
    "Contract",
    "Currency",
    "Decimal",
    "Duration",
    "Event",
    "Hash",
    "Interface",
    "List",
    "Map",
    "Record",
    "Rounding",
    "Time",
    "Var",
    "call",
    "days",
    "encode",
    "hours",
    "init",
    "invariant",
    "migrate",
    "minutes",
    "only",
    "require",
    "scheduled",
    "seconds",
    "sha256",
    "transfer_rule",
    "verify_ed25519",
    "view",
]
