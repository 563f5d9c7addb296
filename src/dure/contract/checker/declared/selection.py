"""What of all files matters to one contract.

It is what its own file and those of the classes that it inherits from declare or import, and what
the types of these are made of. Nothing else can be named in its methods.
"""

from collections.abc import Iterator
from typing import Any

from dure.contract.shapes import (
    Bundle,
    ContractShape,
    Declarations,
    InterfaceShape,
    Method,
    Shape,
    Type,
)


def select_declarations(bundle: Bundle, contract: ContractShape) -> Declarations:
    """Return the declarations that matter, in the order of the whole: the own file's first."""
    classes = (contract.name, *contract.ancestors)
    files = {home.module: home for home in map(bundle.find_home, classes)}.values()
    whole = bundle.whole
    everything = {name: each for table in whole.tables for name, each in table.items()}
    needed = {name for name in everything if any(file.has(name) for file in files)}
    waiting = sorted(needed)
    while waiting:
        parts = set(_find_names(everything[waiting.pop()])) & everything.keys()
        waiting += sorted(parts - needed)
        needed |= parts
    selected = Declarations()
    for name in everything:
        if name in needed:
            selected.borrow(name, whole)
    return selected


def _find_names(thing: Any) -> Iterator[str]:
    """Name everything that the types of a declaration name."""
    match thing:
        case Shape(fields=fields):
            types = [each.type for each in fields]
        case InterfaceShape(methods=methods):
            types = [kind for each in methods.values() for kind in _find_types(each)]
        case ContractShape(state=state, methods=methods):
            types = [*state.values()]
            types += [kind for each in methods.values() for kind in _find_types(each)]
        case _:
            types = []
    for kind in types:
        yield from _find_type_names(kind)


def _find_types(method: Method) -> list[Type]:
    return [method.result, *(each.type for each in method.parameters)]


def _find_type_names(kind: Type) -> Iterator[str]:
    yield kind.name
    for item in kind.items:
        yield from _find_type_names(item)
