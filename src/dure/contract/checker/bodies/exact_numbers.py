"""Calls on the classes of money and of fixed-point numbers, and on the numbers themselves.

All that rounds becomes one meaning, `Rounded`: a product, divided and rounded once.
"""

import ast

from dure.contract.checker.bodies.arguments import bind_types, mean_call
from dure.contract.checker.bodies.expressions import check_expression
from dure.contract.checker.bodies.meanings import Fixed, Rounded, Scale
from dure.contract.checker.bodies.scope import Scope, is_unknown
from dure.contract.checker.declared.constants import read_decimal_text
from dure.contract.shapes import AMOUNT, INT, UNKNOWN, DecimalShape, Sort, Type, of_currency


def check_decimal_text(node: ast.Call, shape: DecimalShape, scope: Scope) -> Type:
    """Return the type of `Rate("0.035")`."""
    units = read_decimal_text(node, shape)
    if units is None:
        return scope.refuse("decimal-literal", node, name=shape.name, places=str(shape.places))
    return scope.mean(node, Fixed(units), Type(Sort.DECIMAL, shape.name))


def check_number_class(node: ast.Call, owner: str, name: str, scope: Scope) -> Type:
    """Return the type of `Won.of(…)`, `Rate.ratio(…)` and their like."""
    if owner in scope.known.currencies and name == "of":
        return _check_units(node, of_currency(AMOUNT, owner), scope)
    shape = scope.known.decimals.get(owner)
    if shape is None or name not in ("from_units", "ratio", "round"):
        return scope.refuse("unknown-attribute", node, type=owner, name=name)
    kind = Type(Sort.DECIMAL, owner)
    if name == "from_units":
        return _check_units(node, kind, scope)
    if name == "ratio":
        bound = bind_types(node, [INT, INT], scope, ["numerator", "denominator"])
        return mean_call(
            node,
            bound,
            lambda found: Rounded((found[0], shape.scale), found[1], shape.rounding),
            kind,
            scope,
        )
    return _check_round(node, shape, kind, scope)


def _check_units(node: ast.Call, kind: Type, scope: Scope) -> Type:
    bound = bind_types(node, [INT], scope, ["units"])
    return mean_call(node, bound, lambda found: Scale(1, found[0]), kind, scope)


def _check_round(node: ast.Call, shape: DecimalShape, kind: Type, scope: Scope) -> Type:
    found = _check_number(node, "round", "a number of any Decimal class", scope)
    if is_unknown(found):
        return UNKNOWN
    if found.sort is not Sort.DECIMAL:
        return scope.refuse("type-mismatch", node.args[0], got=str(found), expected="Decimal")
    other = scope.whole.decimals[found.name]
    return scope.mean(node, Rounded((node.args[0], shape.scale), other.scale, shape.rounding), kind)


def check_decimal_method(
    node: ast.Call, owner: ast.expr, kind: Type, name: str, *, scope: Scope
) -> Type:
    """Return the type of `rate.scale(…)` and `rate.divided_by(…)`."""
    shape = scope.whole.decimals[kind.name]
    if name == "scale":
        bound = bind_types(node, [INT], scope, ["number"])
        return mean_call(
            node,
            bound,
            lambda found: Rounded((owner, found[0]), shape.scale, shape.rounding),
            INT,
            scope,
        )
    if name != "divided_by":
        return scope.refuse("unknown-attribute", node, type=str(kind), name=name)
    found = _check_number(node, name, "an int or a number of any Decimal class", scope)
    if is_unknown(found):
        return UNKNOWN
    if found != INT and found.sort is not Sort.DECIMAL:
        return scope.refuse("type-mismatch", node.args[0], got=str(found), expected="int")
    factor = scope.whole.decimals[found.name].scale if found != INT else 1
    return scope.mean(node, Rounded((owner, factor), node.args[0], shape.rounding), kind)


def _check_number(node: ast.Call, name: str, expected: str, scope: Scope) -> Type:
    if node.keywords or len(node.args) != 1:
        return scope.refuse("call-arguments", node, name=name, expected=expected)
    return check_expression(node.args[0], scope)
