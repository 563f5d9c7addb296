"""A contract as a Python object: its methods are called like Python's, by the types it declares.

```python
cover = client.contract(address)
done = cover.buy(by=traveller, flight="UA1545", departs=departure, pay=5_000)
done.result, done.events, done.receipt.proof
cover.free_reserve()
```
A call takes its arguments by name or in order, `by` (who signs) and, where the method accepts
money, `pay` in minor units. A view takes its arguments only, and is the word of one node. What does
not fit the interface fails here, before anything is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from dure.chain.transaction import Call, Payment
from dure.contract.interface import Interface, MethodInterface
from dure.contract.shapes import READING_KINDS
from dure.contract.values import (
    decode_arguments,
    decode_event,
    decode_result,
    encode_arguments,
    from_json,
    to_json_fields,
)
from dure.core.codec import decode
from dure.core.types import INT_MAX, Address, Amount, AssetId
from dure.sdk.accounts import Account
from dure.sdk.connection.exchange import Operation
from dure.sdk.errors import InvalidAnswer
from dure.sdk.receipts import FinalReceipt
from dure.sdk.session import FINAL_TIMEOUT_S, Session


class WrongCall(TypeError):
    """A call that does not fit the contract's interface: the program's own mistake."""


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event of the called contract, opened."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """A call that happened, proved."""

    result: Any
    events: tuple[NamedEvent, ...]
    """What the called contract said, in order."""
    receipt: FinalReceipt


@dataclass(frozen=True, slots=True)
class Order:
    """Everything about a call but its arguments."""

    by: Account
    pay: int | None = None
    asset: AssetId | None = None
    """Which money `pay` is; the one that the method accepts where nothing is said."""
    payer: Account | None = None
    gas_limit: int | None = None
    timeout_s: float = FINAL_TIMEOUT_S


USABLE_KINDS: Final = READING_KINDS | {"call"}
"""Kinds of methods that callers may use."""

_ORDER_FIELDS: Final = frozenset(Order.__dataclass_fields__)
"""Keywords of every call; a contract's parameter of such a name is given in order."""


class Binding:
    """A contract's address and interface: what both kinds of proxies share."""

    def __init__(self, address: Address, interface: Interface) -> None:
        self.address = address
        self.interface = interface
        self._accepted: dict[str, AssetId] = {}

    def find(self, name: str) -> MethodInterface:
        """Return the method that callers may use; raise `AttributeError` with a suggestion."""
        method = self.interface.methods.get(name)
        if method is None or method.kind not in USABLE_KINDS:
            raise AttributeError(self._explain(name))
        return method

    def encode(self, method: str, positional: Sequence[object], named: dict[str, object]) -> bytes:
        """Return the arguments' bytes; raise `WrongCall` or `InvalidValue`."""
        names = [each.name for each in self.interface.methods[method].parameters]
        unknown = [name for name in named if name not in names]
        if unknown:
            close = get_close_matches(unknown[0], names, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it takes {_list(names)}"
            raise WrongCall(f"{method} has no argument {unknown[0]}: {hint}")
        return encode_arguments(self.interface, method, positional, named)

    def use(
        self, session: Session, name: str, positional: Sequence[object], named: dict[str, Any]
    ) -> Operation[Any]:
        """Call the method or ask the view of that name; return `Done` or the view's result.

        All that can be wrong with it without a node is found before the first request.
        """
        method = self.find(name)
        if method.kind in READING_KINDS:
            return self._view(session, method, self.encode(name, positional, named))
        order = {key: named[key] for key in named if key in _ORDER_FIELDS}
        if order.get("by") is None:
            raise WrongCall(f"say who signs: {name}(by=account, …)")
        rest = {key: value for key, value in named.items() if key not in order}
        return self._call(session, method, self.encode(name, positional, rest), Order(**order))

    def _call(
        self, session: Session, method: MethodInterface, arguments: bytes, order: Order
    ) -> Operation[Done]:
        payment = yield from self._prepare_payment(session, method, order)
        call = Call(self.address, method.name, arguments, payment)
        receipt = yield from session.send(
            order.by,
            [call],
            payer=order.payer,
            gas_limit=order.gas_limit,
            timeout_s=order.timeout_s,
        )
        return Done(
            result=decode_result(self.interface, method.name, receipt.results[0]),
            events=tuple(self._open_events(receipt)),
            receipt=receipt,
        )

    def _view(self, session: Session, method: MethodInterface, arguments: bytes) -> Operation[Any]:
        values = decode_arguments(self.interface, method.name, arguments)
        form = to_json_fields(self.interface, method.parameters, values)
        answer = yield from session.call_view(self.address, method.name, form)
        return from_json(self.interface, method.result, answer.result)

    def _prepare_payment(
        self, session: Session, method: MethodInterface, order: Order
    ) -> Operation[Payment | None]:
        if order.pay is None:
            return None
        if not method.pays:
            raise WrongCall(f"{method.name} accepts no money: leave `pay` out")
        if type(order.pay) is not int or not 0 <= order.pay <= INT_MAX:
            raise WrongCall(f"pay={order.pay!r}: money is counted in whole minor units from 0 up")
        asset = order.asset or self._accepted.get(method.pays)
        if asset is None:
            asset = AssetId(
                decode(bytes, (yield from session.read_field(self.address, method.pays)))
            )
            self._accepted[method.pays] = asset
        return Payment(asset, Amount(order.pay))

    def _open_events(self, receipt: FinalReceipt) -> list[NamedEvent]:
        return [
            NamedEvent(event.name, decode_event(self.interface, event.name, event.data))
            for event in receipt.events
            if event.contract == self.address and event.name in self.interface.events
        ]

    def _explain(self, name: str) -> str:
        usable = [
            each.name for each in self.interface.methods.values() if each.kind in USABLE_KINDS
        ]
        close = get_close_matches(name, usable, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {_list(usable)}"
        return f"{self.interface.name} has no method {name}: {hint}"


def load_binding(session: Session, address: Address) -> Operation[Binding]:
    """Ask a node for the contract's interface."""
    answer = yield from session.get_contract(address)
    try:
        interface = msgspec.convert(answer.interface, Interface)
    except msgspec.ValidationError as problem:
        raise InvalidAnswer(f"the contract's interface is not in order: {problem}") from problem
    return Binding(address, interface)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
