"""`dure.contract.ports.Machine` in a worker process: results are those of `InProcessMachine`.

Hostile source is checked, compiled and run in the worker only; the node keeps the sources, so that
a fresh worker can be given what it needs. A worker that dies, hangs or breaks the protocol is
`WorkerDied`: never a refusal, because a refusal stands in a receipt and must be the same on every
node. The next call gets a fresh worker. The state of the node is as it was: a call's writes lie in
a layer that the ledger drops.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
import structlog

from dure.contract.bundle import Source
from dure.contract.machine import compute_code_hash
from dure.contract.ports import (
    Installed,
    Invocation,
    Ledger,
    Meter,
    Refusal,
    Running,
    TransferOrder,
)
from dure.core.errors import Fact, WorkerDied, WorkerNotStarted
from dure.core.types import Address, Amount, Hash
from dure.node.workers import protocol
from dure.node.workers.attendance import Attendance, BrokenProtocol, read_refusal, read_result
from dure.node.workers.process import BOOTSTRAP, Lost, Watch, WorkerProcess

SOURCE_BYTES_MAX: Final = 2 * 1024 * 1024
"""Source that one worker compiles before a fresh one takes its place."""

_Program = tuple[Address, Installed]

log = structlog.get_logger()


class WorkerMachine:
    """Runs contracts in a child process, one call at a time."""

    def __init__(self, *, watch: Watch | None = None, bootstrap: str = BOOTSTRAP) -> None:
        """Start a worker, so that what is wrong with that shows at once: `WorkerNotStarted`."""
        self._watch = watch or Watch()
        self._bootstrap = bootstrap
        self._sources: dict[Hash, Source] = {}
        self._compiled: set[Hash] = set()
        self._compiled_bytes = 0
        self._calling = False
        self._process: WorkerProcess | None = None
        self._get_worker()

    @property
    def pid(self) -> int | None:
        """Number of the worker's process, where there is one now."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the worker; a later call starts another."""
        if self._process is not None:
            self._process.close()
        self._process = None

    # The port

    def load(self, source: Source) -> Hash:
        """Check and compile in the worker; see `ports.Machine.load`."""
        code_hash = compute_code_hash(source)
        if code_hash not in self._sources:
            try:
                self._compile(source, code_hash)
            except (Lost, BrokenProtocol) as problem:
                raise self._give_up(problem, {"job": "load", "source": code_hash.hex()}) from None
            self._sources[code_hash] = source
        return code_hash

    def open(self, ledger: Ledger, meter: Meter) -> Running:
        """Begin a transaction; see `ports.Machine.open`."""
        return _Running(partial(self._run, ledger, meter))

    # One call

    def _run(
        self, ledger: Ledger, meter: Meter, job: str, given: object, *, call: Invocation | None
    ) -> Any:
        """Return the result of a call; `call` is the first that runs, where that is known."""
        assert not self._calling, "one call at a time"
        where: dict[str, Fact] = {"job": job}
        program = None
        if call is not None:
            where |= {"contract": call.contract.hex(), "method": call.method}
            program = _find_program(ledger, call.contract)
        worker = self._get_worker()
        self._calling = True
        try:
            worker.begin_call(meter.limit)
            self._require_all(given, program)
            worker.send(_build_run(job, ledger, given, meter, program))
            return read_result(job, Attendance(worker, ledger, meter, self._require).wait())
        except Refusal:
            raise
        except (Lost, BrokenProtocol) as problem:
            raise self._give_up(problem, where) from None
        except BaseException:
            # Something of ours failed in the middle of a call, in which the worker still waits.
            self.close()
            raise
        finally:
            self._calling = False

    def _require_all(self, given: object, program: _Program | None) -> None:
        if program is not None:
            self._require(program[1].code_hash)
        if isinstance(given, protocol.Change):
            self._require(given.before)

    def _require(self, code_hash: Hash) -> None:
        """Make the worker know a program; one that nobody loaded is the machine's to find out."""
        source = self._sources.get(code_hash)
        if source is None or code_hash in self._compiled:
            return
        try:
            self._compile(source, code_hash)
        except Refusal:
            raise BrokenProtocol from None

    def _compile(self, source: Source, code_hash: Hash) -> None:
        """Compile in the worker, also while it waits for an answer in the middle of a call."""
        worker = self._get_worker()
        if not self._calling:
            worker.begin_call(0)
        worker.send(protocol.build_load(source))
        match worker.receive():
            case protocol.Loaded(compiled) if compiled == code_hash:
                self._compiled.add(code_hash)
                self._compiled_bytes += len(protocol.encode(source))
            case protocol.Refused() as refused:
                raise read_refusal(refused)
            case _:
                raise BrokenProtocol

    # The worker

    def _get_worker(self) -> WorkerProcess:
        worker = self._process
        if worker is not None and not self._calling:
            if not worker.is_running():
                log.warning("worker_gone", pid=worker.pid)
                self.close()
            elif self._compiled_bytes > SOURCE_BYTES_MAX:
                self.close()
        if self._process is None:
            self._process = self._start()
        return self._process

    def _start(self) -> WorkerProcess:
        self._compiled.clear()
        self._compiled_bytes = 0
        try:
            worker = WorkerProcess(self._watch, self._bootstrap)
        except (Lost, OSError) as problem:
            message = f"no worker process for contracts can be started: {problem}"
            raise WorkerNotStarted(message) from problem
        log.info("worker_started", pid=worker.pid, limits=worker.limits)
        if worker.missing:
            log.warning("worker_not_limited", pid=worker.pid, missing=worker.missing)
        return worker

    def _give_up(self, problem: Exception, where: dict[str, Fact]) -> WorkerDied:
        """End the worker; return what to raise."""
        reason = str(problem) if isinstance(problem, Lost) else "it broke the protocol"
        limits = "" if self._process is None else "; ".join(self._process.limits)
        self.close()
        log.error("worker_died", reason=reason, **where)
        message = f"the worker process that runs contracts is lost: {reason}"
        return WorkerDied(message, reason=reason, limits=limits, **where)


@dataclass(frozen=True, slots=True)
class _Running:
    """A transaction whose calls the worker runs, each by itself."""

    run: Callable[..., Any]

    def invoke(self, call: Invocation) -> bytes:
        """Run one call that may change state; see `ports.Running.invoke`."""
        result: bytes = self.run("invoke", call, call=call)
        return result

    def view(self, call: Invocation) -> bytes:
        """Run a read-only method; see `ports.Running.view`."""
        result: bytes = self.run("view", call, call=call)
        return result

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        """Begin to run a contract's new code; see `ports.Running.upgrade`."""
        self.run("upgrade", protocol.Change(call, before), call=call)

    def transfer(self, order: TransferOrder) -> Amount:
        """Move money by the rule of its asset; see `ports.Running.transfer`."""
        result: Amount = self.run("transfer", order, call=None)
        return result


def _find_program(ledger: Ledger, contract: Address) -> _Program | None:
    """Return what the worker will ask for first; a refusal is left for when it asks."""
    try:
        return contract, ledger.get_program(contract)
    except Refusal:
        return None


def _build_run(
    job: str, ledger: Ledger, given: object, meter: Meter, program: _Program | None
) -> protocol.Run:
    return protocol.Run(
        job=job,
        given=msgspec.Raw(protocol.encode(given)),
        limit=meter.limit,
        left=meter.left,
        constants=protocol.collect_constants(ledger),
        program=program,
    )
