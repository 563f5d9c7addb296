"""Third step, calls.

Every call is resolved to one of the meanings, by allow-lists of names and of (type, method).
"""

import ast
import dataclasses
from typing import Final

from dure.contract.checker.bodies.arguments import bind, bind_money, bind_types, mean_call
from dure.contract.checker.bodies.builtins import check_builtin
from dure.contract.checker.bodies.exact_numbers import (
    check_decimal_method,
    check_decimal_text,
    check_number_class,
)
from dure.contract.checker.bodies.expressions import check_expression, find_map_entry
from dure.contract.checker.bodies.meanings import (
    AttachRule,
    Build,
    Crypto,
    Emit,
    Encoding,
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
from dure.contract.checker.vocabulary import (
    BUILTINS,
    CRYPTO,
    DURATION_UNITS,
    HOST_CALLS,
    PAYING,
    READ_ONLY_HOST_CALLS,
    VALUE_METHODS,
)
from dure.contract.limits import FIELDS_MAX
from dure.contract.shapes import (
    ADDRESS,
    AMOUNT,
    ASSET,
    BYTES,
    DURATION,
    INT,
    NOTHING,
    READING_KINDS,
    TIME,
    UNKNOWN,
    Method,
    Sort,
    Type,
    is_asset,
    with_currency,
)


def check_call(node: ast.Call, scope: Scope, expected: Type | None = None) -> Type:
    """Return the type of the call's result, which may be None."""
    match node.func:
        case ast.Name(id=name):
            return _check_named(node, name, scope, expected)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _check_own(node, name, scope, expected)
        case ast.Attribute(value=owner, attr=name):
            return _check_method(node, owner, name, scope)
        case _:
            return scope.refuse("not-callable", node)


def _check_named(node: ast.Call, name: str, scope: Scope, expected: Type | None) -> Type:
    known = scope.known
    if name in scope.locals:
        return scope.refuse("not-callable", node)
    if name in known.records:
        arguments = bind(node, known.records[name].fields, scope)
        return mean_call(
            node, arguments, lambda found: Build(name, found), Type(Sort.RECORD, name), scope
        )
    if name in known.interfaces:
        arguments = bind_types(node, [ADDRESS], scope, ["address"])
        kind = Type(Sort.INTERFACE, name)
        return mean_call(node, arguments, lambda found: Reference(found[0]), kind, scope)
    if name in known.decimals:
        return check_decimal_text(node, known.decimals[name], scope)
    if name in known.events:
        return scope.refuse("event", node)
    if name in known.broken:
        return UNKNOWN
    if name in known.imported:
        return _check_imported(node, name, scope)
    if name in BUILTINS:
        return check_builtin(node, name, scope, expected)
    return scope.refuse("not-callable" if known.has(name) else "unknown-name", node, name=name)


_IMPORTED: Final = {
    **{name: (factor, DURATION) for name, factor in DURATION_UNITS.items()},
    "Amount": (1, AMOUNT),
    "Duration": (1, DURATION),
    "Time": (1, TIME),
}


def _check_imported(node: ast.Call, name: str, scope: Scope) -> Type:
    if name == "require":
        return scope.refuse("require", node)
    if name == "encode":
        return _check_encode(node, scope)
    if name in CRYPTO:
        parameters, result = CRYPTO[name]
        bound = bind(node, parameters, scope)
        return mean_call(node, bound, lambda found: Crypto(name, found), result, scope)
    if name not in _IMPORTED:
        return scope.refuse("not-callable", node)
    factor, kind = _IMPORTED[name]
    arguments = bind_types(node, [INT], scope)
    return mean_call(node, arguments, lambda found: Scale(factor, found[0]), kind, scope)


def _check_encode(node: ast.Call, scope: Scope) -> Type:
    if node.keywords or not 1 <= len(node.args) <= FIELDS_MAX:
        return scope.refuse("call-arguments", node, name="encode", expected="1 to 64 values")
    types = tuple(check_expression(argument, scope) for argument in node.args)
    for argument, kind in zip(node.args, types, strict=True):
        if kind.sort is Sort.INTERFACE:
            scope.refuse("not-a-value", argument, name=str(kind))
    return scope.mean(node, Encoding(types, tuple(node.args)), BYTES)


def _check_own(node: ast.Call, name: str, scope: Scope, expected: Type | None) -> Type:
    if name == "emit":
        return _check_emit(node, scope)
    if name == "schedule":
        return _check_schedule(node, scope)
    if name == "set_transfer_rule":
        return _check_attach_rule(node, scope)
    if name in HOST_CALLS:
        return _check_host(node, name, scope, expected)
    if name not in scope.contract.methods:
        return scope.refuse("unknown-attribute", node, type="this contract", name=name)
    method = scope.contract.methods[name]
    if not _may_call(scope.method, method):
        return scope.refuse("entry-call", node, name=name)
    scope.calls.setdefault(name, node)
    arguments = bind(node, method.parameters, scope)
    return mean_call(node, arguments, lambda found: OwnCall(method, found), method.result, scope)


def _check_host(node: ast.Call, name: str, scope: Scope, expected: Type | None) -> Type:
    parameters, result = HOST_CALLS[name]
    if name not in READ_ONLY_HOST_CALLS:
        scope.changes.append(node)
    currency, arguments = bind_money(node, parameters, scope)
    if name == "create_asset" and expected is not None and is_asset(expected):
        # A new asset is of the currency that its place asks for.
        currency = expected.items
    result = with_currency(result, currency)
    return mean_call(node, arguments, lambda found: Host(name, found), result, scope)


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
            return mean_call(node, arguments, lambda found: Emit(name, found), NOTHING, scope)
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
    return mean_call(node, arguments, lambda found: Schedule(at, method, found, gas), INT, scope)


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
    if isinstance(owner, ast.Name) and scope.is_number_class(owner.id):
        return check_number_class(node, owner.id, name, scope)
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
    if kind.sort is Sort.DECIMAL:
        return check_decimal_method(node, owner, kind, name, scope=scope)
    return _check_value_call(node, owner, kind, name, scope=scope)


def _check_value_call(
    node: ast.Call, owner: ast.expr, kind: Type, name: str, *, scope: Scope
) -> Type:
    if is_unknown(kind):
        return UNKNOWN
    if (kind.name, name) in VALUE_METHODS and kind.sort is Sort.SCALAR:
        types, result = VALUE_METHODS[kind.name, name]
        arguments = bind_types(node, types, scope)
        return mean_call(
            node, arguments, lambda bound: ValueCall(name, owner, bound), result, scope
        )
    return scope.refuse("unknown-attribute", node, type=str(kind), name=name)


def _check_map_call(node: ast.Call, found: tuple[MapEntry, Type], name: str, scope: Scope) -> Type:
    entry, kind = found
    key_type, value_type = kind.items
    if kind.item.sort is Sort.MAP or name not in ("get", "remove"):
        return scope.refuse("unknown-attribute", node, type=str(kind), name=name)
    if name == "remove":
        scope.changes.append(node)
        bound = bind_types(node, [key_type], scope, ["key"])
        return mean_call(
            node,
            bound,
            lambda keys: MapCall("remove", MapEntry(entry.name, (*entry.keys, *keys))),
            NOTHING,
            scope,
        )
    bound = bind_types(node, [key_type, value_type], scope, ["key", "default"])
    return mean_call(
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
        return mean_call(node, bound, lambda v: StoredListCall("append", field, v), NOTHING, scope)
    if name == "pop":
        bound = bind_types(node, [], scope)
        return mean_call(node, bound, lambda _: StoredListCall("pop", field), item, scope)
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
            _, bound = bind_money(owner, PAYING, scope)
            return target, kind.name, (bound[0], bound[1]) if bound else None
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
    if method.kind not in READING_KINDS:
        scope.changes.append(node)
    arguments = bind(node, method.parameters, scope)
    return mean_call(
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
    return mean_call(node, arguments, lambda found: ListCall(name, owner, found), result, scope)


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
