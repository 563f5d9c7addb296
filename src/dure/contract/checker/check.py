"""The checker's door: all steps in order, all problems at once.

Each step goes through all files before the next begins, and works on what the earlier ones left
sound.
"""

from dataclasses import dataclass, field

from dure.contract.bundle import Source
from dure.contract.checker.bodies.scope import Notes, Scope
from dure.contract.checker.bodies.statements import check_body
from dure.contract.checker.declared.contracts import check_initialiser
from dure.contract.checker.declared.declarations import read_declarations
from dure.contract.checker.declared.modules import join_modules, parse_files
from dure.contract.checker.declared.records import check_sizes
from dure.contract.checker.graph import check_graph
from dure.contract.problems import Problem, Problems
from dure.contract.shapes import Bundle, ContractShape, Declarations


@dataclass(frozen=True, slots=True)
class Checked:
    """A source without problems: what it declares and what its expressions mean."""

    bundle: Bundle
    notes: Notes


def check(source: Source) -> list[Problem]:
    """Return every problem of a contract's source, by file and line.

    An empty list means that it can be deployed.
    """
    problems = Problems()
    check_source(source, problems)
    return problems.listed()


def check_declarations(source: Source, problems: Problems) -> Bundle:
    """Return what the files declare, without looking into methods; problems are noted."""
    trees = parse_files(source, problems)
    problems.close_lines()
    bundle = Bundle()
    for name, tree in trees.items():
        known = Declarations(module=name)
        read_declarations(tree, known, bundle.modules, problems.in_module(name))
        bundle.modules[name] = known
    bundle.modules.setdefault("", Declarations())
    join_modules(bundle, problems)
    check_sizes(bundle, problems)
    if not bundle.contracts and not problems:
        problems.add("no-contract", None)
    problems.close_lines()
    return bundle


def check_source(source: Source, problems: Problems) -> Checked | None:
    """Return the checked source, or None where problems were noted."""
    bodies = _Bodies(check_declarations(source, problems), Notes(), problems)
    for known in bodies.bundle.modules.values():
        for contract in known.contracts.values():
            if contract.name in known.places:
                bodies.check(contract, known)
    return None if problems else Checked(bodies.bundle, bodies.notes)


@dataclass(slots=True)
class _Bodies:
    """The methods read so far; those of a base stand before those of the class."""

    bundle: Bundle
    notes: Notes
    problems: Problems
    scopes: dict[tuple[str, str], Scope] = field(default_factory=dict)
    """By class and method."""

    def check(self, contract: ContractShape, known: Declarations) -> None:
        """Check the methods that are written in the class, where its file declares it."""
        problems = self.problems.in_module(known.module)
        for method in contract.own_methods:
            scope = Scope(known, self.bundle.whole, contract, method, problems, self.notes)
            self.scopes[contract.name, method.name] = scope
            check_body(scope)
        check_initialiser(contract, problems)
        reachable = {
            name: self.scopes[contract.origins[name], name]
            for name in contract.methods
            if (contract.origins[name], name) in self.scopes
        }
        if len(reachable) == len(contract.methods):  # all but where a class was refused
            check_graph(contract, reachable, problems)
