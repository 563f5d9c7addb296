"""What others may import is written down, complete, and explained.

A public module declares `__all__`. Every class and function made in it (for a package: in the
modules below it) that can be seen stands there, unless its name begins with `_`.
"""

import importlib
import inspect
import sys
from types import ModuleType

import pytest

from dure.core.codec import Wire
from dure.core.shape import validate_shape
from tests.conformance.house import import_everything

PUBLIC = ("dure.contract.language", "dure.testing", "dure.sdk")
"""What authors of contracts, tests and applications import; others may declare `__all__` too."""


def list_public() -> list[ModuleType]:
    modules = [sys.modules[name] for name in import_everything()]
    return [module for module in modules if hasattr(module, "__all__")]


def is_code(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


def list_made_here(module: ModuleType) -> set[str]:
    """Return the public names of classes and functions that come from `module` or below it."""
    is_package = hasattr(module, "__path__")

    def is_ours(value: object) -> bool:
        origin = getattr(value, "__module__", "")
        return origin == module.__name__ or (
            is_package and origin.startswith(f"{module.__name__}.")
        )

    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and is_code(value) and is_ours(value)
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_what_others_import_is_declared(name: str) -> None:
    assert importlib.import_module(name).__all__


def test_public_modules_list_all_that_they_offer() -> None:
    wrong = {}
    for module in list_public():
        exported = set(module.__all__)
        missing = {entry for entry in exported if not hasattr(module, entry)}
        twice = len(module.__all__) - len(exported)
        unlisted = list_made_here(module) - exported
        if missing or twice or unlisted:
            wrong[module.__name__] = (missing, twice, unlisted)
    assert wrong == {}


def test_public_classes_and_functions_are_explained() -> None:
    silent = [
        f"{module.__name__}.{entry}"
        for module in list_public()
        for entry in module.__all__
        if is_code(getattr(module, entry)) and not inspect.getdoc(getattr(module, entry))
    ]
    assert silent == []


def test_every_module_can_be_imported_and_every_wire_type_has_one_byte_form() -> None:
    import_everything()
    found = list(list_subclasses(Wire))
    assert len(found) > 10
    for type_ in found:
        if type_.__module__.startswith("dure."):
            validate_shape(type_)


def list_subclasses(root: type) -> set[type]:
    children: set[type] = set(root.__subclasses__())
    return children.union(*(list_subclasses(child) for child in children))
