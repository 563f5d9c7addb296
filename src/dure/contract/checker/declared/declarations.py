"""Second step: what the file declares. Nothing is run; method bodies are left to the third step.

Names are declared from top to bottom. Types may be used before they are declared, as in any Python
annotation of a class field: so the classes' names are collected first.

Behind the last declaration a file may have texts that begin with `en:` or `ko:`: what its names are
called in plain words. They have no effect on anything that runs.
"""

import ast
import re
from typing import Final

from dure.contract.checker.declared.annotations import read_value_type
from dure.contract.checker.declared.constants import compute_constant
from dure.contract.checker.declared.contracts import find_base_names, read_contract
from dure.contract.checker.declared.modules import LIBRARY_PACKAGE
from dure.contract.checker.declared.signatures import read_stub
from dure.contract.checker.text.refused import RefusedStatement
from dure.contract.checker.vocabulary import BASES, IMPORTABLE, LANGUAGE_MODULE, RESERVED
from dure.contract.language.numbers import PLACES_MAX, Rounding
from dure.contract.limits import CONTRACTS_MAX, FIELDS_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import (
    UNKNOWN,
    ChoiceShape,
    Constant,
    ContractShape,
    CurrencyShape,
    DecimalShape,
    Declarations,
    Field,
    InterfaceShape,
    Method,
    Shape,
)

WORDS_BEGIN: Final = ("en:", "ko:")
_CONSTANT_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")


def read_declarations(
    tree: ast.Module, known: Declarations, library: dict[str, Declarations], problems: Problems
) -> None:
    """Put everything that the file declares or imports into `known`.

    `library` are the files that it may import from. Problems are noted and the faulty part left
    out.
    """
    body = _take_words(without_docstring(tree.body), known)
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    for node in body:
        if isinstance(node, ast.ImportFrom):
            _read_import(node, known, library, problems)
    _collect_class_names(classes, known, problems)
    for node in body:
        _read_statement(node, known, problems)


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements behind the docstring."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case _:
            return body


def _take_words(body: list[ast.stmt], known: Declarations) -> list[ast.stmt]:
    """Return the statements before the texts at the end, two at most, whose words are noted."""
    for _ in WORDS_BEGIN:
        match body:
            case [*rest, ast.Expr(value=ast.Constant(value=str() as text))] if text.startswith(
                WORDS_BEGIN
            ):
                known.words.insert(0, text)
                body = rest
            case _:
                break
    return body


def _read_import(
    node: ast.ImportFrom,
    known: Declarations,
    library: dict[str, Declarations],
    problems: Problems,
) -> None:
    prefix, _, module = (node.module or "").rpartition(".")
    lender = library.get(module) if prefix == LIBRARY_PACKAGE else None
    for alias in node.names:
        if lender is not None and alias.name in lender.places:
            known.borrow(alias.name, lender)
        elif node.module == LANGUAGE_MODULE and alias.name in IMPORTABLE:
            known.imported.add(alias.name)
        else:
            problems.add("import", node, name=f"{node.module}.{alias.name}")
            known.broken.add(alias.name)


def _collect_class_names(
    classes: list[ast.ClassDef], known: Declarations, problems: Problems
) -> None:
    borrowed = len(known.contracts)
    for node in classes:
        if _is_taken(node.name, known):
            problems.add("duplicate-name", node, name=node.name)
        known.places[node.name] = node
        family = _find_family(node, known)
        if family == "Contract" and len(known.contracts) - borrowed >= CONTRACTS_MAX:
            problems.add("too-many-contracts", node)
            family = ""
        elif not family:
            problems.add("class-base", node)
        _declare_class(node, family, known, problems)


def _declare_class(
    node: ast.ClassDef, family: str, known: Declarations, problems: Problems
) -> None:
    match family:
        case "Record":
            known.records[node.name] = Shape(node.name, (), "")
        case "Event":
            known.events[node.name] = Shape(node.name, (), "")
        case "Choice":
            known.choices[node.name] = ChoiceShape(node.name, (), "")
        case "Currency":
            docstring = ast.get_docstring(node) or ""
            known.currencies[node.name] = CurrencyShape(node.name, docstring)
        case "Decimal":
            known.decimals[node.name] = _read_decimal(node, known, problems)
        case "Interface":
            known.interfaces[node.name] = InterfaceShape(node.name, {})
        case "Contract":
            known.contracts[node.name] = ContractShape(node.name, "", {}, {})
        case _:
            known.broken.add(node.name)


def _find_family(node: ast.ClassDef, known: Declarations) -> str:
    """Return which of the language's classes it is made from, directly or through contracts."""
    names = find_base_names(node)
    if len(names) != len(node.bases):
        return ""
    if names and all(name in known.contracts for name in names):
        return "Contract"
    return names[0] if len(names) == 1 and names[0] in BASES & known.imported else ""


def _is_taken(name: str, known: Declarations) -> bool:
    return name in RESERVED or known.has(name)


def _read_statement(node: ast.stmt, known: Declarations, problems: Problems) -> None:
    match node:
        case ast.ImportFrom() | RefusedStatement():
            pass
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            _read_constant(node, name, value, known=known, problems=problems)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            constant = _read_constant(node, name, value, known=known, problems=problems)
            expected = read_value_type(node.annotation, known, problems)
            if constant is not None and expected not in (constant.type, UNKNOWN):
                problems.add("type-mismatch", value, got=str(constant.type), expected=str(expected))
        case ast.ClassDef():
            _read_class(node, known, problems)
        case _:
            problems.add("module-code", node)


def _read_constant(
    node: ast.stmt, name: str, value: ast.expr, *, known: Declarations, problems: Problems
) -> Constant | None:
    if _is_taken(name, known):
        problems.add("duplicate-name", node, name=name)
    known.places[name] = node
    found = compute_constant(value, known)
    if found is None or not _CONSTANT_NAME.fullmatch(name):
        names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
        if not names & known.broken:
            _refuse_constant(node, value, known, problems)
        known.broken.add(name)
        return None
    known.constants[name] = Constant(name, *found)
    return known.constants[name]


def _refuse_constant(
    node: ast.stmt, value: ast.expr, known: Declarations, problems: Problems
) -> None:
    match value:
        case ast.Call(func=ast.Name(id=name)) if name in known.decimals:
            places = str(known.decimals[name].places)
            problems.add("decimal-literal", node, name=name, places=places)
        case _:
            problems.add("constant", node)


def _read_class(node: ast.ClassDef, known: Declarations, problems: Problems) -> None:
    if node.name in known.broken:
        return
    docstring = ast.get_docstring(node) or ""
    body = [part for part in without_docstring(node.body) if not isinstance(part, ast.Pass)]
    match _find_family(node, known):
        case "Record":
            fields = _read_fields(node, body, known, problems)
            known.records[node.name] = Shape(node.name, fields, docstring)
        case "Event":
            fields = _read_fields(node, body, known, problems)
            known.events[node.name] = Shape(node.name, fields, docstring)
        case "Choice":
            members = _read_members(node, body, problems)
            known.choices[node.name] = ChoiceShape(node.name, members, docstring)
        case "Currency":
            for part in body:
                problems.add("class-body", part, name="Currency")
        case "Interface":
            methods = _read_stubs(body, known, problems)
            known.interfaces[node.name] = InterfaceShape(node.name, methods)
        case "Contract":
            read_contract(node, body, known, problems)
        case _:
            pass


def _read_fields(
    node: ast.ClassDef, body: list[ast.stmt], known: Declarations, problems: Problems
) -> tuple[Field, ...]:
    fields: dict[str, Field] = {}
    for part in body:
        match part:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=None):
                if name in fields or name == "replace":
                    problems.add("duplicate-name", part, name=name)
                fields[name] = Field(name, read_value_type(annotation, known, problems))
            case _:
                problems.add("class-body", part, name=_find_family(node, known))
    if len(fields) > FIELDS_MAX:
        problems.add("too-many-fields", node)
    return tuple(fields.values())


def _read_members(
    node: ast.ClassDef, body: list[ast.stmt], problems: Problems
) -> tuple[tuple[str, str], ...]:
    members: dict[str, str] = {}
    for part in body:
        match part:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)
            ) if name not in ("name", "value", "mro"):
                if name in members or text in members.values():
                    problems.add("duplicate-name", part, name=name)
                members[name] = text
            case _:
                problems.add("class-body", part, name="Choice")
    if not body:
        problems.add("class-body", node, name="Choice")
    return tuple(members.items())


def _read_decimal(node: ast.ClassDef, known: Declarations, problems: Problems) -> DecimalShape:
    """Return the class; its body names `places`, and perhaps `rounding`, once each."""
    places, rounding = None, None
    for part in without_docstring(node.body):
        match part:
            case ast.Assign(
                targets=[ast.Name(id="places")], value=ast.Constant(value=int() as number)
            ) if places is None and type(number) is int and number <= PLACES_MAX:
                places = number
            case ast.Assign(
                targets=[ast.Name(id="rounding")],
                value=ast.Attribute(value=ast.Name(id="Rounding"), attr=name),
            ) if rounding is None and "Rounding" in known.imported and name in _ROUNDINGS:
                rounding = Rounding[name]
            case _:
                problems.add("decimal-class", part)
    if places is None:
        problems.add("decimal-class", node)
    docstring = ast.get_docstring(node) or ""
    return DecimalShape(node.name, places or 0, rounding or Rounding.HALF_EVEN, docstring)


_ROUNDINGS: Final = frozenset(each.name for each in Rounding)


def _read_stubs(body: list[ast.stmt], known: Declarations, problems: Problems) -> dict[str, Method]:
    methods: dict[str, Method] = {}
    for part in body:
        if not isinstance(part, ast.FunctionDef):
            problems.add("class-body", part, name="Interface")
            continue
        if part.name in methods or part.name in ("paying", "init"):
            problems.add("duplicate-name", part, name=part.name)
        methods[part.name] = read_stub(part, known, problems)
    return methods
