"""Checks, loads and runs contracts in this process: the implementation of `ports.Machine`.

How a call runs stands in `runtime.session`.
"""

from typing import Final

from dure.contract.bundle import Source
from dure.contract.checker.check import check_source
from dure.contract.compiler.marks import Watcher
from dure.contract.compiler.program import build_program
from dure.contract.interface import Interface
from dure.contract.ports import Ledger, Meter, Refusal
from dure.contract.problems import Problems
from dure.contract.runtime.session import Program, Session
from dure.core import hashing
from dure.core.codec import encode
from dure.core.types import Hash

_UNSAFE: Final = "the checker refuses the source: `dure contract check` says where and why"
"""Receipts say no more. Every Python refuses the same sources, but not for the same first reason:
what one cannot read at all, another reads and finds too deep or forbidden.
"""


class InProcessMachine:
    """Runs contracts in the caller's process; programs are kept by code hash.

    Where there is a `watcher`, programs tell it where they stand; see `tracing`. One that is not
    metered runs basic blocks for nothing: to measure what charging takes, never to run a chain.
    """

    def __init__(self, watcher: Watcher | None = None, *, is_metered: bool = True) -> None:
        self.programs: dict[Hash, Program] = {}
        self._watcher = watcher
        self._is_metered = is_metered

    def load(self, source: Source) -> Hash:
        """Check and compile a contract; see `ports.Machine.load`."""
        code_hash = compute_code_hash(source)
        if code_hash in self.programs:
            return code_hash
        problems = Problems()
        checked = check_source(source, problems)
        if checked is None:
            raise Refusal("unsafe_code", _UNSAFE)
        if source.class_name not in checked.bundle.contracts:
            raise Refusal("unsafe_code", "the file has no contract class of that name")
        self.programs[code_hash] = build_program(
            checked, source.class_name, self._watcher, is_metered=self._is_metered
        )
        return code_hash

    def get_interface(self, code_hash: Hash) -> Interface:
        """Return the interface of a loaded contract."""
        return self.programs[code_hash].interface

    def open(self, ledger: Ledger, meter: Meter) -> Session:
        """Begin a transaction; see `ports.Machine.open`."""
        return Session(self.programs, ledger, meter)


def compute_code_hash(source: Source) -> Hash:
    """Return the name of a program: the hash of its whole source."""
    try:
        return hashing.compute_hash(hashing.SOURCE, encode(source))
    except UnicodeEncodeError:
        raise Refusal("unsafe_code", "the source is not Unicode text") from None
