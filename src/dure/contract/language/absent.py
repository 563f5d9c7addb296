"""What stands for a ledger where there is none."""

from typing import NoReturn


def refuse_to_run() -> NoReturn:
    """Say that a contract's method was called as if it were any Python."""
    raise NotImplementedError("a contract runs on a chain or in dure.testing.World only")
