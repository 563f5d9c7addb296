"""Marks on methods: who may call them, and when."""

from collections.abc import Callable
from typing import Any, TypeVar, overload

Method = TypeVar("Method", bound=Callable[..., Any])
Mark = Callable[[Method], Method]


def init(method: Method) -> Method:
    """Mark the method that runs once, when the contract is deployed.

    A class that inherits and has an `@init` of its own calls those of its bases in it, by name.
    """
    return method


@overload
def call(method: Method, /) -> Method: ...
@overload
def call(*, pays: str = "", reentrant: bool = False) -> Callable[[Method], Method]: ...
def call(method: Any = None, /, *, pays: str = "", reentrant: bool = False) -> Any:  # noqa: ARG001 - the checker reads it in the source
    """Mark a method that changes state.

    `pays` names the `Var[Asset]` in which it accepts money, which `self.paid` then tells.
    `reentrant` lets it be called while another method of the contract still runs; nothing else may.
    """
    return (lambda decorated: decorated) if method is None else method


@overload
def view(method: Method, /) -> Method: ...
@overload
def view(*, reentrant: bool = False) -> Callable[[Method], Method]: ...
def view(method: Any = None, /, *, reentrant: bool = False) -> Any:  # noqa: ARG001 - as above
    """Mark a method that only reads."""
    return (lambda decorated: decorated) if method is None else method


def invariant(method: Method) -> Method:
    """Mark a promise: a method `(self) -> bool` that only reads and is always true.

    Anybody may ask it as a view; `dure.testing` asks it after every generated call.
    """
    return method


def scheduled(method: Method) -> Method:
    """Mark a method that only the chain's scheduler may call."""
    return method


def migrate(method: Method) -> Method:
    """Mark the method that runs once, when this code replaces an older version.

    A field keeps its type for ever. To change one, give the new field a new name and fill it here.
    """
    return method


def transfer_rule(method: Method) -> Method:
    """Mark a method `(self, source: Address, target: Address, amount: Amount) -> Amount`.

    Once `self.set_transfer_rule` attached it to an own asset, the ledger asks it before every
    transfer of the asset: it refuses by `require`, and returns the fee that stays with this
    contract out of the amount. It only reads.
    """
    return method


@overload
def only(*, role: str) -> Callable[[Method], Method]: ...
@overload
def only(*, party: str) -> Callable[[Method], Method]: ...
def only(*, role: str = "", party: str = "") -> Callable[[Method], Method]:  # noqa: ARG001 - as above
    """Let only some call the method. Several of these marks allow anybody that one of them means.

    `role`: holders of a role that the members granted at this contract. `party`: whoever stands in
    that field of the contract, a `Var[Address]` or a `List[Address]`.
    """
    return lambda method: method
