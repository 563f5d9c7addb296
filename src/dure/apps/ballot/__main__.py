"""`python -m dure.apps.ballot`: count an election again, or look a receipt up, on any network."""

import sys

from dure.apps.ballot.commands import app
from dure.core.errors import DureError

COMMAND = "python -m dure.apps.ballot"


def main() -> None:
    """Run a command; say what went wrong without a traceback."""
    try:
        app(prog_name=COMMAND)
    except DureError as problem:
        sys.stderr.write(f"{problem.code}: {problem.message}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
