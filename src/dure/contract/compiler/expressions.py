"""Lowers expressions: each meaning that the checker found becomes calls of the runtime.

`lower` gives the value as it is; `lower_exact` gives a value that may leave the expression (to be
stored, passed, returned or put into a record or list); `lower_kept` one that a local variable may
keep.
"""

import ast
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final

from dure.contract.checker.bodies import meanings
from dure.contract.checker.bodies.meanings import MapEntry, VarField
from dure.contract.compiler.build import (
    CONTRACT,
    DATA,
    FRAME,
    HOME,
    LEDGER,
    NUMBER,
    PAID,
    SENDER,
    ask_ledger,
    assign,
    attribute,
    call,
    constant,
    join,
    name,
    with_frame,
)
from dure.contract.compiler.fixed import FixedSizes
from dure.contract.compiler.widths import LOCAL_BITS, Widths
from dure.contract.runtime.state import is_digest
from dure.contract.shapes import BYTES, STR, TIME, Method, Sort, Type, is_amount
from dure.core.types import INT_MAX, INT_MIN

DEFAULT_SCHEDULE_GAS: Final = 200_000

_GUARDED: Final[dict[type[ast.operator], str]] = {
    ast.FloorDiv: "$divide",
    ast.Mod: "$remainder",
    ast.Pow: "$power",
    ast.LShift: "$shift_left",
    ast.RShift: "$shift_right",
    ast.Mult: "$multiply",
}

_COMPARING: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "$equal",
    ast.NotEq: "$unequal",
    ast.Lt: "$less",
    ast.LtE: "$at_most",
    ast.Gt: "$greater",
    ast.GtE: "$at_least",
}

_CONTEXT: Final = {"sender": SENDER, "paid": PAID, "address": CONTRACT}
_LEDGER: Final = {"now": "time", "height": "height"}

_PLAIN_BUILTINS: Final = {"abs": "$abs", "len": "$len", "min": "$min", "max": "$max"}
_CHARGED_BUILTINS: Final = {
    "str": "$number_text",
    "sum": "$total",
    "sorted": "$sort",
    "min_of_list": "$smallest",
    "max_of_list": "$largest",
}
_VALUE_CALLS: Final = {
    "startswith": "$starts_with",
    "endswith": "$ends_with",
    "encode": "$encode_text",
    "hex": "$hexadecimal",
}


def guard_exact(kind: Type, value: ast.expr) -> ast.expr:
    """Return a number that is refused when running where it leaves the bounds of its type."""
    guard = "$money" if is_amount(kind) else "$moment" if kind == TIME else "$narrow"
    lowest = INT_MIN if guard == "$narrow" else 0
    # Bounds that stand in the code save a call of the guard: 0.04 µs.
    number = ast.NamedExpr(ast.Name(NUMBER, ast.Store()), value)
    fits = ast.Compare(constant(lowest), [ast.LtE(), ast.LtE()], [number, constant(INT_MAX)])
    return ast.IfExp(fits, name(NUMBER), call(guard, name(NUMBER)))


def name_encoding(types: tuple[Type, ...]) -> str:
    """Return the name of the function that encodes values of these types."""
    return f"$encode.{', '.join(map(str, types))}"


class ExpressionLowering:
    """Lowers the expressions of one method."""

    def __init__(self, method: Method, sizes: FixedSizes) -> None:
        self._notes = sizes.notes
        self._sizes = sizes
        self.widths = Widths(method, sizes.notes)
        self._method = method
        self._kept: set[str] = set()
        """Locals in which places stand."""

    def type_of(self, node: ast.expr) -> Type:
        """Return the static type that the checker found."""
        return self._notes.types[node]

    def meaning_of(self, node: ast.AST) -> meanings.Meaning | None:
        """Return the meaning that the checker found."""
        return self._notes.meanings.get(node)

    def lower(self, node: ast.expr) -> ast.expr:
        """Return the lowered expression."""
        meaning = self._notes.meanings.get(node)
        if meaning is not None:
            return _MEANINGS[type(meaning)](self, node, meaning)
        return _NODES[type(node)](self, node)

    def lower_exact(self, node: ast.expr) -> ast.expr:
        """Return the lowered expression, guarded where it might not fit its type."""
        lowered = self.lower(node)
        kind = self.type_of(node)
        if not kind.is_numeric or self.widths.is_exact(node):
            return lowered
        return guard_exact(kind, lowered)

    def lower_kept(self, node: ast.expr) -> ast.expr:
        """Return the lowered expression, guarded where it might pass 256 bits."""
        lowered = self.lower(node)
        if self.type_of(node).is_numeric and self.widths.get_width(node) > LOCAL_BITS - 1:
            is_local = isinstance(node, ast.Name) and node not in self._notes.meanings
            return lowered if is_local else call("$wide", lowered)
        return lowered

    def lower_part(self, node: ast.expr) -> ast.expr:
        """Return a value that goes into a record: exact, and a list as a copy."""
        lowered = self.lower_exact(node)
        return with_frame("$copy_list", lowered) if self._is_list(node) else lowered

    def lower_all(self, nodes: tuple[ast.expr, ...]) -> list[ast.expr]:
        """Return the exact lowered forms."""
        return [self.lower_exact(node) for node in nodes]

    def _is_list(self, node: ast.expr) -> bool:
        return self.type_of(node).sort is Sort.LIST

    # Nodes without a meaning of their own

    def lower_constant(self, node: ast.Constant) -> ast.expr:
        return constant(node.value)

    def lower_name(self, node: ast.Name) -> ast.expr:
        return name(node.id)

    def lower_unary(self, node: ast.UnaryOp) -> ast.expr:
        return ast.UnaryOp(node.op, self.lower(node.operand))

    def lower_boolean(self, node: ast.BoolOp) -> ast.expr:
        return ast.BoolOp(node.op, [self.lower(value) for value in node.values])

    def lower_conditional(self, node: ast.IfExp) -> ast.expr:
        return ast.IfExp(self.lower(node.test), self.lower(node.body), self.lower(node.orelse))

    def lower_compare(self, node: ast.Compare) -> ast.expr:
        others = [self.lower(comparator) for comparator in node.comparators]
        return ast.Compare(self.lower(node.left), node.ops, others)

    def lower_binary(self, node: ast.BinOp) -> ast.expr:
        return self.lower_operation(node.op, node.left, node.right)

    def lower_operation(
        self,
        operator: ast.operator,
        left: ast.expr,
        right: ast.expr,
        target: ast.expr | None = None,
    ) -> ast.expr:
        """Return `left operator right`.

        `target` stands for the left side where it is already lowered.
        """
        a, b = target or self.lower(left), self.lower(right)
        kind = self.type_of(left)
        if kind in (STR, BYTES):
            return with_frame("$join_text", a, b)
        if kind.sort is Sort.LIST:
            return with_frame("$join_lists", a, b)
        guard = _GUARDED.get(type(operator))
        if guard is None or self._is_safe(operator, left, right):
            return ast.BinOp(a, operator, b)
        return call(guard, a, b)

    def _is_safe(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> bool:
        if isinstance(operator, ast.Mult):
            return self.widths.is_product_bounded(left, right)
        if isinstance(operator, ast.FloorDiv | ast.Mod):
            return isinstance(right, ast.Constant) and right.value != 0
        return False

    def lower_subscript(self, node: ast.Subscript) -> ast.expr:
        owner = self.lower(node.value)
        if not isinstance(node.slice, ast.Slice):
            return call("$get_item", owner, self.lower(node.slice))
        bounds = [
            constant(None) if bound is None else self.lower(bound)
            for bound in (node.slice.lower, node.slice.upper)
        ]
        return with_frame(
            "$slice_list" if self._is_list(node.value) else "$slice_text", owner, *bounds
        )

    def lower_text(self, node: ast.JoinedStr) -> ast.expr:
        parts = [
            self.lower_kept(part.value)
            if isinstance(part, ast.FormattedValue)
            else self.lower(part)
            for part in node.values
        ]
        return with_frame("$join_parts", *parts)

    def lower_list(self, node: ast.List) -> ast.expr:
        items = [self.lower_exact(element) for element in node.elts]
        return with_frame("$build_list", ast.List(items, ast.Load()))

    # Meanings

    def lower_fixed(self, node: ast.expr, meaning: meanings.Fixed) -> ast.expr:
        del node
        return constant(meaning.value)

    def lower_context(self, node: ast.expr, meaning: meanings.Context) -> ast.expr:
        del node
        if meaning.name in _CONTEXT:
            return name(_CONTEXT[meaning.name])
        return attribute(name(LEDGER), _LEDGER[meaning.name])

    def lower_key(self, place: VarField | MapEntry) -> ast.expr:
        """Return the bytes under which the value of a place is stored; see `Accessors.key`."""
        key = f"$key.{place.name}"
        if isinstance(place, VarField):
            return name(key)
        parts = self.lower_all(place.keys)
        if is_digest(list(map(self.type_of, place.keys))):
            return ast.BinOp(name(key), ast.Add(), *parts)
        return call(key, *parts)

    def lower_whole_place(self, place: VarField | MapEntry) -> ast.expr:
        """Return the place of a value of fixed size; see `ports.build_home`."""
        kept = self._name_kept(place)
        return name(kept) if kept in self._kept else join(name(HOME), self.lower_key(place))

    def keep_places(self, nodes: Iterable[ast.AST]) -> list[ast.stmt]:
        """Build the places that the nodes, which run first, read or write and nothing can change.

        They stand in locals for the rest of the method: what is read and then written is built and
        hashed once, which saves 0.1 µs. Their first use has paid.
        """
        keeping: list[ast.stmt] = []
        for node in nodes:
            place = self._sizes.get_place(node)
            kept = self._name_kept(place) if place else ""
            if place and kept and kept not in self._kept:
                keeping.append(assign(kept, self.lower_whole_place(place)))
                self._kept.add(kept)
        return keeping

    def _name_kept(self, place: VarField | MapEntry) -> str:
        """Return the local in which a place is kept; empty where it cannot be."""
        if isinstance(place, VarField):
            return f"$place.{place.name}"
        if not is_digest(list(map(self.type_of, place.keys))):
            return ""
        (key,) = place.keys
        match self.meaning_of(key), key:
            case meanings.Context(name=context), _:
                return f"$place.{place.name}.self.{context}"
            case None, ast.Name(id=parameter) if parameter in self._steady:
                return f"$place.{place.name}.{parameter}"
            case _:
                return ""

    @cached_property
    def _steady(self) -> set[str]:
        """The parameters that keep their value."""
        names = (node for node in ast.walk(self._method.node) if isinstance(node, ast.Name))
        changed = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        return {each.name for each in self._method.parameters} - changed

    def read_fixed(
        self, place: VarField | MapEntry, whole: ast.expr, default: ast.expr | None = None
    ) -> ast.expr:
        """Return the value of a place of fixed size, for which its block has paid."""
        data = ast.NamedExpr(ast.Name(DATA, ast.Store()), ask_ledger("read", whole))
        is_absent = ast.Compare(data, [ast.Is()], [constant(None)])
        missing = call(f"$missing.{place.name}") if default is None else default
        return ast.IfExp(is_absent, missing, call(f"$decode.{place.name}", name(DATA)))

    def lower_place(self, node: ast.expr, meaning: VarField | MapEntry) -> ast.expr:
        if self._sizes.is_fixed(node):
            return self.read_fixed(meaning, self.lower_whole_place(meaning))
        return with_frame(f"$read.{meaning.name}", self.lower_key(meaning))

    def lower_map_call(self, node: ast.expr, meaning: meanings.MapCall) -> ast.expr:
        entry = meaning.entry
        if self._sizes.is_fixed(node):
            assert meaning.default is not None
            default = self.lower_exact(meaning.default)
            return self.read_fixed(entry, self.lower_whole_place(entry), default)
        key = self.lower_key(entry)
        match meaning.action:
            case "get":
                assert meaning.default is not None
                default = self.lower_exact(meaning.default)
                return with_frame(f"$read_or.{entry.name}", default, key)
            case "remove":
                return with_frame(f"$remove.{entry.name}", key)
            case _:
                found = with_frame(f"$has.{entry.name}", key)
                assert isinstance(node, ast.Compare)
                negated = isinstance(node.ops[0], ast.NotIn)
                return ast.UnaryOp(ast.Not(), found) if negated else found

    def lower_stored_item(self, node: ast.expr, meaning: meanings.StoredItem) -> ast.expr:
        del node
        return with_frame(f"$read_item.{meaning.name}", self.lower(meaning.index))

    def lower_stored_list_call(self, node: ast.expr, meaning: meanings.StoredListCall) -> ast.expr:
        function = f"${meaning.action}.{meaning.name}"
        if meaning.action != "holds":
            return with_frame(function, *self.lower_all(meaning.arguments))
        found = with_frame(function, *map(self.lower, meaning.arguments))
        assert isinstance(node, ast.Compare)
        negated = isinstance(node.ops[0], ast.NotIn)
        return ast.UnaryOp(ast.Not(), found) if negated else found

    def lower_record_field(self, node: ast.expr, meaning: meanings.RecordField) -> ast.expr:
        assert isinstance(node, ast.Attribute)
        field = attribute(self.lower(node.value), meaning.name)
        return with_frame("$copy_list", field) if self._is_list(node) else field

    def lower_inside(self, node: ast.expr, meaning: meanings.Inside) -> ast.expr:
        del meaning
        assert isinstance(node, ast.Attribute)
        return self.lower(node.value)

    def lower_builtin(self, node: ast.expr, meaning: meanings.Builtin) -> ast.expr:
        del node
        arguments = [self.lower_kept(argument) for argument in meaning.arguments]
        if meaning.form in _PLAIN_BUILTINS:
            return call(_PLAIN_BUILTINS[meaning.form], *arguments)
        return with_frame(_CHARGED_BUILTINS[meaning.form], *arguments)

    def lower_scale(self, node: ast.expr, meaning: meanings.Scale) -> ast.expr:
        del node
        if meaning.factor == 1:
            return self.lower(meaning.argument)
        return call("$multiply", self.lower(meaning.argument), constant(meaning.factor))

    def lower_rounded(
        self, node: ast.AST, meaning: meanings.Rounded, first: ast.expr | None = None
    ) -> ast.expr:
        """Return the rounded quotient; `first` stands for its first factor if already lowered."""
        del node
        left, right = meaning.factors
        return with_frame(
            "$rounded",
            first or self.lower(left),
            self._lower_number(right),
            self._lower_number(meaning.divisor),
            name(f"$rounding.{meaning.rounding.name}"),
        )

    def _lower_number(self, number: ast.expr | int) -> ast.expr:
        return constant(number) if isinstance(number, int) else self.lower(number)

    def lower_encoding(self, node: ast.expr, meaning: meanings.Encoding) -> ast.expr:
        del node
        return with_frame(name_encoding(meaning.types), *self.lower_all(meaning.arguments))

    def lower_crypto(self, node: ast.expr, meaning: meanings.Crypto) -> ast.expr:
        del node
        return with_frame(f"${meaning.name}", *self.lower_all(meaning.arguments))

    def lower_host(self, node: ast.expr, meaning: meanings.Host) -> ast.expr:
        del node
        return with_frame(f"$host.{meaning.name}", *self.lower_all(meaning.arguments))

    def lower_emit(self, node: ast.expr, meaning: meanings.Emit) -> ast.expr:
        values = ast.Tuple(self.lower_all(meaning.arguments), ast.Load())
        if self._sizes.is_fixed(node):
            return ask_ledger(
                "emit", name(CONTRACT), constant(meaning.event), call("$encode", values)
            )
        return with_frame(f"$emit.{meaning.event}", values)

    def lower_schedule(self, node: ast.expr, meaning: meanings.Schedule) -> ast.expr:
        del node
        gas = (
            constant(DEFAULT_SCHEDULE_GAS) if meaning.gas is None else self.lower_exact(meaning.gas)
        )
        values = self.lower_all(meaning.arguments)
        function = f"$schedule.{meaning.method.name}"
        return with_frame(function, self.lower_exact(meaning.at), gas, *values)

    def lower_attach_rule(self, node: ast.expr, meaning: meanings.AttachRule) -> ast.expr:
        del node
        asset, method = self.lower(meaning.asset), constant(meaning.method.name)
        return with_frame("$host.set_transfer_rule", asset, method)

    def lower_own_call(self, node: ast.expr, meaning: meanings.OwnCall) -> ast.expr:
        del node
        return with_frame(f"$method.{meaning.method.name}", *self.lower_all(meaning.arguments))

    def lower_build(self, node: ast.expr, meaning: meanings.Build) -> ast.expr:
        del node
        parts = [self.lower_part(argument) for argument in meaning.arguments]
        return with_frame(f"$record.{meaning.record}", *parts)

    def lower_replace(self, node: ast.expr, meaning: meanings.Replace) -> ast.expr:
        del node
        parts = [self.lower_part(argument) for argument in meaning.arguments]
        keywords = [ast.keyword(*pair) for pair in zip(meaning.names, parts, strict=True)]
        return ast.Call(name("$replace"), [name(FRAME), self.lower(meaning.source)], keywords)

    def lower_list_call(self, node: ast.expr, meaning: meanings.ListCall) -> ast.expr:
        del node
        source = self.lower(meaning.source)
        if meaning.name == "pop":
            return call("$pop", source)
        return with_frame("$append", source, *self.lower_all(meaning.arguments))

    def lower_value_call(self, node: ast.expr, meaning: meanings.ValueCall) -> ast.expr:
        del node
        others = [self.lower(argument) for argument in meaning.arguments]
        return with_frame(_VALUE_CALLS[meaning.name], self.lower(meaning.source), *others)

    def lower_reference(self, node: ast.expr, meaning: meanings.Reference) -> ast.expr:
        del node
        return self.lower(meaning.address)

    def lower_remote(self, node: ast.expr, meaning: meanings.Remote) -> ast.expr:
        del node
        payment: ast.expr = constant(None)
        if meaning.payment is not None:
            payment = ast.Tuple(self.lower_all(meaning.payment), ast.Load())
        function = f"$remote.{meaning.interface.name}.{meaning.method.name}"
        values = self.lower_all(meaning.arguments)
        return with_frame(function, self.lower(meaning.target), payment, *values)

    def lower_comparison(self, node: ast.expr, meaning: meanings.Comparison) -> ast.expr:
        assert isinstance(node, ast.Compare)
        operator, left, right = node.ops[0], self.lower(node.left), self.lower(node.comparators[0])
        if type(operator) in _COMPARING:
            return with_frame(_COMPARING[type(operator)], left, right)
        is_list = meaning.kind.sort is Sort.LIST
        found = with_frame("$is_in_list" if is_list else "$is_in_text", left, right)
        return ast.UnaryOp(ast.Not(), found) if isinstance(operator, ast.NotIn) else found


_NODES: Final[dict[type[ast.expr], Callable[[ExpressionLowering, Any], ast.expr]]] = {
    ast.Constant: ExpressionLowering.lower_constant,
    ast.Name: ExpressionLowering.lower_name,
    ast.UnaryOp: ExpressionLowering.lower_unary,
    ast.BoolOp: ExpressionLowering.lower_boolean,
    ast.IfExp: ExpressionLowering.lower_conditional,
    ast.Compare: ExpressionLowering.lower_compare,
    ast.BinOp: ExpressionLowering.lower_binary,
    ast.Subscript: ExpressionLowering.lower_subscript,
    ast.JoinedStr: ExpressionLowering.lower_text,
    ast.List: ExpressionLowering.lower_list,
}

_MEANINGS: Final[dict[type, Callable[[ExpressionLowering, ast.expr, Any], ast.expr]]] = {
    meanings.Fixed: ExpressionLowering.lower_fixed,
    meanings.Context: ExpressionLowering.lower_context,
    meanings.VarField: ExpressionLowering.lower_place,
    meanings.MapEntry: ExpressionLowering.lower_place,
    meanings.MapCall: ExpressionLowering.lower_map_call,
    meanings.StoredItem: ExpressionLowering.lower_stored_item,
    meanings.StoredListCall: ExpressionLowering.lower_stored_list_call,
    meanings.RecordField: ExpressionLowering.lower_record_field,
    meanings.Inside: ExpressionLowering.lower_inside,
    meanings.Builtin: ExpressionLowering.lower_builtin,
    meanings.Scale: ExpressionLowering.lower_scale,
    meanings.Rounded: ExpressionLowering.lower_rounded,
    meanings.Encoding: ExpressionLowering.lower_encoding,
    meanings.Crypto: ExpressionLowering.lower_crypto,
    meanings.Host: ExpressionLowering.lower_host,
    meanings.Emit: ExpressionLowering.lower_emit,
    meanings.Schedule: ExpressionLowering.lower_schedule,
    meanings.AttachRule: ExpressionLowering.lower_attach_rule,
    meanings.OwnCall: ExpressionLowering.lower_own_call,
    meanings.Build: ExpressionLowering.lower_build,
    meanings.Replace: ExpressionLowering.lower_replace,
    meanings.ListCall: ExpressionLowering.lower_list_call,
    meanings.ValueCall: ExpressionLowering.lower_value_call,
    meanings.Reference: ExpressionLowering.lower_reference,
    meanings.Remote: ExpressionLowering.lower_remote,
    meanings.Comparison: ExpressionLowering.lower_comparison,
}
