"""The workers of a node, and which of them checks what.

Rules
-----
1. A request is cut into jobs, which wait in the order in which they came. A worker is given the
   next one while it has fewer than `JOBS_AHEAD`.
2. What waits is bounded: past `JOBS_WAITING_MAX` for each worker the pool has no room, and the
   caller checks by itself.
3. Nobody waits for long. What has no answer in time is given back without; a worker that owes an
   answer and says nothing is ended. One that is gone is replaced after a pause, which doubles each
   time until one has lived for a while.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from dure.core.signatures import SignedItem
from dure.node.verification.requests import Counts, Job, Request
from dure.node.verification.worker import BOOTSTRAP, Worker, start_worker
from dure.node.workers.process import Lost

JOBS_AHEAD: Final = 8
"""At one worker: about 20 ms of its time, so that it has work while a block holds up the loop."""
JOBS_WAITING_MAX: Final = 16
"""For each worker: 1,024 signatures, about 50 ms of its time."""
WATCH_S: Final = 0.05

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds the pool waits for what."""

    answer: float = 0.25
    """For all answers to a request."""
    silence: float = 2.0
    """For a worker that owes an answer to say anything."""
    start: float = 30.0
    """For a process to begin."""
    pause_min: float = 0.5
    """Before a worker is replaced for the first time."""
    pause_max: float = 60.0
    """Before it is replaced again and again; who lived as long counts as sound."""


class Pool:
    """Workers on one event loop."""

    def __init__(
        self, size: int, *, bootstrap: str = BOOTSTRAP, patience: Patience | None = None
    ) -> None:
        """Begin without workers; `start` makes `size` of them."""
        self.counts = Counts()
        self._size = size
        self._bootstrap = bootstrap
        self._patience = patience or Patience()
        self._workers: list[Worker] = []
        self._jobs: deque[Job] = deque()
        """Those that no worker has yet."""
        self._requests: deque[Request] = deque()
        """Those that may have no answer yet, oldest first."""
        self._keeping: list[asyncio.Task[None]] = []
        self._watching: asyncio.TimerHandle | None = None

    # Life

    def start(self) -> None:
        """Begin to start the workers; there is no room before the first is ready."""
        self._keeping = [asyncio.create_task(self._keep_one()) for _ in range(self._size)]

    async def close(self) -> None:
        """End all workers, and give back what waits."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        if self._watching is not None:
            self._watching.cancel()
        for request in self._requests:
            request.give_back()

    # Work

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are at work."""
        return tuple(worker.pid for worker in self._workers)

    @property
    def has_room(self) -> bool:
        """Whether something more may be asked for."""
        return len(self._jobs) < JOBS_WAITING_MAX * len(self._workers)

    def check(self, items: Sequence[SignedItem]) -> asyncio.Future[bytes]:
        """Ask for signatures, at least one; see `Request.done`."""
        now = asyncio.get_running_loop().time()
        request = Request(items, begun=now, counts=self.counts)
        self._requests.append(request)
        self._jobs += request.jobs
        self._give_out()
        self._watch_later()
        return request.done

    def _give_out(self) -> None:
        """Send waiting jobs to the workers with the least to do."""
        while self._jobs:
            free = [worker for worker in self._workers if not worker.ended.is_set()]
            worker = min(free, key=lambda worker: worker.jobs_waiting, default=None)
            if worker is None or worker.jobs_waiting >= JOBS_AHEAD:
                return
            job = self._jobs.popleft()
            if not job.request.done.done():
                worker.send(job)

    # Watch

    def _watch_later(self) -> None:
        if self._watching is None:
            loop = asyncio.get_running_loop()
            self._watching = loop.call_later(WATCH_S, self._watch)

    def _watch(self) -> None:
        """Give back what is overdue, and end workers that say nothing."""
        self._watching = None
        oldest = asyncio.get_running_loop().time() - self._patience.answer
        while self._requests and (
            self._requests[0].done.done() or self._requests[0].begun <= oldest
        ):
            self._requests.popleft().give_back()
        for worker in self._workers:
            silence = worker.measure_silence()
            if silence > self._patience.silence:
                worker.end(f"it said nothing for {silence:.1f} seconds")
        if self._requests or any(worker.jobs_waiting for worker in self._workers):
            self._watch_later()

    # Workers

    async def _keep_one(self) -> None:
        """Have one worker at all times, but for pauses after one was lost."""
        loop, patience = asyncio.get_running_loop(), self._patience
        pause = patience.pause_min
        while True:
            begun = loop.time()
            try:
                reason = await self._run_one()
            except (Lost, OSError, TimeoutError) as problem:
                reason = f"it did not begin: {str(problem) or 'it took too long'}"
            self.counts.lost += 1
            log.error("verification_worker_lost", reason=reason, lost=self.counts.lost)
            if loop.time() - begun > patience.pause_max:
                pause = patience.pause_min
            await asyncio.sleep(pause)
            pause = min(2 * pause, patience.pause_max)

    async def _run_one(self) -> str:
        """Start a worker, and return why it ended; raise `Lost`, `OSError` or `TimeoutError`."""
        worker = await start_worker(self._give_out, self._bootstrap)
        try:
            async with asyncio.timeout(self._patience.start):
                await worker.begun
            self._workers.append(worker)
            self._give_out()
            await worker.ended.wait()
            return worker.reason
        finally:
            if worker in self._workers:
                self._workers.remove(worker)
            worker.end("nobody needs it any more")
