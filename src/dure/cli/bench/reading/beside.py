"""Work in a process of its own, and the wire on which one talks with it.

The process is started afresh and shares nothing with this one; what goes over the wire is pickled
by `multiprocessing`, between two programs of one person on one machine. It ends with the block that
opened it, whether it has finished or not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

from dure.core.errors import Unavailable

END_TIMEOUT_S: Final = 5.0

Plan = TypeVar("Plan")

Work = Callable[[Plan, "Connection[Any, Any]"], None]
"""What the process does: a function of a module, with a plan and its end of the wire."""


class Wire:
    """Our end. Everything that is received was promised: its absence is an error."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection

    def tell(self, message: object) -> None:
        """Send something."""
        self._connection.send(message)

    def hear(self, timeout_s: float) -> Any:
        """Return the next thing that was sent; raise `Unavailable` where nothing comes."""
        try:
            if self._connection.poll(timeout_s):
                return self._connection.recv()
        except EOFError:
            raise Unavailable("the load process ended early; its error stands above") from None
        raise Unavailable(f"the load process said nothing for {timeout_s:.0f} seconds")


@contextmanager
def run_beside(work: Work[Plan], plan: Plan) -> Iterator[Wire]:
    """Run `work` with `plan` in a process of its own while the block runs."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(plan, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Wire(ours)
    finally:
        ours.close()
        process.join(END_TIMEOUT_S)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
