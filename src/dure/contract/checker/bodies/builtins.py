"""The builtins that a contract may call, each with the types that it takes."""

import ast
from collections.abc import Callable
from typing import Final

from dure.contract.checker.bodies.expressions import check_expression
from dure.contract.checker.bodies.meanings import Builtin, StoredListCall
from dure.contract.checker.bodies.operators import find_binary, is_ordered
from dure.contract.checker.bodies.scope import Scope, is_unknown
from dure.contract.shapes import BYTES, INT, STR, UNKNOWN, Sort, Type


def check_builtin(node: ast.Call, name: str, scope: Scope, expected: Type | None) -> Type:
    """Return the result's type of a builtin's call."""
    if name not in _FORMS:
        return scope.refuse("not-callable", node)
    takes = TAKES[name]
    if node.keywords or not node.args:
        return scope.refuse("call-arguments", node, name=name, expected=takes)
    stored = scope.find_stored_list(node.args[0])
    if stored is not None and name == "len" and len(node.args) == 1:
        return scope.mean(node, StoredListCall("length", stored[0]), INT)
    hint = expected if name == "sorted" else None
    types = [check_expression(argument, scope, hint) for argument in node.args]
    if any(is_unknown(kind) for kind in types):
        return UNKNOWN
    found = _FORMS[name](types)
    if found is None:
        return scope.refuse("call-arguments", node, name=name, expected=takes)
    form, result = found
    return scope.mean(node, Builtin(form, tuple(node.args)), result)


_Form = tuple[str, Type] | None


def _find_abs(types: list[Type]) -> _Form:
    return ("abs", types[0]) if len(types) == 1 and types[0] == INT else None


def _find_len(types: list[Type]) -> _Form:
    sized = types[0].sort is Sort.LIST or types[0] in (STR, BYTES)
    return ("len", INT) if len(types) == 1 and sized else None


def _find_str(types: list[Type]) -> _Form:
    return ("str", STR) if types == [INT] else None


def _find_sum(types: list[Type]) -> _Form:
    # Python begins a sum with the number 0, so of anything else the author says where to begin.
    match types:
        case [Type(sort=Sort.LIST) as numbers] if numbers.item == INT:
            return "sum", INT
        case [Type(sort=Sort.LIST) as numbers, start] if numbers.item == start and _adds(start):
            return "sum", start
        case _:
            return None


def _adds(kind: Type) -> bool:
    return find_binary(ast.Add(), kind, kind) == kind and kind.is_numeric


def _find_sorted(types: list[Type]) -> _Form:
    fits = len(types) == 1 and types[0].sort is Sort.LIST and is_ordered(types[0].item)
    return ("sorted", types[0]) if fits else None


def _find_extreme(name: str) -> Callable[[list[Type]], _Form]:
    def find(types: list[Type]) -> _Form:
        first = types[0]
        if len(types) == 1:
            fits = first.sort is Sort.LIST and is_ordered(first.item)
            return (f"{name}_of_list", first.item) if fits else None
        return (name, first) if first.is_numeric and set(types) == {first} else None

    return find


_FORMS: Final[dict[str, Callable[[list[Type]], _Form]]] = {
    "abs": _find_abs,
    "len": _find_len,
    "str": _find_str,
    "sum": _find_sum,
    "sorted": _find_sorted,
    "min": _find_extreme("min"),
    "max": _find_extreme("max"),
}

TAKES: Final = {
    "abs": "one int",
    "len": "one list, List, str or bytes",
    "str": "one int",
    "sum": "one list[int], or a list of numbers and one of their kind to begin with",
    "sorted": "one list of numbers, str or bytes",
    "min": "a list, or two or more numbers of one kind",
    "max": "a list, or two or more numbers of one kind",
}
