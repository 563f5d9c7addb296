"""What the checker refuses, and what to write instead: one table of rules.

A `Problem` is data: tools print it, editors underline it, `docs/` lists the table. The words may
become better; a rule's id never changes.
"""

import ast
from typing import Final, NamedTuple

from msgspec import Struct

from dure.core.errors import DureError


class Problem(Struct, frozen=True):
    """One refused place.

    `line` counts from 1, `column` from 1; both are 1 where the file cannot be read at all.
    """

    rule: str
    line: int
    column: int
    message: str
    instead: str
    module: str = ""
    """The library module that it is about; empty for the contract's own file."""


class Rule(NamedTuple):
    """`message` may hold named places that the checker fills."""

    message: str
    instead: str


RULES: Final[dict[str, Rule]] = {
    # The file
    "syntax": Rule(
        "this is not readable Python", "correct the syntax; Python's own compiler says where"
    ),
    "too-long": Rule("the source is longer than 64 KiB", "split the contract in two"),
    "too-deep": Rule(
        "the syntax is nested more than 64 levels deep", "use local variables and helper methods"
    ),
    "too-many-nodes": Rule(
        "the source has more than 20,000 syntax nodes", "split the contract in two"
    ),
    "import": Rule(
        "`{name}` cannot be imported",
        "import names of dure.contract.language, and what modules of dure.contract.library declare",
    ),
    "missing-module": Rule(
        "the library module `{name}` does not come with the source", "import a module that exists"
    ),
    "unneeded-module": Rule("nothing imports this module", "leave it out of the source"),
    "module-cycle": Rule(
        "`{name}` imports this module, directly or through others", "move what both need to a third"
    ),
    "module-list": Rule(
        "library modules have plain names, each once, in ascending order, at most 16",
        "gather the source with `dure.contract.source.bundle`",
    ),
    "module-code": Rule(
        "code outside of a class", "keep imports, constants and classes at the outer level"
    ),
    "constant": Rule(
        "a constant is NAME = a number, text, bytes, truth value, duration or amount",
        "compute it in a method",
    ),
    "duplicate-name": Rule("`{name}` already has a meaning", "choose another name"),
    "no-contract": Rule("there is no contract class", "write `class Name(Contract):`"),
    # Names
    "underscore-name": Rule("`{name}` begins with an underscore", "begin the name with a letter"),
    "long-name": Rule("a name of more than 64 characters", "find a shorter one"),
    "non-ascii-name": Rule(
        "`{name}` has letters other than a-z, A-Z, 0-9 and _", "use ASCII letters"
    ),
    "escape": Rule(
        "a backslash in a text means something only before some letters, not the same on each "
        "Python, or nothing",
        "write the character itself, `\\\\`, or its number: `\\u00e9`",
    ),
    "control-character": Rule(
        "a character that nobody sees changes in which order the line is shown",
        "remove it, or write its number: `\\u202e`",
    ),
    "unknown-name": Rule(
        "`{name}` is not known here", "declare or import it first; only the language's names exist"
    ),
    "unbound-name": Rule(
        "`{name}` may have no value here", "give it a value on every way that leads here"
    ),
    "unknown-attribute": Rule(
        "{type} has no `{name}`", "use only what the language reference lists"
    ),
    # Syntax that the language leaves out
    "while-loop": Rule("`while` may never end", "use `for … in range(…)`"),
    "recursion": Rule("`{name}` calls itself, directly or through others", "use a loop"),
    "call-depth": Rule(
        "methods call each other more than 12 deep", "join some of the helper methods"
    ),
    "loop-depth": Rule(
        "loops are nested more than 8 deep", "move the inner loops to a helper method"
    ),
    "float": Rule(
        "floating-point numbers are not exact", "count in the smallest unit, as an integer"
    ),
    "division": Rule("`/` gives floating-point numbers", "use `//`"),
    "set": Rule("sets have no reliable order", "use a list, or a Map"),
    "dictionary": Rule(
        "dictionaries are not part of the language", "use a Map, a Record or a list"
    ),
    "tuple": Rule("tuples are not part of the language", "use a Record or a list"),
    "comprehension": Rule("comprehensions are not part of the language", "use a `for` loop"),
    "lambda": Rule("functions are methods only", "write a helper method"),
    "nested-definition": Rule("a definition inside a function", "move it out"),
    "generator": Rule("generators are not part of the language", "build a list"),
    "exception": Rule("a call succeeds wholly or not at all", 'use `require(condition, "reason")`'),
    "walrus": Rule("`:=` hides an assignment", "assign on a line of its own"),
    "star": Rule("starred arguments and unpacking hide what is passed", "write each argument"),
    "default-value": Rule("parameters have no default values", "pass every argument"),
    "parameter-kind": Rule("only plain parameters are allowed", "remove `/`, `*` and `**`"),
    "f-string": Rule(
        "`{{}}` in a text holds one plain name, without conversion or format",
        "assign it first, then `{{name}}`",
    ),
    "asynchronous": Rule("contracts are not asynchronous", "leave out `async` and `await`"),
    "scope": Rule(
        "`global` and `nonlocal` are not part of the language", "keep state in Var and Map fields"
    ),
    "delete": Rule("`del` is not part of the language", "use `.remove(key)` of a Map"),
    "match": Rule("`match` is not part of the language", "use `if` and `elif`"),
    "with": Rule("`with` is not part of the language", "leave it out"),
    "identity": Rule("`is` compares objects, not values", "use `==`"),
    "matrix": Rule("`@` between values is not part of the language", "use `*`"),
    "else-after-loop": Rule("`else` after a loop is easily misread", "use a variable"),
    "chained-assignment": Rule("one assignment gives one value to one target", "use two lines"),
    "unknown-syntax": Rule("`{name}` is not part of the language", "see the language reference"),
    "ellipsis": Rule("`…` has a meaning in an Interface class only", "write the body"),
    "literal": Rule("this constant is not part of the language", "use int, bool, str or bytes"),
    "big-literal": Rule("a number of more than 255 bits", "use a smaller number"),
    "surrogate": Rule("text with half a character", "use whole Unicode characters"),
    # Declarations
    "class-base": Rule(
        "a class has exactly one of the bases Contract, Record, Event, Choice, Decimal, Currency, "
        "Interface, or contract classes that are known above it",
        "write `class Name(Record):`",
    ),
    "too-many-contracts": Rule(
        "more than 16 contract classes in one file", "keep those that the contract is made of"
    ),
    "base-twice": Rule("`{name}` is a base already", "name it once"),
    "init-not-called": Rule(
        "the inherited @init `{name}` does not run exactly once",
        "write `self.{name}(…)` once, at the top level of this @init",
    ),
    "class-body": Rule("this does not belong into a {name} class", "see the language reference"),
    "decorator": Rule(
        "this decorator does not fit here",
        "use one of @init @call @view @scheduled @invariant @migrate @transfer_rule, and "
        '@only(role="…") or @only(party="…") beside @init, @call or @view',
    ),
    "annotation": Rule(
        "`{name}` is no type that fits here",
        "use int, bool, str, bytes, Address, Hash, Asset, Amount, Time, Duration, list[…], or a "
        "Record, Choice or Decimal of the file",
    ),
    "missing-annotation": Rule("`{name}` has no type", "annotate it"),
    "self": Rule("the first parameter of a method is `self`", "write `def {name}(self, …)`"),
    "too-many-fields": Rule("more than 64 fields or parameters", "use a Record of Records"),
    "too-large-type": Rule(
        "`{name}` has more than 1,024 parts or 8 levels, counting those of the records in it",
        "keep the inner ones in a Map",
    ),
    "recursive-record": Rule("`{name}` contains itself", "keep the inner ones in a Map"),
    "two-inits": Rule(
        "a contract has one @init method", "keep one, or write one that calls those of the bases"
    ),
    "two-migrations": Rule("a contract has one @migrate method", "keep one"),
    "invariant-form": Rule("an @invariant is `(self) -> bool`", "write it like this"),
    "transfer-rule-form": Rule(
        "a @transfer_rule is `(self, source: Address, target: Address, amount: Amount) -> Amount`",
        "write it like this; both amounts may be of one currency",
    ),
    "party": Rule(
        "`party` must name a Var[Address] or List[Address] of this contract",
        "declare `{name}: Var[Address]`",
    ),
    "list-limit": Rule(
        "a List says how many items it may have, from 1 to 1,000,000",
        "write `name: List[int] = List(limit=100)`",
    ),
    "pays": Rule("`pays` must name a Var[Asset] of this contract", "declare `{name}: Var[Asset]`"),
    "paid": Rule(
        "`self.paid` is known in a `@call(pays=…)` method only", "pass it on as an argument"
    ),
    "decimal-class": Rule(
        "a Decimal class names its `places`, 0 to 18, and perhaps its `rounding`",
        "write `places = 6`, `rounding = Rounding.HALF_EVEN` and nothing else",
    ),
    "decimal-literal": Rule(
        "a `{name}` is a text with at most {places} digits behind the point, within 64 bits",
        'write the number out, `{name}("12")`, or use `{name}.ratio(…)`',
    ),
    "init-result": Rule("an @init, @scheduled or @migrate method returns nothing", "return None"),
    # Types
    "type-mismatch": Rule(
        "{got} stands where {expected} is needed", "use a value of the right type"
    ),
    "operator": Rule("`{name}` does not work on {left} and {right}", "use values of fitting types"),
    "call-arguments": Rule("`{name}` takes {expected}", "pass exactly these arguments"),
    "not-callable": Rule(
        "this cannot be called",
        "call a method, a Record, a builtin of the language or an Interface",
    ),
    "not-a-value": Rule(
        "`{name}` cannot be used as a value", "use it as the language reference shows"
    ),
    "unknown-type": Rule(
        "the type of this list is unknown", "annotate the variable: `name: list[int] = []`"
    ),
    "condition": Rule("a condition is a truth value, not {got}", "compare: `x != 0`, `len(x) > 0`"),
    "missing-return": Rule(
        "`{name}` can end without returning {expected}", "return a value on every way"
    ),
    "not-iterable": Rule(
        "a loop goes over a list, range(…) or enumerate(…)", "loop over one of these"
    ),
    "range-step": Rule(
        "the step of a range is a written number other than 0", "write the step as a number"
    ),
    "assignment-target": Rule(
        "this cannot be assigned to", "assign to a local name, a Var, a Map entry or a list item"
    ),
    "immutable": Rule("{type} cannot be changed", "use `.replace(field=…)` and store the result"),
    "lost-change": Rule(
        "this changes a copy that is then thrown away",
        "assign the list to a local, change it, store it back",
    ),
    "unused-value": Rule("the value is computed and then dropped", "use it or remove the line"),
    "outside-loop": Rule("`{name}` outside of a loop", "remove it"),
    "view-changes": Rule("a @view changes nothing, but this does", "make the method a @call"),
    "schedule-method": Rule(
        "only a @scheduled method of this contract can be scheduled", "pass `self.method`"
    ),
    "transfer-rule-method": Rule(
        "only a @transfer_rule method of this contract can be attached to an asset",
        "write `self.set_transfer_rule(asset, self.method)`",
    ),
    "entry-call": Rule(
        "`{name}` is called from outside only",
        "move the shared part to an undecorated helper method",
    ),
    "event": Rule("an event is built inside `self.emit(…)`", "write `self.emit(Name(…))`"),
    "require": Rule("`require` is a line of its own", 'write `require(condition, "reason")`'),
}


class Problems:
    """Collects what is wrong with a source, in the order found; `listed` sorts it by place.

    Each step of the checker closes the lines in which it found something: what a later step says of
    such a line follows from the same mistake.
    """

    def __init__(self, module: str = "") -> None:
        self._found: list[Problem] = []
        self._closed: set[tuple[str, int]] = set()
        self._module = module

    def in_module(self, name: str) -> "Problems":
        """Return the same collection for another file; the empty name is the contract's own."""
        other = Problems(name)
        other._found, other._closed = self._found, self._closed
        return other

    def close_lines(self) -> None:
        """Begin the next step."""
        self._closed.update((each.module, each.line) for each in self._found)

    def add(self, rule: str, node: ast.AST | None, **facts: str) -> None:
        """Note a broken rule at `node`; None stands for the whole file."""
        text = RULES[rule]
        line = getattr(node, "lineno", 1)
        if node is not None and (self._module, line) in self._closed:
            return
        self._found.append(
            Problem(
                rule=rule,
                line=line,
                column=getattr(node, "col_offset", 0) + 1,
                message=text.message.format(**facts),
                instead=text.instead.format(**facts),
                module=self._module,
            )
        )

    def __bool__(self) -> bool:
        return bool(self._found)

    def listed(self) -> list[Problem]:
        """Return every problem once, by module, line and column; the contract's own file first."""
        return sorted(
            set(self._found),
            key=lambda problem: (problem.module, problem.line, problem.column, problem.rule),
        )


class UnsafeSource(DureError):
    """A contract that the checker refuses; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        place = f"{first.module}, line {first.line}" if first.module else f"line {first.line}"
        super().__init__(f"{place}: {first.message} ({len(problems)} in all)")
        self.problems = problems
