"""Lowers the statements of a method.

Charges in front of every block, stores through the accessors.
"""

import ast
from collections.abc import Callable, Iterator

from dure.contract.checker.bodies.meanings import MapEntry, Rounded, StoredItem, VarField
from dure.contract.checker.declared.declarations import without_docstring
from dure.contract.compiler.build import (
    WRITTEN,
    ask_ledger,
    assign,
    call,
    charge,
    constant,
    name,
    with_frame,
)
from dure.contract.compiler.charges import compute_statement_cost, list_own_parts, split_blocks
from dure.contract.compiler.expressions import ExpressionLowering, guard_exact
from dure.contract.compiler.fixed import FixedSizes
from dure.contract.compiler.marks import mark_block, mark_line
from dure.contract.gas import ENTRY, TURN
from dure.contract.shapes import Method

Leave = Callable[[ast.expr], list[ast.stmt]]
"""Gives the statements by which a function ends with a result."""
LowerBody = Callable[[Method, Leave], list[ast.stmt]]
"""Gives the lowered statements of a method."""


def lower_body(
    method: Method, leave: Leave, *, sizes: FixedSizes, is_watched: bool, is_metered: bool
) -> list[ast.stmt]:
    """Return the lowered statements of a method, with marks where it is watched; see `marks`."""
    lowering = StatementLowering(method, sizes, leave, is_watched=is_watched, is_metered=is_metered)
    return lowering.lower_suite(without_docstring(method.node.body), ENTRY, method.node)


class StatementLowering:
    """Lowers the statements of one method."""

    def __init__(
        self,
        method: Method,
        sizes: FixedSizes,
        leave: Leave,
        *,
        is_watched: bool,
        is_metered: bool,
    ) -> None:
        self._expressions = ExpressionLowering(method, sizes)
        self._sizes = sizes
        self._leave = leave
        self._is_metered = is_metered
        self._is_watched = is_watched

    def lower_suite(self, body: list[ast.stmt], entry_gas: int, owner: ast.stmt) -> list[ast.stmt]:
        """Return the lowered statements of `owner`, each basic block behind its charge."""
        lowered: list[ast.stmt] = []
        for i, block in enumerate(split_blocks(body) or [[]]):
            own_gas = entry_gas if i == 0 else 0
            gas = sum(map(self._compute_cost, block)) + own_gas
            if self._is_watched:
                lowered.append(mark_block(owner, gas, own_gas))
            lowered += charge(gas) if self._is_metered else [ast.Pass()]
            if i == 0 and isinstance(owner, ast.FunctionDef) and self._sizes.places:
                lowered += self._expressions.keep_places(_list_own_nodes(block))
            for statement in block:
                lowered += self._lower_placed(statement)
        return lowered

    def _compute_cost(self, node: ast.stmt) -> int:
        return compute_statement_cost(node, self._sizes)

    def _lower_placed(self, node: ast.stmt) -> list[ast.stmt]:
        lowered = self._lower_statement(node)
        if self._is_watched:
            lowered.insert(0, mark_line(node, self._compute_cost(node)))
        for each in lowered:
            ast.copy_location(each, node)
        return lowered

    def _lower_statement(self, node: ast.stmt) -> list[ast.stmt]:
        expressions = self._expressions
        match node:
            case ast.Assign(targets=[target], value=value):
                return self._store(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._store(target, value)
            case ast.AugAssign():
                return self._change(node)
            case ast.Expr(value=ast.Call() as inner):
                return [self._lower_call(inner)]
            case ast.If(test=test, body=body, orelse=orelse):
                otherwise = self.lower_suite(orelse, 0, node) if orelse else []
                taken = self.lower_suite(body, 0, node)
                return [ast.If(expressions.lower(test), taken, otherwise)]
            case ast.For():
                return [self._lower_for(node)]
            case ast.Return(value=value):
                result = constant(None) if value is None else self._lower_result(value)
                return self._leave(result)
            case ast.Break() | ast.Continue() | ast.Pass():
                return [type(node)()]
            case _:
                raise AssertionError("the checker let an unknown statement through")

    def _lower_result(self, value: ast.expr) -> ast.expr:
        if isinstance(value, ast.Constant) and value.value is None:
            return constant(None)
        return self._expressions.lower_exact(value)

    def _lower_call(self, node: ast.Call) -> ast.stmt:
        match node:
            case ast.Call(func=ast.Name(id="require"), args=[condition, reason]):
                refusal = ast.Expr(call("$refuse_reason", self._expressions.lower(reason)))
                test = ast.UnaryOp(ast.Not(), self._expressions.lower(condition))
                return ast.If(test, [refusal], [])
            case _:
                return ast.Expr(self._expressions.lower(node))

    def _lower_for(self, node: ast.For) -> ast.For:
        expressions = self._expressions
        match node.iter:
            case ast.Call(func=ast.Name(id="range" | "enumerate" as builtin), args=arguments):
                iterable: ast.expr = call(f"${builtin}", *map(expressions.lower_kept, arguments))
            case _:
                iterable = expressions.lower(node.iter)
        return ast.For(node.target, iterable, self.lower_suite(node.body, TURN, node), [])

    def _store(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            return [assign(target.id, self._expressions.lower_kept(value))]
        exact = self._expressions.lower_exact(value)
        return self._store_lowered(target, exact, self._lower_place(target))

    def _lower_place(self, target: ast.expr) -> ast.expr:
        """Return the lowered place or key of a stored value, or the index of a list's item."""
        match self._expressions.meaning_of(target):
            case MapEntry() | VarField() as place if self._sizes.is_fixed(target):
                return self._expressions.lower_whole_place(place)
            case MapEntry() | VarField() as place:
                return self._expressions.lower_key(place)
            case StoredItem(index=index):
                return self._expressions.lower(index)
            case _:
                assert isinstance(target, ast.Subscript)
                return self._expressions.lower(target.slice)

    def _store_lowered(self, target: ast.expr, value: ast.expr, place: ast.expr) -> list[ast.stmt]:
        match self._expressions.meaning_of(target):
            case MapEntry() | VarField() if self._sizes.is_fixed(target):
                # The value is worked out before the key, as in any Python.
                write = ask_ledger("write", place, name(WRITTEN))
                return [assign(WRITTEN, call("$encode", value)), ast.Expr(write)]
            case MapEntry(name=field) | VarField(name=field):
                return [ast.Expr(with_frame(f"$write.{field}", value, place))]
            case StoredItem(name=field):
                return [ast.Expr(with_frame(f"$write_item.{field}", value, place))]
            case _:
                assert isinstance(target, ast.Subscript)
                owner = self._expressions.lower(target.value)
                return [ast.Expr(call("$set_item", owner, place, value))]

    def _change(self, node: ast.AugAssign) -> list[ast.stmt]:
        """Lower `target += value`: the place is worked out once, then read, computed and stored."""
        kind = self._expressions.type_of(node.target)
        if isinstance(node.target, ast.Name):
            changed = self._operate(node, name(node.target.id))
            if kind.is_numeric:
                changed = call("$wide", changed)
            return [assign(node.target.id, changed)]
        changed = self._operate(node, self._read(node.target, name("$place")))
        if kind.is_numeric:
            changed = guard_exact(kind, changed)
        return [
            assign("$place", self._lower_place(node.target)),
            *self._store_lowered(node.target, changed, name("$place")),
        ]

    def _read(self, target: ast.expr, place: ast.expr) -> ast.expr:
        match self._expressions.meaning_of(target):
            case MapEntry() | VarField() as meaning if self._sizes.is_fixed(target):
                return self._expressions.read_fixed(meaning, place)
            case MapEntry(name=field) | VarField(name=field):
                return with_frame(f"$read.{field}", place)
            case StoredItem(name=field):
                return with_frame(f"$read_item.{field}", place)
            case _:
                assert isinstance(target, ast.Subscript)
                return call("$get_item", self._expressions.lower(target.value), place)

    def _operate(self, node: ast.AugAssign, left: ast.expr) -> ast.expr:
        meaning = self._expressions.meaning_of(node)
        if isinstance(meaning, Rounded):
            return self._expressions.lower_rounded(node, meaning, left)
        return self._expressions.lower_operation(node.op, node.target, node.value, left)


def _list_own_nodes(block: list[ast.stmt]) -> Iterator[ast.AST]:
    """Give the nodes of a block without those of the blocks inside it."""
    for statement in block:
        for part in list_own_parts(statement):
            yield from ast.walk(part)
