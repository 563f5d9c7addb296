"""Reads one method's signature and decorators."""

import ast
from typing import Final

from dure.contract.checker.annotations import read_result_type, read_value_type
from dure.contract.checker.vocabulary import RESERVED
from dure.contract.limits import FIELDS_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import NOTHING, STR, Declarations, Field, Kind, Method, Type

_KINDS: Final[dict[str, Kind]] = {
    "init": "init",
    "call": "call",
    "view": "view",
    "scheduled": "scheduled",
}


def read_method(node: ast.FunctionDef, known: Declarations, problems: Problems) -> Method:
    """Return the signature of a contract's method; undecorated ones are internal helpers."""
    kind, pays, role = _read_decorators(node, known, problems)
    result = _read_result(node, known, problems)
    if kind in ("init", "scheduled") and result != NOTHING:
        problems.add("init-result", node)
    return Method(
        name=node.name,
        kind=kind,
        parameters=_read_parameters(node, known, problems),
        result=result,
        docstring=ast.get_docstring(node) or "",
        node=node,
        pays=pays,
        role=role,
    )


def read_stub(node: ast.FunctionDef, known: Declarations, problems: Problems) -> Method:
    """Return the signature of an Interface's stub, whose body is `…` or a docstring."""
    method = read_method(node, known, problems)
    if method.kind not in ("call", "view", "internal") or method.role or method.pays:
        problems.add("decorator", node)
    for part in node.body:
        match part:
            case ast.Expr(value=ast.Constant(value=text)) if text is Ellipsis or isinstance(
                text, str
            ):
                pass
            case _:
                problems.add("class-body", part, name="Interface")
    return method


def _read_result(node: ast.FunctionDef, known: Declarations, problems: Problems) -> Type:
    if node.returns is None:
        problems.add("missing-annotation", node, name=f"the result of {node.name}")
        return NOTHING
    return read_result_type(node.returns, known, problems)


def _read_parameters(
    node: ast.FunctionDef, known: Declarations, problems: Problems
) -> tuple[Field, ...]:
    arguments = node.args.args
    if not arguments or arguments[0].arg != "self" or arguments[0].annotation is not None:
        problems.add("self", node, name=node.name)
    fields: list[Field] = []
    for argument in arguments[1:]:
        if argument.arg in RESERVED:
            problems.add("duplicate-name", argument, name=argument.arg)
        if argument.annotation is None:
            problems.add("missing-annotation", argument, name=argument.arg)
            continue
        fields.append(Field(argument.arg, read_value_type(argument.annotation, known, problems)))
    if len(fields) > FIELDS_MAX:
        problems.add("too-many-fields", node)
    return tuple(fields)


def _read_decorators(
    node: ast.FunctionDef, known: Declarations, problems: Problems
) -> tuple[Kind, str, str]:
    kind: Kind = "internal"
    pays = role = ""
    for decorator in node.decorator_list:
        match decorator:
            case ast.Name(id=name) if (
                name in _KINDS and name in known.imported and kind == "internal"
            ):
                kind = _KINDS[name]
            case ast.Call(
                func=ast.Name(id="call"),
                args=[],
                keywords=[ast.keyword(arg="pays", value=ast.Constant(value=str() as pays))],
            ) if kind == "internal" and pays:
                kind = "call"
            case ast.Call(func=ast.Name(id="only"), args=[ast.expr() as value], keywords=[]) if (
                not role and "only" in known.imported
            ):
                role = _read_role(value, known, problems)
            case _:
                problems.add("decorator", decorator)
    if role and kind == "internal":
        problems.add("decorator", node)
    return kind, pays, role


def _read_role(node: ast.expr, known: Declarations, problems: Problems) -> str:
    match node:
        case ast.Constant(value=str() as role) if role:
            return role
        case ast.Name(id=name) if name in known.constants and known.constants[name].type == STR:
            return str(known.constants[name].value)
        case _:
            problems.add("decorator", node)
            return ""
