"""Renders docs/reference/language.md from the checker's own tables.

What is a table there is walked through here; what is a class or a function of
`dure.contract.language` is read by its docstring. A text that stands here has a place for every
entry of its table: a new entry without a text, or a text without one, fails.
"""

import ast
import inspect
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any, Final

from dure.chain.system.refusals import SYSTEM_REFUSALS
from dure.contract import gas, language, limits
from dure.contract.bundle import Source
from dure.contract.checker.bodies.builtins import TAKES
from dure.contract.checker.bodies.operators import (
    SYMBOLS,
    find_binary,
    find_unary,
    is_comparable,
    is_ordered,
)
from dure.contract.checker.text.syntax import FIELDS
from dure.contract.checker.vocabulary import (
    BASES,
    BUILTINS,
    CONTEXT,
    CRYPTO,
    DECORATORS,
    DURATION_UNITS,
    SELF_NAMES,
    VALUE_METHODS,
)
from dure.contract.interface import build_interface
from dure.contract.language import marks
from dure.contract.problems import RULES
from dure.contract.refusals import REFUSALS
from dure.contract.shapes import INT, SCALARS, Sort, Type, list_of
from dure.contract.values import encode_result, to_json
from scripts.reference import one_line

RATE: Final = Type(Sort.DECIMAL, "a Decimal")
CHOICE: Final = Type(Sort.CHOICE, "a Choice")
RECORD: Final = Type(Sort.RECORD, "a Record")
MEMBER: Final = "whatever `==` works on"
KINDS: Final = (*SCALARS.values(), RATE, CHOICE, RECORD, list_of(INT))

SAMPLE: Final = '''
from dure.contract.language import {names}


class State(Choice):
    """A sample."""

    OPEN = "waits"


class Rate(Decimal):
    """A sample."""

    places = 6


class Lot(Record):
    """A sample."""

    name: str
    weight: int


class Sample(Contract):
    """A sample."""
'''
IDENTIFIER: Final = bytes(31) + b"\x01"
VALUES: Final[dict[str, tuple[object, str]]] = {
    "int": (7, "a whole number; 64 bits where it is stored, passed or emitted, 256 in between"),
    "bool": (True, "`True` or `False`"),
    "str": ("rice", f"text of at most {limits.TEXT_MAX:,} characters"),
    "bytes": (b"\x0a\x0b", f"at most {limits.TEXT_MAX:,} bytes"),
    "Address": (IDENTIFIER, "an account or a contract, 32 bytes"),
    "Hash": (IDENTIFIER, "a SHA-256 digest, 32 bytes"),
    "Asset": (IDENTIFIER, "a kind of money, 32 bytes; of one currency: `Asset[Won]`"),
    "Amount": (
        5_000,
        "money in minor units, never below zero where it is stored or passed; `Amount[Won]`",
    ),
    "Time": (1_767_603_600_000, "a moment, in milliseconds since 1970 (UTC)"),
    "Duration": (60_000, "a length of time in milliseconds"),
    "Rate": ("0.035", "a Decimal class of the file: 64 bits of units of 10**-places"),
    "State": ("OPEN", "a Choice class of the file: the member's name"),
    "Lot": ({"name": "rice", "weight": 7}, f"a Record class: 1 to {limits.FIELDS_MAX} fields"),
    "list[int]": ([1, 2], f"at most {limits.ITEMS_MAX:,} items of one type"),
}
"""A value of each type, and what the type holds."""

WRITTEN: Final[dict[type[ast.AST], str]] = {
    ast.Module: "a file: docstring, imports, constants, classes",
    ast.ImportFrom: "`from dure.contract.language import …`, and of library modules",
    ast.ClassDef: "`class Name(Base):`",
    ast.FunctionDef: "`def name(self, number: int) -> int:`",
    ast.Return: "`return value`",
    ast.Assign: "`name = value`",
    ast.AugAssign: "`name += value`, and with every other binary operator",
    ast.AnnAssign: "`name: list[int] = []`",
    ast.For: "`for item in items:`, over a list, a List, `range(…)` or `enumerate(…)`",
    ast.If: "`if condition:`, `elif`, `else`",
    ast.Expr: "a call as a line of its own",
    ast.Pass: "`pass`",
    ast.Break: "`break`",
    ast.Continue: "`continue`",
    ast.BoolOp: "`a and b`, `a or b`",
    ast.BinOp: "`a + b`, see the operators",
    ast.UnaryOp: "`-a`, `not a`, see the operators",
    ast.IfExp: "`a if condition else b`",
    ast.Compare: "`a < b`, and `a < b < c` of numbers",
    ast.Call: "`name(value, field=value)`",
    ast.JoinedStr: 'a text with places, on one line: `f"lot {name}"`',
    ast.FormattedValue: "a place in a text: one plain name, of an int or a str",
    ast.Constant: '`7`, `True`, `"text"`, `b"bytes"`',
    ast.Attribute: "`value.field`",
    ast.Subscript: "`items[0]`",
    ast.Slice: "`items[1:3]`, without a step",
    ast.Name: "`name`",
    ast.List: "`[a, b]`",
}
"""How a node of the white list looks in a file."""
PARTS: Final = {
    ast.alias,
    ast.arguments,
    ast.arg,
    ast.keyword,
    ast.Tuple,
    ast.Load,
    ast.Store,
}
"""Nodes that are a part of another's form; a tuple stands between the brackets of `Map` only."""


class MissingText(Exception):
    """A table and the texts of this page name different things."""


def render_types() -> str:
    """Return one row a type: what it holds, and a value in Python, in JSON and in bytes."""
    _match("types", SCALARS, {name for name in VALUES if name in SCALARS})
    interface = build_interface(_build_sample())
    rows = []
    for name, (value, holds) in VALUES.items():
        data = encode_result(interface, _method(name), value)
        shown = to_json(interface, name, value)
        python = "32 bytes" if value == IDENTIFIER else f"`{value!r}`"
        written = (_shorten(json.dumps(shown)), _shorten(data.hex()))
        rows.append((f"`{name}`", holds, python, *(f"`{each}`" for each in written)))
    return _table("type | holds | in Python | in JSON | bytes, hexadecimal", rows)


def render_operators() -> str:
    """Return one row for each left side and result: the operators, and the right side."""
    forms: dict[tuple[str, str, str], list[str]] = {}
    for operator, symbol in SYMBOLS.items():
        for left in KINDS:
            for form in _find_forms(operator, left):
                shown = f"`{symbol}`" if symbol != "|" else "<code>&#124;</code>"
                if shown not in forms.setdefault(form, []):
                    forms[form].append(shown)
    rows = [
        (left, " ".join(symbols), right, result) for (left, right, result), symbols in forms.items()
    ]
    order = [*map(str, KINDS), MEMBER]
    rows.sort(key=lambda row: order.index(row[0]))
    return _table("left | operators | right | gives", rows)


def render_methods() -> str:
    """Return one row a method of plain values, and of the classes that have some."""
    rows = [
        (f"`{owner}`", f"`.{name}({', '.join(map(str, takes))})`", str(result), "")
        for (owner, name), (takes, result) in VALUE_METHODS.items()
    ]
    rows += [("`list[T]`", "`.append(value)`", "None", "Of a local name.")]
    rows += [("`list[T]`", "`.pop()`", "T", "Of a local name: take the last item off.")]
    for owner in (language.Record, language.Decimal, language.Currency, language.Map):
        rows += _list_members(owner)
    rows += _list_members(language.List)
    rows += _list_members(language.Interface)
    return _table("of | method | gives | what it does", rows)


def render_builtins() -> str:
    """Return one row a function that may be called without `self`."""
    loops = {"range": "one to three int; in a `for` only", "enumerate": "a list; in a `for` only"}
    types = {name for name in BUILTINS if name in SCALARS or name == "list"} - {"str"}
    _match("builtins", BUILTINS, TAKES.keys() | loops.keys() | types)
    rows = [(f"`{name}`", takes, "") for name, takes in sorted((TAKES | loops).items())]
    for name in ("require", "encode", *CRYPTO, *DURATION_UNITS):
        function = getattr(language, name)
        signature = str(inspect.signature(function)).rpartition(" -> ")[0]
        rows.append((f"`{name}`", f"`{_plain(signature)}`", one_line(inspect.getdoc(function))))
    return _table("function | takes | what it does", rows)


def render_self() -> str:
    """Return one row a thing that `self` knows or does."""
    names = set(language.Contract.__annotations__) | _names(language.Contract)
    _match("self", SELF_NAMES, names)
    notes = _read_docstrings(inspect.getsource(language.Contract))
    rows = [(f"`self.{name}`", str(kind), one_line(notes[name])) for name, kind in CONTEXT.items()]
    rows += [
        (f"`self{method}`", result, words)
        for _, method, result, words in _list_members(language.Contract, quoted=False)
    ]
    return _table("write | gives | meaning", rows)


def render_marks() -> str:
    """Return one row a mark of methods."""
    forms = {
        "call": '`@call`, `@call(pays="field", reentrant=True)`',
        "view": "`@view`, `@view(reentrant=True)`",
        "only": '`@only(role="name")`, `@only(party="field")`',
    }
    order = [name for name in vars(marks) if name in DECORATORS]
    _match("marks", DECORATORS, order)
    return _table(
        "mark | meaning",
        [
            (forms.get(name, f"`@{name}`"), one_line(inspect.getdoc(getattr(marks, name))))
            for name in order
        ],
    )


def render_classes() -> str:
    """Return one row a base class, then one a kind of state field."""
    rows = [
        (f"`class Name({name}):`", one_line(_prose(inspect.getdoc(getattr(language, name)))))
        for name in ("Contract", "Record", "Event", "Choice", "Decimal", "Currency", "Interface")
    ]
    _match("classes", BASES, {row[0][len("`class Name(") : -len("):`")] for row in rows})
    return _table("class | meaning", rows)


def render_fields() -> str:
    """Return one row a kind of state field."""
    forms = {
        language.Var: "`owner: Var[Address]`",
        language.Map: "`balances: Map[Address, Amount]`, `Map[A, Map[B, C]]`",
        language.List: "`bids: List[Bid] = List(limit=100)`",
    }
    rows = [(form, one_line(_prose(inspect.getdoc(kind)))) for kind, form in forms.items()]
    return _table("field | meaning", rows)


def render_roundings() -> str:
    """Return one row a rule of rounding."""
    return _table(
        "rounding | rounds", [(f"`Rounding.{each.name}`", each.value) for each in language.Rounding]
    )


def render_syntax() -> str:
    """Return one row a form of the white list, with the gas of its node."""
    operator_nodes = {node for node in FIELDS if node in SYMBOLS or node in (ast.And, ast.Or)}
    _match("syntax", FIELDS, WRITTEN.keys() | PARTS | operator_nodes)
    rows = [(form, node.__name__, str(gas.NODE.get(node, ""))) for node, form in WRITTEN.items()]
    return _table("form | node | gas", rows)


def render_refused() -> str:
    """Return one row a rule: what the checker says, and what to write instead."""
    rows = [
        (f"`{name}`", one_line(_fill(rule.message)), one_line(_fill(rule.instead)))
        for name, rule in RULES.items()
    ]
    return _table("rule | refused, because | write instead", rows)


def render_limits() -> str:
    """Return one row a bound of the language."""
    return _render_numbers(limits, skip=("LANGUAGE_VERSION",))


def render_gas() -> str:
    """Return one row a price beside those of syntax nodes."""
    operator_rows = [
        (f"`{SYMBOLS[node]}`", f"{price:,}", "beside the 8 of any operator")
        for node, price in gas.NODE.items()
        if node in SYMBOLS
    ]
    prices = _render_numbers(gas, skip=("GAS_TABLE_VERSION",))
    return prices + "\n" + "\n".join(_row(row) for row in operator_rows)


def render_refusals() -> str:
    """Return one row a code that a contract's call may end with."""
    return _render_codes(REFUSALS)


def render_system_refusals() -> str:
    """Return one row a code that a call of the ledger itself may end with."""
    return _render_codes(SYSTEM_REFUSALS)


def _render_codes(codes: dict[str, str]) -> str:
    return _table("code | meaning", [(f"`{code}`", one_line(text)) for code, text in codes.items()])


def _render_numbers(module: ModuleType, *, skip: Sequence[str]) -> str:
    """Return one row a number of a module, by the docstring behind it."""
    notes = _read_docstrings(inspect.getsource(module))
    rows = []
    for name, value in vars(module).items():
        if isinstance(value, int) and name.isupper() and name not in skip:
            text = _show(value)
            rows.append((f"`{name}`", text, one_line(notes.get(name) or _of_group(name, notes))))
    return _table("name | value | meaning", rows)


def _of_group(name: str, notes: dict[str, str]) -> str:
    # WIDE_MAX and WIDE_MIN share the docstring behind the second.
    shared = {"WIDE_MAX": "WIDE_MIN"}.get(name, "")
    if shared not in notes:
        raise MissingText(f"{name} has no docstring")
    return notes[shared]


def _show(value: int) -> str:
    if value.bit_length() > 64:
        return "2²⁵⁵-1" if value > 0 else "-2²⁵⁵"
    return f"{value:,}"


def _read_docstrings(source: str) -> dict[str, str]:
    """Return the text behind each assignment or annotation of a module or class body."""
    body = ast.parse(source).body
    if len(body) == 1 and isinstance(body[0], ast.ClassDef):
        body = body[0].body
    notes: dict[str, str] = {}
    for node, behind in pairwise(body):
        match node, behind:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                notes[name] = text
            case _:
                pass
    return notes


def _find_forms(operator: type[ast.AST], left: Type) -> Iterator[tuple[str, str, str]]:
    node: Any = operator()
    if isinstance(node, ast.operator):
        for right in KINDS:
            result = find_binary(node, left, right)
            if result is not None:
                other = str(left) if right == left else str(right)
                yield str(left), other, str(result)
    elif isinstance(node, ast.unaryop):
        result = find_unary(node, left)
        if result is not None:
            yield str(left), "(alone)", str(result)
    elif isinstance(node, ast.Eq | ast.NotEq):
        if is_comparable(left):
            yield str(left), str(left), "bool"
    elif isinstance(node, ast.In | ast.NotIn):
        yield from _find_containers(left)
    elif is_ordered(left):
        yield str(left), str(left), "bool"


def _find_containers(item: Type) -> Iterator[tuple[str, str, str]]:
    if item in (SCALARS["str"], SCALARS["bytes"]):
        yield str(item), str(item), "bool"
    if is_comparable(item):
        yield MEMBER, "a list or List of it, a Map with such keys", "bool"


def _list_members(owner: type, *, quoted: bool = True) -> Iterator[tuple[str, str, str, str]]:
    """Yield (class, form, result, meaning) of every method that an author writes."""
    for name, member in vars(owner).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        form = _FORMS.get(name, f".{name}")
        if not inspect.isfunction(function) or (name.startswith("_") and name not in _FORMS):
            continue
        if owner is language.Decimal and name in _FORMS:
            continue
        signature = inspect.signature(function)
        result = _plain(str(signature).rpartition(" -> ")[2])
        if name not in _FORMS:
            parameters = _plain(str(signature).rpartition(" -> ")[0])
            form += (
                parameters.replace("(self, ", "(").replace("(self)", "()").replace("(cls, ", "(")
            )
        if owner is language.List:
            form = form.replace("key in", "value in").replace("key", "index")
        yield (
            f"`{owner.__name__}`",
            f"`{form}`" if quoted else form,
            result,
            _first(one_line(inspect.getdoc(function))),
        )


_FORMS: Final = {
    "__getitem__": "[key]",
    "__setitem__": "[key] = value",
    "__contains__": "key in …",
    "__len__": "len(…)",
    "__iter__": "for item in …",
}


def _names(owner: type) -> set[str]:
    return {name for name, member in vars(owner).items() if inspect.isfunction(member)}


def _plain(text: str) -> str:
    """Return a signature without the names of modules, quotes and type variables."""
    for word in ("dure.contract.language.", "classes.", "money.", "numbers.", "state.", "time."):
        text = text.replace(word, "")
    for word in ("dure.core.types.", "collections.abc.", "typing.", "'", '"', "~"):
        text = text.replace(word, "")
    text = text.replace("Callable[[*Ts], None], *arguments: *Ts", "a @scheduled method, *arguments")
    text = text.replace(
        "Callable[[Address, Address, Amount[Any]], Amount[Any]]", "a @transfer_rule"
    )
    text = text.replace("[C]", "").replace("[Any]", "").replace(" | ", " or ")
    return (
        text.replace("Self", "the same class")
        .replace("[the same class]", "")
        .replace("**changes: Any", "field=value, …")
    )


def _first(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "." if text else ""


def _prose(text: str | None) -> str:
    return (text or "").partition("```")[0]


def _fill(text: str) -> str:
    """Return a rule's words with `…` where the checker names something."""
    for name in ("name", "type", "got", "expected", "left", "right", "places"):
        text = text.replace("{" + name + "}", "…")
    return text.replace("{{", "{").replace("}}", "}")


def _build_sample() -> Source:
    names = ("Address", "Amount", "Asset", "Choice", "Contract", "Decimal", "Duration", "Hash")
    text = SAMPLE.format(names=", ".join((*names, "Record", "Time", "call")))
    for name in VALUES:
        method = _method(name)
        text += f"\n    @call\n    def {method}(self, given: {name}) -> {name}:\n"
        text += '        """Return what is given."""\n        return given\n'
    return Source("Sample", text, ())


def _method(name: str) -> str:
    return "give_" + "".join(each if each.isalnum() else "_" for each in name).lower()


def _shorten(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:12]}…{text[-6:]}"


def _match(what: str, table: Iterable[object], texts: Iterable[object]) -> None:
    if set(table) != set(texts):
        raise MissingText(f"{what}: {set(table) ^ set(texts)}")


def _table(heads: str, rows: Iterable[Sequence[str]]) -> str:
    count = heads.count("|") + 1
    return "\n".join([f"| {heads} |", "|" + "---|" * count, *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
