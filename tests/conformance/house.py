"""Imports the whole package, so that every error, command and wire type is known."""

import importlib
import pkgutil
from functools import lru_cache

import dure


@lru_cache(maxsize=1)
def import_everything() -> tuple[str, ...]:
    """Import every module but the tests inside applications; return their names."""
    names = [
        module.name
        for module in pkgutil.walk_packages(dure.__path__, "dure.")
        if ".tests" not in module.name and not module.name.endswith("__main__")
    ]
    for name in names:
        importlib.import_module(name)
    return tuple(names)
