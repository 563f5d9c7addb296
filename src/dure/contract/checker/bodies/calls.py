"""Third step, calls.

Every call is resolved to one of the meanings, by allow-lists of names and of (type, method).
"""

import ast
import dataclasses
from collections.abc import Callable, Sequence
from typing import Final

from dure.contract.checker.bodies.builtins import check_builtin
from dure.contract.checker.bodies.expressions import check_expression, find_map_entry
from dure.contract.checker.bodies.meanings import (
    AttachRule,
    Build,
    Emit,
    Host,
    ListCall,
    MapCall,
    MapEntry,
    OwnCall,
    Reference,
    Remote,
    Replace,
    Scale,
    Schedule,
    StoredListCall,
    ValueCall,
)
from dure.contract.checker.bodies.scope import Scope, is_unknown
from dure.contract.checker.refused import RefusedExpression
from dure.contract.checker.vocabulary import (
    BUILTINS,
    DURATION_UNITS,
    HOST_CALLS,
    HOST_PARAMETERS,
    READ_ONLY_HOST_CALLS,
    VALUE_METHODS,
)
from dure.contract.shapes import (
    ADDRESS,
    ASSET,
    DURATION,
    INT,
    NOTHING,
    READING_KINDS,
    TIME,
    UNKNOWN,
    Field,
    Method,
    Sort,
    Type,
)


def check_call(node: ast.Call, scope: Scope, expected: Type | None = None) -> Type:
    """Return the type of the call's result, which may be None."""
    match node.func:
        case ast.Name(id=name):
            return _check_named(node, name, scope, expected)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _check_own(node, name, scope)
        case ast.Attribute(value=owner, attr=name):
            return _check_method(node, owner, name, scope)
        case _:
            return scope.refuse("not-callable", node)


def bind(node: ast.Call, fields: Sequence[Field], scope: Scope) -> tuple[ast.expr, ...] | None:
    """Check the arguments against the fields.

    Return them in the fields' order, or None where they do not fit.
    """
    if any(each.arg is None for each in node.keywords) or any(
        isinstance(each, RefusedExpression) for each in node.args
    ):
        return None
    given: dict[str, ast.expr] = {}
    names = [each.name for each in fields]
    given.update(zip(names, node.args, strict=False))
    surplus = len(node.args) > len(names)
    for keyword in node.keywords:
        surplus = surplus or keyword.arg not in names or keyword.arg in given
        given[str(keyword.arg)] = keyword.value
    if surplus or len(given) != len(names):
        taken = ", ".join(f"{each.name}: {each.type}" for each in fields) or "no arguments"
        scope.refuse("call-arguments", node, name=ast.unparse(node.func)[:60], expected=taken)
        return None
    for each in fields:
        check_expression(given[each.name], scope, each.type)
    return tuple(given[name] for name in names)


def bind_types(
    node: ast.Call, types: Sequence[Type], scope: Scope, names: Sequence[str] = ()
) -> tuple[ast.expr, ...] | None:
    """Like `bind`, for parameters that are known by place, and by name where `names` are given."""
    labels = names or [f"argument {i + 1}" for i in range(len(types))]
    return bind(node, [Field(*pair) for pair in zip(labels, types, strict=True)], scope)


def _check_named(node: ast.Call, name: str, scope: Scope, expected: Type | None) -> Type:
    known = scope.known
    if name in scope.locals:
        return scope.refuse("not-callable", node)
    if name in known.records:
        arguments = bind(node, known.records[name].fields, scope)
        return _mean(
            node, arguments, lambda found: Build(name, found), Type(Sort.RECORD, name), scope
        )
    if name in known.interfaces:
        arguments = bind_types(node, [ADDRESS], scope, ["address"])
        kind = Type(Sort.INTERFACE, name)
        return _mean(node, arguments, lambda found: Reference(found[0]), kind, scope)
    if name in known.events:
        return scope.refuse("event", node)
    if name in known.broken:
        return UNKNOWN
    if name in known.imported:
        return _check_imported(node, name, scope)
    if name in BUILTINS:
        return check_builtin(node, name, scope, expected)
    return scope.refuse("unknown-name", node, name=name)


_IMPORTED: Final = {
    **{name: (factor, DURATION) for name, factor in DURATION_UNITS.items()},
    "Duration": (1, DURATION),
    "Time": (1, TIME),
}


def _check_imported(node: ast.Call, name: str, scope: Scope) -> Type:
    if name == "require":
        return scope.refuse("require", node)
    if name not in _IMPORTED:
        return scope.refuse("not-callable", node)
    factor, kind = _IMPORTED[name]
    arguments = bind_types(node, [INT], scope)
    return _mean(node, arguments, lambda found: Scale(factor, found[0]), kind, scope)


def _check_own(node: ast.Call, name: str, scope: Scope) -> Type:
    if name == "emit":
        return _check_emit(node, scope)
    if name == "schedule":
        return _check_schedule(node, scope)
    if name == "set_transfer_rule":
        return _check_attach_rule(node, scope)
    if name in HOST_CALLS:
        types, result = HOST_CALLS[name]
        if name not in READ_ONLY_HOST_CALLS:
            scope.changes.append(node)
        arguments = bind_types(node, types, scope, HOST_PARAMETERS[name])
        return _mean(node, arguments, lambda found: Host(name, found), result, scope)
    if name not in scope.contract.methods:
        return scope.refuse("unknown-attribute", node, type="this contract", name=name)
    method = scope.contract.methods[name]
    if not _may_call(scope.method, method):
        return scope.refuse("entry-call", node, name=name)
    scope.calls.setdefault(name, node)
    arguments = bind(node, method.parameters, scope)
    return _mean(node, arguments, lambda found: OwnCall(method, found), method.result, scope)


def _may_call(caller: Method, callee: Method) -> bool:
    """Say whether a method may call another; an `@init` may call those of its bases."""
    is_inherited_init = callee.kind == caller.kind == "init" and callee is not caller
    return callee.kind == "internal" or callee.kind in READING_KINDS or is_inherited_init


def _check_emit(node: ast.Call, scope: Scope) -> Type:
    scope.changes.append(node)
    match node:
        case ast.Call(args=[ast.Call(func=ast.Name(id=name)) as event], keywords=[]) if (
            name in scope.known.events
        ):
            arguments = bind(event, scope.known.events[name].fields, scope)
            return _mean(node, arguments, lambda found: Emit(name, found), NOTHING, scope)
        case _:
            return scope.refuse("event", node)


def _check_schedule(node: ast.Call, scope: Scope) -> Type:
    scope.changes.append(node)
    gas = next((each.value for each in node.keywords if each.arg == "gas"), None)
    if gas is not None:
        check_expression(gas, scope, INT)
    match node.args:
        case [at, ast.Attribute(value=ast.Name(id="self"), attr=name), *rest]:
            method = scope.contract.methods.get(name)
        case _:
            return scope.refuse("schedule-method", node)
    if method is None or method.kind != "scheduled":
        return scope.refuse("schedule-method", node)
    check_expression(at, scope, TIME)
    others = [each for each in node.keywords if each.arg != "gas"]
    call = ast.copy_location(ast.Call(func=node.args[1], args=rest, keywords=others), node)
    arguments = bind(call, method.parameters, scope)
    return _mean(node, arguments, lambda found: Schedule(at, method, found, gas), INT, scope)


def _check_attach_rule(node: ast.Call, scope: Scope) -> Type:
    scope.changes.append(node)
    match node:
        case ast.Call(
            args=[asset, ast.Attribute(value=ast.Name(id="self"), attr=name)], keywords=[]
        ):
            method = scope.contract.methods.get(name)
        case _:
            return scope.refuse("transfer-rule-method", node)
    if method is None or method.kind != "transfer_rule":
        return scope.refuse("transfer-rule-method", node)
    currency = method.result.items
    check_expression(asset, scope, dataclasses.replace(ASSET, items=currency))
    return scope.mean(node, AttachRule(asset, method), NOTHING)


def _check_method(node: ast.Call, owner: ast.expr, name: str, scope: Scope) -> Type:
    found = find_map_entry(owner, scope)
    if found is not None and found[1].sort is Sort.MAP:
        return _check_map_call(node, found, name, scope)
    stored = scope.find_stored_list(owner)
    if stored is not None:
        return _check_stored_list_call(node, stored, name, scope)
    remote = _split_paying(owner, scope)
    if remote is not None:
        return _check_remote(node, remote, name, scope)
    kind = check_expression(owner, scope)
    if kind.sort is Sort.INTERFACE:
        return _check_remote(node, (owner, kind.name, None), name, scope)
    if kind.sort is Sort.LIST:
        return _check_list_call(node, owner, kind, name, scope=scope)
    if kind.sort is Sort.RECORD and name == "replace":
        return _check_replace(node, owner, kind, scope)
    if (kind.name, name) in VALUE_METHODS and kind.sort is Sort.SCALAR:
        types, result = VALUE_METHODS[kind.name, name]
        arguments = bind_types(node, types, scope)
        return _mean(node, arguments, lambda bound: ValueCall(name, owner, bound), result, scope)
    if is_unknown(kind):
        return UNKNOWN
    return scope.refuse("unknown-attribute", node, type=str(kind), name=name)


def _check_map_call(node: ast.Call, found: tuple[MapEntry, Type], name: str, scope: Scope) -> Type:
    entry, kind = found
    key_type, value_type = kind.items
    if kind.item.sort is Sort.MAP or name not in ("get", "remove"):
        return scope.refuse("unknown-attribute", node, type=str(kind), name=name)
    if name == "remove":
        scope.changes.append(node)
        bound = bind_types(node, [key_type], scope, ["key"])
        return _mean(
            node,
            bound,
            lambda keys: MapCall("remove", MapEntry(entry.name, (*entry.keys, *keys))),
            NOTHING,
            scope,
        )
    bound = bind_types(node, [key_type, value_type], scope, ["key", "default"])
    return _mean(
        node,
        bound,
        lambda pair: MapCall("get", MapEntry(entry.name, (*entry.keys, pair[0])), pair[1]),
        value_type,
        scope,
    )


def _check_stored_list_call(
    node: ast.Call, stored: tuple[str, Type], name: str, scope: Scope
) -> Type:
    field, item = stored
    scope.changes.append(node)
    if name == "append":
        bound = bind_types(node, [item], scope, ["value"])
        return _mean(node, bound, lambda v: StoredListCall("append", field, v), NOTHING, scope)
    if name == "pop":
        bound = bind_types(node, [], scope)
        return _mean(node, bound, lambda _: StoredListCall("pop", field), item, scope)
    return scope.refuse("unknown-attribute", node, type=f"List[{item}]", name=name)


_Remote = tuple[ast.expr, str, tuple[ast.expr, ast.expr] | None]


def _split_paying(owner: ast.expr, scope: Scope) -> _Remote | None:
    """Take `Shop(address).paying(asset, amount)` apart.

    None where the expression is something else.
    """
    match owner:
        case ast.Call(func=ast.Attribute(value=target, attr="paying")):
            kind = check_expression(target, scope)
            if kind.sort is not Sort.INTERFACE:
                return None
            scope.changes.append(owner)
            bound = bind_types(owner, [ASSET, INT], scope, ["asset", "amount"])
            return (target, kind.name, (bound[0], bound[1])) if bound else None
        case _:
            return None


def _check_remote(node: ast.Call, remote: _Remote, name: str, scope: Scope) -> Type:
    target, interface_name, payment = remote
    interface = scope.whole.interfaces[interface_name]
    if name == "paying":
        return scope.refuse("not-a-value", node, name=".paying(…) without a call behind it")
    method = interface.methods.get(name)
    if method is None:
        return scope.refuse("unknown-attribute", node, type=interface_name, name=name)
    if method.kind == "call":
        scope.changes.append(node)
    arguments = bind(node, method.parameters, scope)
    return _mean(
        node,
        arguments,
        lambda found: Remote(interface, method, target, found, payment),
        method.result,
        scope,
    )


def _check_list_call(
    node: ast.Call, owner: ast.expr, kind: Type, name: str, *, scope: Scope
) -> Type:
    forms: dict[str, tuple[list[Type], Type]] = {
        "append": ([kind.item], NOTHING),
        "pop": ([], kind.item),
    }
    if name not in forms:
        return scope.refuse("unknown-attribute", node, type=str(kind), name=name)
    if not isinstance(owner, ast.Name):
        return scope.refuse("lost-change", node)
    types, result = forms[name]
    arguments = bind_types(node, types, scope)
    return _mean(node, arguments, lambda found: ListCall(name, owner, found), result, scope)


def _check_replace(node: ast.Call, owner: ast.expr, kind: Type, scope: Scope) -> Type:
    shape = scope.whole.records[kind.name]
    names: list[str] = []
    for keyword in node.keywords:
        found = shape.find(str(keyword.arg))
        if found is None or found.name in names:
            return scope.refuse("unknown-attribute", node, type=kind.name, name=str(keyword.arg))
        check_expression(keyword.value, scope, found.type)
        names.append(found.name)
    if node.args or not names:
        return scope.refuse("call-arguments", node, name="replace", expected="field=value, …")
    values = tuple(keyword.value for keyword in node.keywords)
    return scope.mean(node, Replace(kind.name, owner, tuple(names), values), kind)


def _mean(
    node: ast.Call,
    arguments: tuple[ast.expr, ...] | None,
    build: Callable[[tuple[ast.expr, ...]], object],
    result: Type,
    scope: Scope,
) -> Type:
    if arguments is not None:
        scope.mean(node, build(arguments), result)  # type: ignore[arg-type]
    return result
