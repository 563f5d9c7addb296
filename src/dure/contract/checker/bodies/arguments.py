"""Arguments of a call against what is called: how many, by which names, of which types."""

import ast
from collections.abc import Callable, Sequence

from dure.contract.checker.bodies.expressions import check_expression
from dure.contract.checker.bodies.scope import Scope
from dure.contract.checker.text.refused import RefusedExpression
from dure.contract.shapes import Field, Type, is_asset, with_currency


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


def bind_money(
    node: ast.Call, fields: Sequence[Field], scope: Scope
) -> tuple[tuple[Type, ...], tuple[ast.expr, ...] | None]:
    """Like `bind`, where the money is of one currency, whichever the asset is of.

    Return it too, () for none.
    """
    currency: tuple[Type, ...] = ()
    if fields[0].name == "asset":
        named = [each.value for each in node.keywords if each.arg == "asset"]
        for asset in [*node.args, *named][:1]:
            kind = check_expression(asset, scope)
            currency = kind.items if is_asset(kind) else ()
    typed = [Field(each.name, with_currency(each.type, currency)) for each in fields]
    return currency, bind(node, typed, scope)


def mean_call(
    node: ast.Call,
    arguments: tuple[ast.expr, ...] | None,
    build: Callable[[tuple[ast.expr, ...]], object],
    result: Type,
    scope: Scope,
) -> Type:
    """Note what a call means where its arguments fit; return the type of its result."""
    if arguments is not None:
        scope.mean(node, build(arguments), result)  # type: ignore[arg-type]
    return result
