"""Reads contract classes: their own fields and methods, joined with what they inherit.

Rules
-----
1. A class inherits from contract classes that are declared above it or imported. It has their
   fields and methods; a class that is reached on two ways counts once.
2. Nothing is overridden: a name is written in one class only.
3. An `@init` of its own calls those of all its ancestors, each exactly once and unconditionally, at
   the top level of its body, directly or through another `@init`. Without one of its own at most
   one is left that the others do not call.
"""

import ast
import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Final

from dure.contract.checker.declared.annotations import read_limit, read_state_type
from dure.contract.checker.declared.signatures import read_method
from dure.contract.checker.text.refused import RefusedStatement
from dure.contract.checker.vocabulary import SELF_NAMES
from dure.contract.problems import Problems
from dure.contract.shapes import (
    ADDRESS,
    UNKNOWN,
    ContractShape,
    Declarations,
    Kind,
    Method,
    Sort,
    is_asset,
    stored_list_of,
)

_PARTIES: Final = (ADDRESS, stored_list_of(ADDRESS))
_RESERVED_METHODS: Final[tuple[Kind, ...]] = ("init", "migrate")
"""These are called by the name of their kind, whatever their own is."""


def read_contract(
    node: ast.ClassDef, body: list[ast.stmt], known: Declarations, problems: Problems
) -> None:
    """Put the shape of a contract class into `known`."""
    bases = [known.contracts[name] for name in find_base_names(node) if name in known.contracts]
    shape = _inherit(node, bases, problems)
    for part in body:
        match part:
            case ast.AnnAssign(target=ast.Name(id=name)):
                _claim(part, name, shape, problems)
                _read_field(part, name, shape, known=known, problems=problems)
            case ast.FunctionDef(name=name):
                _claim(part, name, shape, problems)
                shape.methods[name] = read_method(part, known, problems)
            case RefusedStatement():
                pass
            case _:
                problems.add("class-body", part, name="Contract")
    known.contracts[node.name] = shape = _find_initialiser(node, shape, bases, problems)
    if sum(method.kind == "migrate" for method in shape.methods.values()) > 1:
        problems.add("two-migrations", node)
    for method in shape.own_methods:
        _check_method(method, shape, problems)


def find_base_names(node: ast.ClassDef) -> list[str]:
    """Return the names of the classes that stand behind the class's name."""
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _inherit(node: ast.ClassDef, bases: list[ContractShape], problems: Problems) -> ContractShape:
    shape = ContractShape(node.name, ast.get_docstring(node) or "", {}, {})
    ancestors: list[str] = []
    for base in bases:
        if base.name in ancestors:
            problems.add("base-twice", node, name=base.name)
        for member, origin in base.origins.items():
            if shape.origins.setdefault(member, origin) != origin:
                problems.add("duplicate-name", node, name=member)
        shape.state.update(base.state)
        shape.methods.update(base.methods)
        shape.limits.update(base.limits)
        ancestors += [name for name in (base.name, *base.ancestors) if name not in ancestors]
    return dataclasses.replace(shape, ancestors=tuple(ancestors))


def _claim(node: ast.stmt, name: str, shape: ContractShape, problems: Problems) -> None:
    if name in shape.origins or name in SELF_NAMES:
        problems.add("duplicate-name", node, name=name)
    shape.origins[name] = shape.name


def _read_field(
    node: ast.AnnAssign, name: str, shape: ContractShape, *, known: Declarations, problems: Problems
) -> None:
    kind = read_state_type(node.annotation, known, problems)
    if kind.sort is Sort.STORED_LIST:
        shape.limits[name] = read_limit(node, known, problems)
    elif node.value is not None:
        problems.add("class-body", node, name="Contract")
    shape.state[name] = kind


def _find_initialiser(
    node: ast.ClassDef, shape: ContractShape, bases: list[ContractShape], problems: Problems
) -> ContractShape:
    own = [each for each in shape.own_methods if each.kind == "init"]
    found = {each.initialiser.name: each for each in bases if each.initialiser is not None}
    roots = [
        each
        for name, each in found.items()
        if not any(
            each.origins[name] in other.initialised
            for other in found.values()
            if other.initialiser is not each.initialiser
        )
    ]
    if len(own) > 1 or (not own and len(roots) > 1):
        problems.add("two-inits", node)
    if own:
        initialised = (shape.name, *shape.ancestors)
        return dataclasses.replace(shape, initialiser=own[0], initialised=initialised)
    for root in roots:
        initialiser, initialised = root.initialiser, root.initialised
        return dataclasses.replace(shape, initialiser=initialiser, initialised=initialised)
    return shape


def _check_method(method: Method, shape: ContractShape, problems: Problems) -> None:
    if method.pays and not is_asset(shape.state.get(method.pays, UNKNOWN)):
        problems.add("pays", method.node, name=method.pays)
    for party in method.parties:
        if shape.state.get(party) not in _PARTIES:
            problems.add("party", method.node, name=party)
    for kind in _RESERVED_METHODS:
        if method.name == kind and method.kind not in (kind, "internal"):
            problems.add("duplicate-name", method.node, name=kind)


def check_initialiser(shape: ContractShape, problems: Problems) -> None:
    """Check that an own `@init` has those of the ancestors run once each."""
    own = shape.initialiser
    if own is None or shape.origins[own.name] != shape.name:
        return
    runs = _count_runs(own, shape, {})
    for method in shape.methods.values():
        inherited = shape.origins[method.name] != shape.name
        if method.kind == "init" and inherited and runs[method.name] != 1:
            calls = [node for node in ast.walk(own.node) if _find_callee(node) == method.name]
            problems.add("init-not-called", calls[-1] if calls else own.node, name=method.name)


def _count_runs(
    method: Method, shape: ContractShape, known: dict[str, Counter[str]]
) -> Counter[str]:
    """Count how often an `@init` has others run, directly and through them."""
    if method.name not in known:
        known[method.name] = runs = Counter[str]()
        for callee in _find_sure_calls(method.node):
            called = shape.methods.get(callee)
            if called is not None and called.kind == "init":
                runs.update([callee])
                runs.update(_count_runs(called, shape, known).copy())
    return known[method.name]


def _find_sure_calls(function: ast.FunctionDef) -> Iterator[str]:
    """Name the own methods that are called whatever happens, unless the whole call is refused."""
    for statement in function.body:
        if isinstance(statement, ast.Expr):
            yield _find_callee(statement.value)
        if any(isinstance(each, ast.Return) for each in ast.walk(statement)):
            return


def _find_callee(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return name
        case _:
            return ""
