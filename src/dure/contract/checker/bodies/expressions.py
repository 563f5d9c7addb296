"""Third step, expressions.

Finds the static type of every expression and what every name in it means.

`check_expression` notes both; no attribute is ever looked up when the contract runs. Calls have a
module of their own.
"""

import ast
from collections.abc import Callable
from typing import Final

from dure.contract.checker.bodies.meanings import (
    Comparison,
    Context,
    Fixed,
    Inside,
    MapCall,
    MapEntry,
    RecordField,
    Rounded,
    StoredItem,
    StoredListCall,
    VarField,
)
from dure.contract.checker.bodies.operators import (
    SIZED,
    SYMBOLS,
    find_binary,
    find_unary,
    is_comparable,
    is_ordered,
)
from dure.contract.checker.bodies.scope import Scope, is_unknown
from dure.contract.checker.text.refused import RefusedExpression
from dure.contract.checker.vocabulary import BUILTINS, CONTEXT
from dure.contract.shapes import (
    AMOUNT,
    BOOL,
    BYTES,
    DURATION,
    INT,
    NOTHING,
    STR,
    TIME,
    UNKNOWN,
    Sort,
    Type,
    is_amount,
    is_asset,
    list_of,
    stored_list_of,
)


def check_expression(node: ast.expr, scope: Scope, expected: Type | None = None) -> Type:
    """Return the type of `node`; where `expected` is given, refuse another one."""
    found = scope.seen.get(node)
    if found is None:
        found = _CHECKS.get(type(node), _check_other)(node, scope, expected)
        scope.notes.types[node] = scope.seen[node] = found
    if expected is not None:
        scope.expect(node, found, expected)
    return found


def check_condition(node: ast.expr, scope: Scope) -> None:
    """Refuse anything but a truth value."""
    found = check_expression(node, scope)
    if found != BOOL and not is_unknown(found):
        scope.refuse("condition", node, got=str(found))


def _check_other(node: ast.expr, scope: Scope, expected: Type | None) -> Type:
    del expected
    if isinstance(node, RefusedExpression):
        scope.bind_unknown(node.stored)
        return UNKNOWN
    rule = "tuple" if isinstance(node, ast.Tuple) else "unknown-syntax"
    return scope.refuse(rule, node, name=type(node).__name__)


def _check_constant(node: ast.Constant, scope: Scope, expected: Type | None) -> Type:
    del expected
    match node.value:
        case bool():
            return BOOL
        case int():
            return INT
        case str():
            return STR
        case bytes():
            return BYTES
        case value:
            return scope.refuse("ellipsis" if value is Ellipsis else "literal", node)


def _check_name(node: ast.Name, scope: Scope, expected: Type | None) -> Type:
    del expected
    name = node.id
    if name in scope.locals:
        if name not in scope.bound:
            scope.refuse("unbound-name", node, name=name)
        return scope.locals[name]
    if name in scope.known.constants:
        constant = scope.known.constants[name]
        return scope.mean(node, Fixed(constant.value), constant.type)
    if name in scope.known.broken:
        return UNKNOWN
    is_word = name in BUILTINS or name in scope.known.imported or scope.is_taken(name)
    return scope.refuse("not-a-value" if is_word else "unknown-name", node, name=name)


def _check_attribute(node: ast.Attribute, scope: Scope, expected: Type | None) -> Type:
    del expected
    match node.value:
        case ast.Name(id="self"):
            return _check_self_attribute(node, scope)
        case ast.Name(id=name) if name in scope.known.choices:
            members = [member for member, _ in scope.known.choices[name].members]
            if node.attr in members:
                return scope.mean(node, Fixed(node.attr), Type(Sort.CHOICE, name))
            return scope.refuse("unknown-attribute", node, type=name, name=node.attr)
        case value:
            return _check_value_attribute(node, check_expression(value, scope), scope)


def _check_self_attribute(node: ast.Attribute, scope: Scope) -> Type:
    name = node.attr
    if name == "paid":
        return _check_paid(node, scope)
    if name in CONTEXT:
        return scope.mean(node, Context(name), CONTEXT[name])
    if name in scope.contract.state:
        kind = scope.contract.state[name]
        if kind.sort in (Sort.MAP, Sort.STORED_LIST):
            return scope.refuse("not-a-value", node, name=f"self.{name}")
        return scope.mean(node, VarField(name), kind)
    if name in scope.contract.methods:
        return scope.refuse("not-a-value", node, name=f"self.{name}")
    return scope.refuse("unknown-attribute", node, type="this contract", name=name)


def _check_paid(node: ast.Attribute, scope: Scope) -> Type:
    asset = scope.contract.state.get(scope.method.pays)
    if asset is None or not is_asset(asset):
        return scope.refuse("paid", node)
    return scope.mean(node, Context("paid"), Type(AMOUNT.sort, AMOUNT.name, asset.items))


def _check_value_attribute(node: ast.Attribute, owner: Type, scope: Scope) -> Type:
    if owner.sort is Sort.RECORD:
        found = scope.whole.records[owner.name].find(node.attr)
        if found is not None:
            return scope.mean(node, RecordField(node.attr), found.type)
    if (
        node.attr == "milliseconds"
        if owner in (TIME, DURATION)
        else node.attr == "units" and (is_amount(owner) or owner.sort is Sort.DECIMAL)
    ):
        return scope.mean(node, Inside(), INT)
    if is_unknown(owner):
        return UNKNOWN
    return scope.refuse("unknown-attribute", node, type=str(owner), name=node.attr)


def find_map_entry(node: ast.expr, scope: Scope) -> tuple[MapEntry, Type] | None:
    """Return the entry that `self.m[a][b]` names and the type found there.

    None where `node` is no map.
    """
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            kind = scope.contract.state.get(name)
            return (MapEntry(name, ()), kind) if kind and kind.sort is Sort.MAP else None
        case ast.Subscript(value=inner, slice=key):
            found = find_map_entry(inner, scope)
            if found is None or found[1].sort is not Sort.MAP:
                return None
            entry, kind = found
            check_expression(key, scope, kind.items[0])
            return MapEntry(entry.name, (*entry.keys, key)), kind.item
        case _:
            return None


def find_stored_item(node: ast.expr, scope: Scope) -> tuple[StoredItem, Type] | None:
    """Return what `self.bids[index]` names and its type; None where `node` is something else."""
    match node:
        case ast.Subscript(value=owner, slice=index) if not isinstance(index, ast.Slice):
            found = scope.find_stored_list(owner)
            if found is None:
                return None
            check_expression(index, scope, INT)
            return StoredItem(found[0], index), found[1]
        case _:
            return None


def _check_subscript(node: ast.Subscript, scope: Scope, expected: Type | None) -> Type:
    del expected
    found = find_map_entry(node, scope)
    if found is not None:
        entry, kind = found
        if kind.sort is Sort.MAP:
            return scope.refuse("not-a-value", node, name=ast.unparse(node)[:60])
        return scope.mean(node, entry, kind)
    item = find_stored_item(node, scope)
    if item is not None:
        return scope.mean(node, *item)
    owner = check_expression(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        for bound in (node.slice.lower, node.slice.upper):
            if bound is not None:
                check_expression(bound, scope, INT)
        return _check_sliced(node, owner, scope)
    check_expression(node.slice, scope, INT)
    if owner.sort is Sort.LIST:
        return owner.item
    if owner in (STR, BYTES):
        return STR if owner == STR else INT
    return _check_sliced(node, owner, scope)


def _check_sliced(node: ast.Subscript, owner: Type, scope: Scope) -> Type:
    if owner.sort is Sort.LIST or owner in (STR, BYTES):
        return owner
    if is_unknown(owner):
        return UNKNOWN
    return scope.refuse("operator", node, name="[…]", left=str(owner), right="int")


def _check_binary(node: ast.BinOp, scope: Scope, expected: Type | None) -> Type:
    joins = isinstance(node.op, ast.Add)
    hint = expected if joins and expected is not None and expected.sort is Sort.LIST else None
    left = check_expression(node.left, scope, hint)
    right = check_expression(node.right, scope, left if joins and left.sort is Sort.LIST else None)
    return check_operator(node, (node.left, node.right), (left, right), scope)


def check_operator(
    node: ast.BinOp | ast.AugAssign,
    sides: tuple[ast.expr, ast.expr],
    types: tuple[Type, Type],
    scope: Scope,
) -> Type:
    """Return the type of `left operator right`."""
    left, right = types
    if is_unknown(left) or is_unknown(right):
        return UNKNOWN
    found = find_binary(node.op, left, right)
    if found is None:
        symbol = SYMBOLS[type(node.op)]
        return scope.refuse("operator", node, name=symbol, left=str(left), right=str(right))
    if right.sort is Sort.DECIMAL and isinstance(node.op, ast.Mult):
        decimals = scope.whole.decimals
        rounding = decimals[(right if is_amount(left) else left).name].rounding
        scope.mean(node, Rounded(sides, decimals[right.name].scale, rounding), found)
    return found


def _check_unary(node: ast.UnaryOp, scope: Scope, expected: Type | None) -> Type:
    del expected
    operand = check_expression(node.operand, scope)
    found = find_unary(node.op, operand)
    if found is not None:
        return found
    if is_unknown(operand):
        return UNKNOWN
    symbol = SYMBOLS[type(node.op)]
    return scope.refuse("operator", node, name=symbol, left=str(operand), right="nothing")


def _check_boolean(node: ast.BoolOp, scope: Scope, expected: Type | None) -> Type:
    del expected
    for value in node.values:
        check_condition(value, scope)
    return BOOL


def _check_choice(node: ast.IfExp, scope: Scope, expected: Type | None) -> Type:
    check_condition(node.test, scope)
    found = check_expression(node.body, scope, expected)
    check_expression(node.orelse, scope, found)
    return found


def _check_compare(node: ast.Compare, scope: Scope, expected: Type | None) -> Type:
    del expected
    if isinstance(node.ops[0], ast.In | ast.NotIn) and len(node.ops) == 1:
        return _check_membership(node, scope)
    left = check_expression(node.left, scope)
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = check_expression(comparator, scope)
        if not is_unknown(left) and not is_unknown(right):
            _check_pair(node, operator, left, right, scope=scope)
    if left in SIZED and len(node.ops) == 1 and not _has_literal(node):
        scope.mean(node, Comparison(left), BOOL)
    return BOOL


def _check_pair(
    node: ast.Compare, operator: ast.cmpop, left: Type, right: Type, *, scope: Scope
) -> None:
    equality = isinstance(operator, ast.Eq | ast.NotEq)
    works = is_comparable(left) if equality else is_ordered(left)
    chained = len(node.ops) > 1 and not left.is_numeric
    membership = isinstance(operator, ast.In | ast.NotIn)
    if left != right or not works or chained or membership:
        symbol = SYMBOLS[type(operator)]
        scope.refuse("operator", node, name=symbol, left=str(left), right=str(right))


def _has_literal(node: ast.Compare) -> bool:
    """Say whether one side is a short written text: no more than that is ever looked at."""
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str | bytes)
        and len(each.value) <= _SHORT_TEXT
        for each in (node.left, node.comparators[0])
    )


_SHORT_TEXT: Final = 64
"""Characters of a text that is compared for nothing but its syntax nodes."""


def _check_membership(node: ast.Compare, scope: Scope) -> Type:
    container = node.comparators[0]
    found = find_map_entry(container, scope)
    if found is not None and found[1].sort is Sort.MAP:
        entry, kind = found
        check_expression(node.left, scope, kind.items[0])
        whole = MapEntry(entry.name, (*entry.keys, node.left))
        return scope.mean(node, MapCall("has", whole), BOOL)
    item = check_expression(node.left, scope)
    stored = scope.find_stored_list(container)
    if stored is not None and (item == stored[1] or is_unknown(item)) and is_comparable(stored[1]):
        return scope.mean(node, StoredListCall("holds", stored[0], (node.left,)), BOOL)
    owner = stored_list_of(stored[1]) if stored else check_expression(container, scope)
    if is_unknown(owner) or is_unknown(item):
        return BOOL
    fits = owner == item if owner in SIZED else owner == list_of(item) and is_comparable(item)
    if not fits:
        symbol = SYMBOLS[type(node.ops[0])]
        return scope.refuse("operator", node, name=symbol, left=str(item), right=str(owner))
    return scope.mean(node, Comparison(owner), BOOL)


def _check_text(node: ast.JoinedStr, scope: Scope, expected: Type | None) -> Type:
    del expected
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            found = check_expression(part.value, scope)
            if found not in (INT, STR) and not is_unknown(found):
                scope.refuse("type-mismatch", node, got=str(found), expected="int or str")
    return STR


def _check_list(node: ast.List, scope: Scope, expected: Type | None) -> Type:
    if expected is not None and expected.sort is Sort.LIST:
        for element in node.elts:
            check_expression(element, scope, expected.item)
        return expected
    if not node.elts:
        return scope.refuse("unknown-type", node)
    first = check_expression(node.elts[0], scope)
    for element in node.elts[1:]:
        check_expression(element, scope, first)
    if first.sort in (Sort.INTERFACE, Sort.NOTHING):
        return scope.refuse("not-a-value", node, name=str(first))
    return list_of(first)


def _check_call(node: ast.Call, scope: Scope, expected: Type | None) -> Type:
    # Calls and expressions contain each other; the import stands here to keep the two modules
    # apart.
    from dure.contract.checker.bodies.calls import check_call  # noqa: PLC0415

    found = check_call(node, scope, expected)
    if found == NOTHING:
        return scope.refuse("not-a-value", node, name=ast.unparse(node.func)[:60])
    return found


_CHECKS: Final[dict[type[ast.expr], Callable[..., Type]]] = {
    ast.Constant: _check_constant,
    ast.Name: _check_name,
    ast.Attribute: _check_attribute,
    ast.Subscript: _check_subscript,
    ast.BinOp: _check_binary,
    ast.UnaryOp: _check_unary,
    ast.BoolOp: _check_boolean,
    ast.IfExp: _check_choice,
    ast.Compare: _check_compare,
    ast.JoinedStr: _check_text,
    ast.List: _check_list,
    ast.Call: _check_call,
}
