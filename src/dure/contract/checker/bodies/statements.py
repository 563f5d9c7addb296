"""Third step, statements: reads a method's body from top to bottom.

Each reader answers whether the flow may go on behind its statement. `Scope.bound` holds the locals
that surely have a value; a local keeps one type for the whole method.
"""

import ast
from typing import Final

from dure.contract.checker.bodies.calls import check_call
from dure.contract.checker.bodies.expressions import (
    check_condition,
    check_expression,
    check_operator,
    find_map_entry,
    find_stored_item,
)
from dure.contract.checker.bodies.meanings import StoredListCall, VarField
from dure.contract.checker.bodies.scope import Scope, is_unknown
from dure.contract.checker.declared.annotations import read_value_type
from dure.contract.checker.declared.declarations import without_docstring
from dure.contract.checker.text.refused import RefusedStatement, find_stored_names
from dure.contract.shapes import INT, NOTHING, STR, UNKNOWN, Sort, Type, list_of


def check_body(scope: Scope) -> None:
    """Check the whole body of the scope's method."""
    method = scope.method
    for parameter in method.parameters:
        if scope.is_taken(parameter.name) or parameter.name in scope.locals:
            scope.refuse("duplicate-name", method.node, name=parameter.name)
        scope.locals[parameter.name] = parameter.type
        scope.bound.add(parameter.name)
    goes_on = _check_suite(without_docstring(method.node.body), scope)
    if goes_on and method.result != NOTHING:
        expected = str(method.result)
        scope.refuse("missing-return", method.node, name=method.name, expected=expected)


def _check_suite(body: list[ast.stmt], scope: Scope) -> bool:
    goes_on = True
    for statement in body:
        goes_on = _check_statement(statement, scope) and goes_on
    return goes_on


def _check_statement(node: ast.stmt, scope: Scope) -> bool:  # noqa: C901 - one line a statement
    match node:
        case ast.Assign(targets=[target], value=value):
            _assign(target, value, None, scope)
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            _assign(
                target, value, read_value_type(node.annotation, scope.known, scope.problems), scope
            )
        case ast.AugAssign():
            _change(node, scope)
        case ast.Expr(value=ast.Call() as call):
            _check_call_statement(call, scope)
        case ast.If():
            return _check_if(node, scope)
        case ast.For():
            _check_for(node, scope)
        case ast.Return():
            _check_return(node, scope)
            return False
        case ast.Break() | ast.Continue():
            if scope.loops == 0:
                scope.refuse("outside-loop", node, name=type(node).__name__.lower())
            return False
        case ast.Pass():
            pass
        case RefusedStatement(stored=stored, leaves=leaves):
            scope.bind_unknown(stored)
            return not leaves
        case _:
            scope.refuse(_OTHER.get(type(node), "unknown-syntax"), node, name=type(node).__name__)
    return True


_OTHER: Final[dict[type[ast.stmt], str]] = {
    ast.AnnAssign: "assignment-target",
    ast.Expr: "unused-value",
    ast.ImportFrom: "import",
}


def _check_call_statement(node: ast.Call, scope: Scope) -> None:
    match node:
        case ast.Call(func=ast.Name(id="require"), args=[condition, reason], keywords=[]) if (
            "require" in scope.known.imported
        ):
            check_condition(condition, scope)
            check_expression(reason, scope, STR)
        case ast.Call(func=ast.Name(id="require")) if "require" in scope.known.imported:
            scope.refuse("call-arguments", node, name="require", expected="condition, reason")
        case ast.Call(func=ast.Attribute()):
            scope.notes.types[node] = check_call(node, scope)
        case _:
            if not is_unknown(check_call(node, scope)):
                scope.refuse("unused-value", node)


def _check_return(node: ast.Return, scope: Scope) -> None:
    expected = scope.method.result
    is_nothing = node.value is None or (
        isinstance(node.value, ast.Constant) and node.value.value is None
    )
    if is_nothing:
        scope.expect(node, NOTHING, expected)
    elif expected == NOTHING:
        assert node.value is not None
        scope.expect(node, check_expression(node.value, scope), NOTHING)
    else:
        assert node.value is not None
        check_expression(node.value, scope, expected)


def _check_if(node: ast.If, scope: Scope) -> bool:
    check_condition(node.test, scope)
    before = set(scope.bound)
    body_goes_on = _check_suite(node.body, scope)
    after_body = scope.bound
    scope.bound = set(before)
    else_goes_on = _check_suite(node.orelse, scope)
    if body_goes_on and else_goes_on:
        scope.bound &= after_body
    elif body_goes_on:
        scope.bound = after_body
    return body_goes_on or else_goes_on


def _check_for(node: ast.For, scope: Scope) -> None:
    item = _check_iterable(node, scope)
    before = set(scope.bound)
    _bind_loop_names(node, item, scope)
    scope.loops += 1
    _check_suite(node.body, scope)
    scope.loops -= 1
    scope.bound = before


def _bind_loop_names(node: ast.For, item: Type, scope: Scope) -> None:
    match node.target, node.iter:
        case ast.Tuple(elts=[ast.Name() as index, ast.Name() as name]), ast.Call(
            func=ast.Name(id="enumerate")
        ):
            _bind(index, INT, scope)
            _bind(name, item, scope)
        case ast.Name() as name, iterable if not _is_call_of(iterable, "enumerate"):
            _bind(name, item, scope)
        case _:
            scope.refuse("assignment-target", node.target)


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _check_iterable(node: ast.For, scope: Scope) -> Type:
    match node.iter:
        case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]) if (
            1 <= len(arguments) <= 3
        ):
            for argument in arguments:
                check_expression(argument, scope, INT)
            if len(arguments) == 3 and not _is_step(arguments[2]):
                scope.refuse("range-step", arguments[2])
            return INT
        case ast.Call(func=ast.Name(id="enumerate"), args=[iterable], keywords=[]):
            pass
        case iterable:
            pass
    stored = scope.find_stored_list(iterable)
    if stored is not None:
        scope.notes.types[iterable] = list_of(stored[1])
        scope.mean(iterable, StoredListCall("walk", stored[0]), stored[1])
        return stored[1]
    kind = check_expression(iterable, scope)
    if kind.sort is Sort.LIST:
        return kind.item
    return UNKNOWN if is_unknown(kind) else scope.refuse("not-iterable", node.iter)


def _is_step(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and node.value != 0


def _bind(node: ast.Name, kind: Type, scope: Scope) -> None:
    name = node.id
    if scope.is_taken(name):
        scope.refuse("duplicate-name", node, name=name)
        return
    if name in scope.locals:
        scope.expect(node, kind, scope.locals[name])
    else:
        scope.locals[name] = kind
    scope.bound.add(name)


def _assign(target: ast.expr, value: ast.expr, annotated: Type | None, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        expected = annotated or scope.locals.get(target.id)
        _bind(target, check_expression(value, scope, expected), scope)
        return
    expected = _check_target(target, scope)
    check_expression(value, scope, None if is_unknown(expected) else expected)
    scope.bind_unknown(find_stored_names(target))


def _check_target(target: ast.expr, scope: Scope) -> Type:
    """Return the type of an assignable place: a Var, a map entry, a list's item."""
    found = find_map_entry(target, scope)
    if found is not None and found[0].keys and found[1].sort is not Sort.MAP:
        scope.changes.append(target)
        return scope.mean(target, *found)
    item = find_stored_item(target, scope)
    if item is not None:
        scope.changes.append(target)
        return scope.mean(target, *item)
    match target:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if (
            name in scope.contract.state
            and scope.contract.state[name].sort not in (Sort.MAP, Sort.STORED_LIST)
        ):
            scope.changes.append(target)
            return scope.mean(target, VarField(name), scope.contract.state[name])
        case ast.Subscript(value=ast.expr() as owner, slice=index) if not isinstance(
            index, ast.Slice
        ):
            return _check_item_target(target, owner, index, scope)
        case ast.Attribute(value=ast.expr() as owner) if not isinstance(owner, ast.Name) or (
            owner.id in scope.locals
        ):
            return scope.refuse("immutable", target, type=str(check_expression(owner, scope)))
        case _:
            return scope.refuse("assignment-target", target)


def _check_item_target(
    target: ast.Subscript, owner: ast.expr, index: ast.expr, scope: Scope
) -> Type:
    kind = check_expression(owner, scope)
    check_expression(index, scope, INT)
    if kind.sort is not Sort.LIST:
        return UNKNOWN if is_unknown(kind) else scope.refuse("immutable", target, type=str(kind))
    if not isinstance(owner, ast.Name):
        return scope.refuse("lost-change", target)
    return kind.item


def _change(node: ast.AugAssign, scope: Scope) -> None:
    if isinstance(node.target, ast.Name):
        kind = check_expression(
            ast.copy_location(ast.Name(node.target.id, ast.Load()), node), scope
        )
    else:
        kind = _check_target(node.target, scope)
    value = check_expression(node.value, scope, kind if kind.sort is Sort.LIST else None)
    scope.notes.types[node.target] = kind
    sides = (node.target, node.value)
    scope.expect(node, check_operator(node, sides, (kind, value), scope), kind)
