"""`python -m dure.apps.chain_id`: the commands, which need the extra `chain-id`."""

import sys
from importlib import import_module
from typing import Any

from dure.core.errors import ConfigurationError, DureError

COMMAND = "python -m dure.apps.chain_id"
EXTRA = "joserfc"
"""The library that the extra brings."""


def main() -> None:
    """Run a command; say what went wrong without a traceback."""
    try:
        load_commands()(prog_name=COMMAND)
    except DureError as problem:
        sys.stderr.write(f"{problem.code}: {problem.message}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def load_commands() -> Any:
    """Return the commands; raise `ConfigurationError` where the extra is not installed."""
    try:
        return import_module("dure.apps.chain_id.commands").app
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != EXTRA:
            raise
        message = 'Chain ID needs its extra: pip install "dure[chain-id]"'
        raise ConfigurationError(message) from missing


if __name__ == "__main__":
    main()
