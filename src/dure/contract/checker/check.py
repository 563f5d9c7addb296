"""The checker's door: all steps in order, all problems at once."""

from dataclasses import dataclass

from dure.contract.bundle import Source
from dure.contract.checker.bodies.scope import Notes, Scope
from dure.contract.checker.bodies.statements import check_body
from dure.contract.checker.declarations import read_declarations
from dure.contract.checker.graph import check_graph
from dure.contract.checker.syntax import parse
from dure.contract.problems import Problem, Problems
from dure.contract.shapes import ContractShape, Declarations


@dataclass(frozen=True, slots=True)
class Checked:
    """A file without problems: what it declares and what its expressions mean."""

    declarations: Declarations
    notes: Notes


def check(source: Source) -> list[Problem]:
    """Return every problem of a contract's source, by line.

    An empty list means that it can be deployed.
    """
    problems = Problems()
    check_source(source, problems)
    return problems.listed()


def check_declarations(source: Source, problems: Problems) -> Declarations | None:
    """Return what the file declares, without looking into methods.

    None where there are problems.
    """
    tree = parse(source.text, problems)
    if tree is None:
        return None
    known = read_declarations(tree, problems)
    return None if problems else known


def check_source(source: Source, problems: Problems) -> Checked | None:
    """Return the checked file, or None where problems were noted."""
    tree = parse(source.text, problems)
    if tree is None:
        return None
    known = read_declarations(tree, problems)
    notes = Notes()
    for contract in known.contracts.values():
        _check_contract(contract, known, notes, problems)
    return None if problems else Checked(known, notes)


def _check_contract(
    contract: ContractShape, known: Declarations, notes: Notes, problems: Problems
) -> None:
    scopes: dict[str, Scope] = {}
    for name, method in contract.methods.items():
        scopes[name] = Scope(known, contract, method, problems, notes)
        check_body(scopes[name])
    check_graph(scopes, problems)
