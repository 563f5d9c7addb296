"""What the checker knows while it reads one method."""

import ast
from dataclasses import dataclass, field

from dure.contract.checker.bodies.meanings import Meaning
from dure.contract.checker.vocabulary import RESERVED
from dure.contract.problems import Problems
from dure.contract.shapes import UNKNOWN, ContractShape, Declarations, Method, Sort, Type


@dataclass(slots=True)
class Notes:
    """The checker's findings about expressions, for the compiler."""

    types: dict[ast.expr, Type] = field(default_factory=dict)
    meanings: dict[ast.AST, Meaning] = field(default_factory=dict)
    """By expression; of `target *= rate` by the statement."""


@dataclass(slots=True)
class Scope:
    """One method: its locals, and which of them surely have a value at the place being read."""

    known: Declarations
    """What names mean here."""
    whole: Declarations
    """What types mean: a value's type need not have a name here."""
    contract: ContractShape
    method: Method
    problems: Problems
    notes: Notes
    locals: dict[str, Type] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    loops: int = 0
    calls: dict[str, ast.expr] = field(default_factory=dict)
    """Helper methods called, and where."""
    seen: dict[ast.expr, Type] = field(default_factory=dict)
    """Expressions already checked: none is checked twice, or nesting could double the work."""
    changes: list[ast.AST] = field(default_factory=list)
    """Places that change the ledger."""

    def refuse(self, rule: str, node: ast.AST, **facts: str) -> Type:
        """Note a problem; return the type that fits everywhere."""
        self.problems.add(rule, node, **facts)
        return UNKNOWN

    def expect(self, node: ast.AST, got: Type, expected: Type) -> None:
        """Refuse where `got` is another type than `expected`."""
        if got != expected and not is_unknown(got) and not is_unknown(expected):
            self.problems.add("type-mismatch", node, got=str(got), expected=str(expected))

    def mean(self, node: ast.AST, meaning: Meaning, result: Type) -> Type:
        """Remember what `node` means; return its type."""
        self.notes.meanings[node] = meaning
        return result

    def is_number_class(self, name: str) -> bool:
        """Say whether `name` is a class of money or of fixed-point numbers."""
        return name in self.known.currencies or name in self.known.decimals

    def is_taken(self, name: str) -> bool:
        """Say whether a local may not have this name."""
        return name in RESERVED or self.known.has(name)

    def find_stored_list(self, node: ast.expr) -> tuple[str, Type] | None:
        """Return the name and the items' type of the stored list that `node` is, if it is one."""
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                kind = self.contract.state.get(name)
                return (name, kind.item) if kind and kind.sort is Sort.STORED_LIST else None
            case _:
                return None

    def bind_unknown(self, names: frozenset[str]) -> None:
        """Take it that a refused place gave these locals a value."""
        for name in names:
            self.locals.setdefault(name, UNKNOWN)
        self.bound |= names


def is_unknown(kind: Type) -> bool:
    """Say whether an error about this type, or its item, was already reported."""
    return kind.sort is Sort.UNKNOWN or any(is_unknown(item) for item in kind.items)
