"""Reads annotations: syntax to `Type`."""

import ast

from dure.contract.checker.declared.constants import compute_constant
from dure.contract.checker.text.refused import RefusedExpression
from dure.contract.limits import LIST_LIMIT_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import (
    INT,
    NOTHING,
    SCALARS,
    UNKNOWN,
    Declarations,
    Sort,
    Type,
    list_of,
    map_of,
    of_currency,
    stored_list_of,
)


def read_value_type(node: ast.expr | None, known: Declarations, problems: Problems) -> Type:
    """Return the type of a value: a scalar, list, record, choice or decimal."""
    match node:
        case ast.Name(id=name):
            found = known.find_type(name)
            if found is not None:
                return found
        case ast.Subscript(value=ast.Name(id="list"), slice=ast.expr() as item):
            return list_of(read_value_type(item, known, problems))
        case ast.Subscript(
            value=ast.Name(id="Asset" | "Amount" as money), slice=ast.Name(id=currency)
        ) if money in known.imported and currency in known.currencies:
            return of_currency(SCALARS[money], currency)
        case _:
            pass
    return _refuse(node, problems)


def read_result_type(node: ast.expr | None, known: Declarations, problems: Problems) -> Type:
    """Return the type behind `->`: a value or None."""
    if isinstance(node, ast.Constant) and node.value is None:
        return NOTHING
    return read_value_type(node, known, problems)


def read_state_type(node: ast.expr, known: Declarations, problems: Problems) -> Type:
    """Return what `Var[T]` holds, or the type of a `Map[K, V]` or a `List[T]`."""
    match node:
        case ast.Subscript(value=ast.Name(id="Var"), slice=ast.expr() as inner) if (
            "Var" in known.imported
        ):
            return read_value_type(inner, known, problems)
        case ast.Subscript(value=ast.Name(id="List"), slice=ast.expr() as inner) if (
            "List" in known.imported
        ):
            return stored_list_of(read_value_type(inner, known, problems))
        case ast.Subscript(value=ast.Name(id="Map")):
            return _read_map_type(node, known, problems)
        case _:
            return _refuse(node, problems)


def read_limit(node: ast.AnnAssign, known: Declarations, problems: Problems) -> int:
    """Return the limit in `bids: List[Bid] = List(limit=100)`."""
    match node.value:
        case ast.Call(
            func=ast.Name(id="List"), args=[], keywords=[ast.keyword(arg="limit", value=value)]
        ):
            match compute_constant(value, known):
                case (kind, int() as limit) if kind == INT and 1 <= limit <= LIST_LIMIT_MAX:
                    return limit
                case _:
                    pass
        case _:
            pass
    problems.add("list-limit", node)
    return 1


def _read_map_type(node: ast.expr, known: Declarations, problems: Problems) -> Type:
    match node:
        case ast.Subscript(value=ast.Name(id="Map"), slice=ast.Tuple(elts=[key, value])) if (
            "Map" in known.imported
        ):
            key_type = read_value_type(key, known, problems)
            if key_type.sort not in (Sort.SCALAR, Sort.CHOICE, Sort.DECIMAL, Sort.UNKNOWN):
                key_type = _refuse(key, problems)
            nested = isinstance(value, ast.Subscript) and ast.unparse(value.value) == "Map"
            read = _read_map_type if nested else read_value_type
            return map_of(key_type, read(value, known, problems))
        case _:
            return _refuse(node, problems)


def _refuse(node: ast.expr | None, problems: Problems) -> Type:
    if isinstance(node, RefusedExpression):
        return UNKNOWN
    problems.add("annotation", node, name="nothing" if node is None else ast.unparse(node)[:60])
    return UNKNOWN
