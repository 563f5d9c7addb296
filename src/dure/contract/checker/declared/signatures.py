"""Reads one method's signature and decorators."""

import ast
from dataclasses import dataclass, field
from typing import Final

from dure.contract.checker.declared.annotations import read_result_type, read_value_type
from dure.contract.checker.declared.constants import compute_constant
from dure.contract.checker.text.refused import RefusedExpression
from dure.contract.checker.vocabulary import RESERVED
from dure.contract.limits import FIELDS_MAX, NAME_LENGTH_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import (
    ADDRESS,
    BOOL,
    NOTHING,
    UNKNOWN,
    Declarations,
    Field,
    Kind,
    Method,
    Type,
    is_amount,
)

_KINDS: Final[dict[str, Kind]] = {
    "init": "init",
    "call": "call",
    "view": "view",
    "scheduled": "scheduled",
    "invariant": "invariant",
    "migrate": "migrate",
    "transfer_rule": "transfer_rule",
}
_LIMITED: Final[frozenset[Kind]] = frozenset({"init", "call", "view"})
"""Kinds that may say who calls."""
_WITHOUT_RESULT: Final[frozenset[Kind]] = frozenset({"init", "scheduled", "migrate"})


@dataclass(slots=True)
class _Marks:
    """What the decorators of a method say."""

    kind: Kind = "internal"
    pays: str = ""
    is_reentrant: bool = False
    roles: list[str] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)


def read_method(node: ast.FunctionDef, known: Declarations, problems: Problems) -> Method:
    """Return the signature of a contract's method; undecorated ones are internal helpers."""
    marks = _read_marks(node, known, problems)
    method = Method(
        name=node.name,
        kind=marks.kind,
        parameters=_read_parameters(node, known, problems),
        result=_read_result(node, known, problems),
        docstring=ast.get_docstring(node) or "",
        node=node,
        pays=marks.pays,
        roles=tuple(marks.roles),
        parties=tuple(marks.parties),
        is_reentrant=marks.is_reentrant,
    )
    _check_form(method, problems)
    return method


def _check_form(method: Method, problems: Problems) -> None:
    """Check the signature that some kinds prescribe."""
    types = [each.type for each in method.parameters]
    if method.kind in _WITHOUT_RESULT and method.result not in (NOTHING, UNKNOWN):
        problems.add("init-result", method.node)
    if method.kind == "invariant" and (types or method.result != BOOL):
        problems.add("invariant-form", method.node)
    if method.kind == "transfer_rule":
        names = [each.name for each in method.parameters]
        fits = names == ["source", "target", "amount"] and types[:2] == [ADDRESS, ADDRESS]
        if not fits or not is_amount(types[2]) or method.result != types[2]:
            problems.add("transfer-rule-form", method.node)


def read_stub(node: ast.FunctionDef, known: Declarations, problems: Problems) -> Method:
    """Return the signature of an Interface's stub, whose body is `…` or a docstring."""
    method = read_method(node, known, problems)
    marked = method.roles or method.parties or method.pays or method.is_reentrant
    if method.kind not in ("call", "view", "internal") or marked:
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


def _read_marks(node: ast.FunctionDef, known: Declarations, problems: Problems) -> _Marks:
    marks = _Marks()
    for decorator in node.decorator_list:
        match decorator:
            case ast.Name(id=name) if _is_kind(name, marks, known):
                marks.kind = _KINDS[name]
            case ast.Call(func=ast.Name(id="call" | "view" as name), args=[]) if _is_kind(
                name, marks, known
            ) and _read_manner(decorator, name, marks):
                marks.kind = _KINDS[name]
            case ast.Call(func=ast.Name(id="only"), args=[], keywords=[keyword]) if (
                "only" in known.imported and _read_caller(keyword, marks, known)
            ):
                pass
            case RefusedExpression():
                pass
            case _:
                problems.add("decorator", decorator)
    if (marks.roles or marks.parties) and marks.kind not in _LIMITED:
        problems.add("decorator", node)
    return marks


def _is_kind(name: str, marks: _Marks, known: Declarations) -> bool:
    return name in _KINDS and name in known.imported and marks.kind == "internal"


def _read_manner(node: ast.Call, name: str, marks: _Marks) -> bool:
    """Read `@call(pays=…, reentrant=True)`; say whether it is well written."""
    for keyword in node.keywords:
        match keyword:
            case ast.keyword(arg="pays", value=ast.Constant(value=str() as pays)) if (
                pays and not marks.pays and name == "call"
            ):
                marks.pays = pays
            case ast.keyword(arg="reentrant", value=ast.Constant(value=True)) if (
                not marks.is_reentrant
            ):
                marks.is_reentrant = True
            case _:
                return False
    return bool(node.keywords)


def _read_caller(keyword: ast.keyword, marks: _Marks, known: Declarations) -> bool:
    """Read `role="…"` or `party="…"`; say whether it is well written."""
    match compute_constant(keyword.value, known):
        case (_, str() as name) if keyword.arg in ("role", "party") and (
            1 <= len(name) <= NAME_LENGTH_MAX
        ):
            (marks.roles if keyword.arg == "role" else marks.parties).append(name)
            return True
        case _:
            return False
