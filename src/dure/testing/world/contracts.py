"""A deployed contract in a story.

Its methods are called like Python's, and its results read like the contract's.
"""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from dure.chain.transaction import Call, Payment
from dure.contract import language
from dure.contract.bundle import Source
from dure.contract.interface import Interface, MethodInterface, build_interface
from dure.contract.language import Contract
from dure.contract.shapes import READING_KINDS
from dure.contract.source import LIBRARY_PACKAGE, read_source
from dure.core.codec import decode
from dure.core.types import INT_MAX, Address, Amount, AssetId
from dure.testing.world.errors import Refused, StoryMistake, list_names
from dure.testing.world.observing import SeenCall, tell
from dure.testing.world.people import Party, Person
from dure.testing.world.stage import Done, Stage
from dure.testing.world.values import Values


class Agreement:
    """A contract class that a story may deploy: source, interface and values."""

    def __init__(self, contract_class: type[Contract]) -> None:
        """Read the class's file; raise the checker's `UnsafeSource`, which says where and why."""
        self.source = read_source(contract_class)
        self.interface: Interface = build_interface(self.source)
        self.values = Values(self.interface, _find_modules(contract_class, self.source))


def _find_modules(contract_class: type[Contract], source: Source) -> list[ModuleType]:
    """Return the imported modules of everything that belongs to the source."""
    library = [f"{LIBRARY_PACKAGE}.{each.name}" for each in source.library]
    return [sys.modules[name] for name in (contract_class.__module__, *library)]


_read: dict[type[Contract], Agreement] = {}


def read_agreement(contract_class: Any) -> Agreement:
    """Return what a class stands for, read once; raise `StoryMistake` where it is no contract."""
    if not inspect.isclass(contract_class) or not issubclass(contract_class, Contract):
        raise StoryMistake(f"{contract_class!r} is no contract class")
    if contract_class not in _read:
        _read[contract_class] = Agreement(contract_class)
    return _read[contract_class]


@dataclass(frozen=True, slots=True)
class DraftCall:
    """A call that was made ready and not sent, and who is to sign it."""

    by: Person
    call: Call


class Deployed(Party):
    """A contract on the chain.

    `cover.buy(by=traveller, flight="UA1545", pay=5_000)` is a call: it takes the method's
    arguments, `by` (who signs) and, where the method accepts money, `pay` (minor units).
    `cover.free_reserve()` is a view: it takes arguments only.
    """

    def __init__(self, agreement: Agreement, address: Address, stage: Stage) -> None:
        super().__init__(address)
        self.agreement = agreement
        self._stage = stage
        self._drafted: dict[str, AssetId] = {}
        """The money of methods of which calls were drafted: asked for once, not for each."""

    def __repr__(self) -> str:
        return f"<{self.agreement.interface.name}>"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the method of that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        interface = self.agreement.interface
        method = interface.methods.get(name)
        if method is None:
            raise AttributeError(_explain_missing(name, interface))
        return self._bind_view(method) if method.kind in READING_KINDS else self._bind_call(method)

    def _bind_view(self, method: MethodInterface) -> Callable[..., Any]:
        def view(*positional: object, **named: object) -> Any:
            values = self.agreement.values
            data = values.encode_arguments(method.name, positional, named)
            return values.decode_result(
                method.name, self._stage.view(self.address, method.name, data)
            )

        return view

    def _bind_call(self, method: MethodInterface) -> Callable[..., Any]:
        def call(
            *positional: object, by: object = None, pay: object = None, **named: object
        ) -> Any:
            if not isinstance(by, Person):
                raise StoryMistake(f"{method.name}(by={by!r}): say which person signs the call")
            asset = None if pay is None else self._get_asset(method)
            payment = None if asset is None else Payment(asset, _amount(pay))
            data = self.agreement.values.encode_arguments(method.name, positional, named)
            done = self._send(by, Call(self.address, method.name, data, payment))
            return self.agreement.values.decode_result(method.name, done.results[0])

        return call

    def _draft(self, method: MethodInterface, pay: object, named: dict[str, object]) -> Call:
        data = self.agreement.values.encode_arguments(method.name, (), named)
        if pay is None:
            return Call(self.address, method.name, data, None)
        if method.name not in self._drafted:
            self._drafted[method.name] = self._get_asset(method)
        payment = Payment(self._drafted[method.name], _amount(pay))
        return Call(self.address, method.name, data, payment)

    def _send(self, by: Person, call: Call) -> Done:
        source = self.agreement.source
        try:
            done = self._stage.send(by.account, [call])
        except Refused:
            tell(SeenCall(source, call.method, None))
            raise
        tell(SeenCall(source, call.method, done.gas_used))
        return done

    def _get_asset(self, method: MethodInterface) -> AssetId:
        if not method.pays:
            raise StoryMistake(f"{method.name} accepts no money: leave `pay` out")
        data = self._stage.read_field(self.address, method.pays)
        if data is None:
            raise StoryMistake(f"the contract has not set its {method.pays} yet")
        return decode(AssetId, data)


def draft_call(
    contract: Deployed, method: str, *, by: Person, pay: int | None = None, **arguments: object
) -> DraftCall:
    """Return what `contract.method(by=…, pay=…, …)` would send, for who sends it in another way.

    Raises `StoryMistake` for a name that is none of the contract's calls, `InvalidValue` for wrong
    arguments.
    """
    interface = contract.agreement.interface
    found = interface.methods.get(method)
    if found is None or found.kind in READING_KINDS:
        raise StoryMistake(_explain_missing(method, interface))
    return DraftCall(by, contract._draft(found, pay, arguments))  # noqa: SLF001 - its own


def _amount(pay: object) -> Amount:
    if isinstance(pay, language.Amount):
        pay = pay.units
    if type(pay) is not int or not 0 <= pay <= INT_MAX:
        raise StoryMistake(f"pay={pay!r}: money is counted in whole minor units from 0 up")
    return Amount(pay)


def _explain_missing(name: str, interface: Interface) -> str:
    close = get_close_matches(name, interface.methods, n=1)
    hint = f"did you mean .{close[0]}?" if close else f"it has {list_names(interface.methods)}"
    return f"{interface.name} has no method {name}: {hint}"
