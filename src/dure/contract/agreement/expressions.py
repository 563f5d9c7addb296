"""What an expression says, as a phrase.

Everything of the language that has plain words gets them; what has none is quoted as the source has
it, so that nothing is said that the source does not say.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from dure.contract.agreement.model import Phrase
from dure.contract.agreement.tables import (
    ARITHMETIC,
    CALLS,
    CONTEXT,
    GROUPED,
    LENGTHS,
    MIRRORED,
    NAMING,
    NO_NOUNS,
    OPPOSITES,
    ORDERS,
    TYPING,
)
from dure.contract.checker.declared.constants import compute_constant
from dure.contract.checker.vocabulary import DURATION_UNITS
from dure.contract.language.numbers import write_units
from dure.contract.shapes import BOOL, ContractShape, Declarations, Method, Sort, Type

PHRASE_SIZE_MAX: Final = 60
"""Longer expressions are quoted from the source instead."""
INLINE_DEPTH_MAX: Final = 2
"""Conditions inside of conditions that helpers name; deeper ones are named only."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known where an expression stands."""

    known: Declarations
    contract: ContractShape
    types: dict[ast.expr, Type]
    values: dict[str, Phrase] = field(default_factory=dict)
    """What parameters and locals stand for."""
    depth: int = 0
    """How many helpers deep."""
    records: dict[str, Phrase] = field(default_factory=dict)
    """Which record of a kind is meant by its bare name, in this method and its helpers."""
    changed: set[str] = field(default_factory=set)
    """Kinds of records that the method has stored by now: read again, they may be others."""

    def having(self, values: dict[str, Phrase]) -> "Place":
        """Return the place inside a helper, where names have other values."""
        return replace(self, values=values, depth=self.depth + 1)

    def call_record(self, record: str, definition: Phrase) -> Phrase:
        """Return `the policy`, or the definition where that already means another one."""
        if self.records.setdefault(record, definition) != definition:
            return definition
        return Phrase("record_then" if record in self.changed else "record", {"name": record})

    def type_of(self, node: ast.expr) -> Type | None:
        """Return the static type."""
        return self.types.get(node)

    def is_time(self, node: ast.expr) -> bool:
        """Say whether the expression is a moment."""
        kind = self.type_of(node)
        return kind is not None and kind.name == "Time"


def name(text: str) -> Phrase:
    """Return the phrase for something that the author named."""
    return Phrase("name", {"name": text})


def name_value(text: str, kind: Type | None) -> Phrase:
    """Return the phrase for a named value: some go by the bare name."""
    key = "name" if kind is None else NAMING.get(kind.name, "name")
    return Phrase("label" if text in NO_NOUNS else key, {"name": text})


def read(node: ast.expr, place: Place) -> Phrase:
    """Return what the expression says."""
    fixed = _read_constant(node, place)
    if fixed is not None:
        return fixed
    reader = _READERS.get(type(node))
    phrase = None if reader is None else reader(node, place)
    if phrase is None or measure(phrase) > PHRASE_SIZE_MAX:
        return Phrase("source", {"text": ast.unparse(node)})
    return phrase


def read_condition(node: ast.expr, place: Place) -> Phrase:
    """Return what must hold."""
    match node:
        case ast.BoolOp(op=op, values=values):
            key = "and" if isinstance(op, ast.And) else "or"
            return join(key, [read_condition(each, place) for each in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return negate(read_condition(operand, place))
        case _:
            phrase = read(node, place)
            is_said = phrase.key in CONDITION_KEYS or phrase.key == "source"
            return phrase if is_said else Phrase("holds", {"value": phrase})


def negate(phrase: Phrase) -> Phrase:
    """Return the opposite of a condition."""
    if phrase.key in OPPOSITES:
        return Phrase(OPPOSITES[phrase.key], phrase.parts)
    items = phrase.parts.get("items")
    if phrase.key in ("and", "or") and isinstance(items, tuple):
        return join("or" if phrase.key == "and" else "and", [negate(each) for each in items])
    if phrase.key == "not":
        inner = phrase.parts["value"]
        assert isinstance(inner, Phrase)
        return inner
    return Phrase("not", {"value": phrase})


def join(key: str, items: list[Phrase]) -> Phrase:
    """Return several phrases as one; nested ones of the same kind are taken apart."""
    flat: list[Phrase] = []
    for each in items:
        inner = each.parts.get("items")
        flat += inner if each.key == key and isinstance(inner, tuple) else (each,)
    return flat[0] if len(flat) == 1 else Phrase(key, {"items": tuple(flat)})


def measure(phrase: Phrase) -> int:
    """Return how many phrases it is made of."""
    total = 1
    for part in phrase.parts.values():
        if isinstance(part, Phrase):
            total += measure(part)
        elif isinstance(part, tuple):
            total += sum(measure(each) for each in part)
    return total


def decide(phrase: Phrase) -> bool | None:
    """Say whether a condition surely holds or not: of two members, or of two numbers."""
    left, right = phrase.parts.get("left"), phrase.parts.get("right")
    if not isinstance(left, Phrase) or not isinstance(right, Phrase):
        return None
    if phrase.key not in ("eq", "ne") or not left.key == right.key in ("member", "number"):
        return None
    return (left == right) == (phrase.key == "eq")


NOTHING_MORE: Final = Phrase("number", {"value": 0})
EMPTY: Final = Phrase("quoted", {"text": ""})
FIXED_KEYS: Final = frozenset(
    {"number", "duration", "decimal", "money", "quoted", "yes", "no", "member"}
)
CONDITION_KEYS: Final = frozenset(
    {*OPPOSITES, *ORDERS.values(), "and", "or", "not", "signature", "is_any"}
)


def fix(kind: Type, value: object, known: Declarations) -> Phrase:
    """Return the phrase for a constant."""
    match value:
        case bool():
            return Phrase("yes" if value else "no")
        case int() if kind.sort is Sort.DECIMAL:
            return Phrase("decimal", {"text": write_units(value, known.decimals[kind.name].places)})
        case int():
            number = Phrase("duration" if kind.name == "Duration" else "number", {"value": value})
            if not kind.items:
                return number
            return Phrase("money", {"value": number, "currency": kind.item.name})
        case bytes():
            return Phrase("source", {"text": repr(value)})
        case _:
            return Phrase("quoted", {"text": str(value)})


def _read_constant(node: ast.expr, place: Place) -> Phrase | None:
    found = compute_constant(node, place.known)
    if found is None:
        return None
    kind, value = found
    if isinstance(value, bytes) and isinstance(node, ast.Name):
        # Bytes say nothing to a reader; what the author calls them does.
        return name_value(node.id, kind)
    return fix(kind, value, place.known)


def _read_name(node: ast.Name, place: Place) -> Phrase:
    found = place.values.get(node.id)
    if found is None and node.id in place.contract.state:
        return Phrase("stated", {"name": node.id})
    return found or name_value(node.id, place.type_of(node))


def _read_attribute(node: ast.Attribute, place: Place) -> Phrase:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
            if attribute in CONTEXT:
                return Phrase(CONTEXT[attribute])
            return name_value(attribute, place.contract.state.get(attribute))
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if (
            owner in place.known.choices
        ):
            return Phrase("member", {"choice": owner, "name": attribute})
        case ast.Attribute(value=value, attr="milliseconds" | "units"):
            return read(value, place)
        case _:
            field_ = name_value(node.attr, place.type_of(node))
            return Phrase("field", {"field": field_, "owner": read(node.value, place)})


def _read_subscript(node: ast.Subscript, place: Place) -> Phrase | None:
    keys: list[ast.expr] = []
    owner: ast.expr = node
    while isinstance(owner, ast.Subscript):
        keys.insert(0, owner.slice)
        owner = owner.value
    if any(isinstance(key, ast.Slice) for key in keys):
        return None
    return _entry(node, owner, keys, place)


def _entry(node: ast.expr, owner: ast.expr, keys: list[ast.expr], place: Place) -> Phrase:
    kind = place.type_of(node)
    items = tuple(read(key, place) for key in keys)
    if kind is not None and kind.sort is Sort.RECORD:
        found = Phrase("record_of", {"record": kind.name, "keys": Phrase("list", {"items": items})})
        # What the caller states picks the record that is spoken of from then on.
        is_stated = all(item.key in ("name", "label", "stated") for item in items)
        if is_stated or place.records.get(kind.name) == found:
            return place.call_record(kind.name, found)
        return found
    what = read(owner, place)
    owned = place.type_of(owner)
    if isinstance(owner, ast.Attribute) and owned is None:
        owned = place.contract.state.get(owner.attr)
    if owned is not None and owned.sort in (Sort.LIST, Sort.STORED_LIST):
        return Phrase("item", {"what": what, "keys": Phrase("list", {"items": items})})
    return Phrase("entry", {"what": what, "keys": Phrase("list", {"items": items})})


def _read_binary(node: ast.BinOp, place: Place) -> Phrase | None:
    key = ARITHMETIC.get(type(node.op))
    if key is None:
        return None
    raised = _find_rounded_up(node)
    left, right = read(raised or node.left, place), read(node.right, place)
    if key in ("plus", "minus") and right == NOTHING_MORE:
        return left
    if raised is not None:
        key = "divided_up"
    if place.is_time(node.left) and key in ("plus", "minus"):
        key = "span" if place.is_time(node.right) else {"plus": "after", "minus": "before"}[key]
    return Phrase(key, {"left": _group(left), "right": _group(right)})


def _find_rounded_up(node: ast.BinOp) -> ast.expr | None:
    """Return `a` of `(a + b - 1) // b`, which is `a` divided by `b` and rounded up."""
    match node:
        case ast.BinOp(
            left=ast.BinOp(
                left=ast.BinOp(left=whole, op=ast.Add(), right=added),
                op=ast.Sub(),
                right=ast.Constant(value=1),
            ),
            op=ast.FloorDiv(),
            right=divisor,
        ) if ast.dump(added) == ast.dump(divisor):
            return whole
        case _:
            return None


def _group(phrase: Phrase) -> Phrase:
    return Phrase("group", {"value": phrase}) if phrase.key in GROUPED else phrase


def _read_compare(node: ast.Compare, place: Place) -> Phrase | None:
    found: list[Phrase] = []
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            found.append(_membership(left, op, right, place=place))
        else:
            found.append(_comparison(left, op, right, place=place))
        left = right
    return join("and", found)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, *, place: Place) -> Phrase:
    key = ORDERS[type(op)]
    a, b = _group_choice(read(left, place)), _group_choice(read(right, place))
    if a.key in FIXED_KEYS and b.key not in FIXED_KEYS:
        key, a, b = MIRRORED[key], b, a
    suffix = ".time" if place.is_time(left) and key not in ("eq", "ne") else ""
    return Phrase(key + suffix, {"left": a, "right": b})


def _group_choice(phrase: Phrase) -> Phrase:
    return Phrase("group", {"value": phrase}) if phrase.key == "if_else" else phrase


def _membership(left: ast.expr, op: ast.cmpop, right: ast.expr, *, place: Place) -> Phrase:
    keys: list[ast.expr] = [left]
    owner = right
    while isinstance(owner, ast.Subscript):
        keys.insert(0, owner.slice)
        owner = owner.value
    kind = place.contract.state.get(owner.attr) if isinstance(owner, ast.Attribute) else None
    if kind is not None and kind.sort is Sort.MAP:
        items = Phrase("list", {"items": tuple(read(key, place) for key in keys)})
        found = Phrase("has", {"what": read(owner, place), "keys": items})
    else:
        found = Phrase("among", {"item": read(left, place), "list": read(right, place)})
    return found if isinstance(op, ast.In) else negate(found)


def _read_list(node: ast.List, place: Place) -> Phrase:
    items = tuple(read(each, place) for each in node.elts)
    return Phrase("one_of", {"items": items}) if items else Phrase("nothing")


def _read_unary(node: ast.UnaryOp, place: Place) -> Phrase | None:
    match node.op:
        case ast.Not():
            return negate(read_condition(node.operand, place))
        case ast.USub():
            return Phrase("negative", {"value": _group(read(node.operand, place))})
        case _:
            return None


def _read_conditional(node: ast.IfExp, place: Place) -> Phrase:
    test = read_condition(node.test, place)
    known = decide(test)
    if known is not None:
        return read(node.body if known else node.orelse, place)
    parts = {"test": test, "then": read(node.body, place), "other": read(node.orelse, place)}
    return Phrase("if_else", dict(parts))


def _read_call(node: ast.Call, place: Place) -> Phrase | None:
    kind = place.type_of(node)
    is_record = kind is not None and kind.sort is Sort.RECORD
    match node.func:
        case ast.Name() | ast.Attribute(attr="replace") if kind is not None and is_record:
            return Phrase("new_record", {"name": kind.name})
        case ast.Name(id=function):
            return _read_function(node, function, place)
        case ast.Attribute(value=ast.Name(id="self"), attr=method):
            return _read_own(node, method, place)
        case ast.Attribute(value=owner, attr="get") if len(node.args) == 2:
            return _read_entry_or(node, owner, place)
        case ast.Attribute(value=ast.Name(id=currency), attr="of") if len(node.args) == 1:
            return Phrase("money", {"value": read(node.args[0], place), "currency": currency})
        case _:
            return None


def _read_entry_or(node: ast.Call, owner: ast.expr, place: Place) -> Phrase:
    keys = [node.args[0]]
    while isinstance(owner, ast.Subscript):
        keys.insert(0, owner.slice)
        owner = owner.value
    found = _entry(node, owner, keys, place)
    default = read(node.args[1], place)
    amount = default.parts.get("value") if default.key == "money" else default
    if amount in (NOTHING_MORE, EMPTY, Phrase("no")) or found.key == "record_of":
        return found
    return Phrase("entry_or", {"entry": found, "default": default})


def _read_function(node: ast.Call, function: str, place: Place) -> Phrase | None:
    arguments = [read(each, place) for each in node.args]
    if function in ("min", "max"):
        return _read_bounded(function, arguments)
    if function == "len" and len(arguments) == 1:
        kind = place.type_of(node.args[0])
        key = LENGTHS.get("" if kind is None else kind.name, "length")
        return Phrase(key, {"value": arguments[0]})
    if function in DURATION_UNITS and len(arguments) == 1:
        return Phrase("duration_of", {"count": _group(arguments[0]), "unit": function})
    if function in CALLS and arguments:
        listed = Phrase("list", {"items": tuple(arguments)})
        return Phrase(CALLS[function], {"value": listed})
    if function == "verify_ed25519" and len(arguments) == 3:
        by, message, signature = arguments
        return Phrase("signature", {"by": by, "message": message, "signature": signature})
    # What only gives a value its type has no words of its own.
    if len(arguments) == 1 and function in TYPING:
        return arguments[0]
    return None


def _read_bounded(function: str, arguments: list[Phrase]) -> Phrase:
    """Return the smallest or largest; of a fixed value and another, the other and its bound."""
    fixed = [each for each in arguments if each.key in FIXED_KEYS]
    others = [each for each in arguments if each.key not in FIXED_KEYS]
    if len(fixed) == len(others) == 1:
        key = "no_more" if function == "min" else "no_less"
        return Phrase(key, {"value": others[0], "bound": fixed[0]})
    key = "smaller" if function == "min" else "larger"
    return Phrase(key, {"items": tuple(arguments)})


def _read_own(node: ast.Call, function: str, place: Place) -> Phrase | None:
    given = read_arguments(node, place)
    match function, given:
        case "balance_of", [asset]:
            return Phrase("balance", {"asset": asset})
        case "holding_of", [asset, holder]:
            return Phrase("holding", {"asset": asset, "holder": holder})
        case "has_role", [role, holder]:
            return Phrase("role", {"role": role, "holder": holder})
        case _:
            pass
    method = place.contract.methods.get(function)
    if method is None:
        return None
    only = find_only_result(method)
    if only is not None and method.result == BOOL and place.depth <= INLINE_DEPTH_MAX:
        names = [each.name for each in method.parameters]
        inner = place.having(dict(zip(names, given, strict=False)))
        return read_condition(only, inner)
    if method.result.sort is Sort.RECORD:
        return Phrase("record", {"name": method.result.name})
    if not given:
        return name(function)
    return Phrase(
        "entry", {"what": name(function), "keys": Phrase("list", {"items": tuple(given)})}
    )


def read_arguments(node: ast.Call, place: Place) -> list[Phrase]:
    """Return what is passed; keywords follow in the order written."""
    values = [*node.args, *(each.value for each in node.keywords)]
    return [read(each, place) for each in values]


def find_only_result(method: Method) -> ast.expr | None:
    """Return what a method returns whose body is nothing but a `return`."""
    match [part for part in method.node.body if not _is_docstring(part)]:
        case [ast.Return(value=ast.expr() as value)]:
            return value
        case _:
            return None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_READERS: Final[dict[type[ast.expr], Callable[..., Phrase | None]]] = {
    ast.Name: _read_name,
    ast.Attribute: _read_attribute,
    ast.Subscript: _read_subscript,
    ast.BinOp: _read_binary,
    ast.Compare: _read_compare,
    ast.BoolOp: read_condition,
    ast.UnaryOp: _read_unary,
    ast.IfExp: _read_conditional,
    ast.Call: _read_call,
    ast.List: _read_list,
}
