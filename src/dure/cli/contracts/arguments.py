"""Methods and arguments as people type them, by the types that a contract's interface declares."""

from typing import Any

from dure.cli.access import parse_arguments, parse_value
from dure.contract.interface import Interface, MethodInterface
from dure.contract.values import from_json, to_json
from dure.core.errors import ConfigurationError, DureError
from dure.sdk.contracts import USABLE_KINDS


def find_method(interface: Interface, name: str) -> MethodInterface:
    """Return the method; say which there are where callers cannot use one of that name."""
    usable = {each.name: each for each in interface.methods.values() if each.kind in USABLE_KINDS}
    if name not in usable:
        known = ", ".join(usable) or "none"
        raise ConfigurationError(f"{interface.name} has no method {name!r}; it has: {known}")
    return usable[name]


def read_values(
    interface: Interface, method: MethodInterface | None, arguments: list[str] | None
) -> dict[str, object]:
    """Return all arguments of the method, in its order, as values of the types that it declares."""
    texts = parse_arguments(arguments)
    parameters = () if method is None else method.parameters
    if set(texts) != {each.name for each in parameters}:
        taken = ", ".join(f"{each.name}=<{each.type}>" for each in parameters) or "no arguments"
        name = "the contract" if method is None else method.name
        raise ConfigurationError(f"{name} takes {taken}")
    values: dict[str, object] = {}
    for each in parameters:
        try:
            value = parse_value(texts[each.name], each.type)
            values[each.name] = from_json(interface, each.type, value)
        except DureError as problem:
            raise ConfigurationError(f"{each.name}: {problem.message}") from problem
    return values


def render_result(interface: Interface, method: str, value: Any) -> object:
    """Return a method's result in its JSON form."""
    return to_json(interface, interface.methods[method].result, value)
