"""Finds the source text of an imported contract class, for tests and tools.

The only module here that reads a file.
"""

import inspect
import sys

from dure.contract.language import Contract


def read_source(contract_class: type[Contract]) -> tuple[str, str]:
    """Return (source text of the class's module, class name): what `Machine.load` takes."""
    module = sys.modules[contract_class.__module__]
    return inspect.getsource(module), contract_class.__name__
