"""Has stories played, for their pages: each once, beside the node, and kept.

Rules
-----
1. A story is played in a process of its own, which bounds itself (`dure.application.playing`); here
   its time and the length of what it says are bounded once more. The node's event loop only waits.
2. One story at a time, and few who wait for it; whoever comes beyond that is asked to come again.
3. A record is kept while there is room: an installed application does not change meanwhile. A
   story that cannot be played is tried again after a minute at the earliest.
4. The process gets no secret of the node's environment.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from dure.application import Application, find_story
from dure.core.errors import InvalidEncoding, Unavailable
from dure.testing.recording import StoryRecord, decode_record, encode_record
from dure.testing.recording.record import RECORD_BYTES_MAX

PLAYING_S_MAX: Final = 90.0
WAITING_MAX: Final = 20
RECORDS_MAX: Final = 64
KEPT_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all records together as they are encoded; the newest is kept whatever its length."""
COMPLAINT_BYTES_MAX: Final = 64 * 1024
FAILURE_KEPT_S: Final = 60.0
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL")


class StoryNotPlayed(Unavailable):
    """A story could not be played to its end; the message says why."""


class Player:
    """Plays stories and keeps their records. Used on one event loop at a time."""

    def __init__(self) -> None:
        self._records: OrderedDict[tuple[str, str], StoryRecord] = OrderedDict()
        self._sizes: dict[tuple[str, str], int] = {}
        self._failures: dict[tuple[str, str], tuple[float, StoryNotPlayed]] = {}
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def play(self, application: Application, name: str) -> StoryRecord:
        """Return a story's record; raise `NotFound`, `Unavailable` or `StoryNotPlayed`."""
        key = (application.slug, find_story(application, name).__name__)
        if key not in self._records:
            if self._waiting >= WAITING_MAX:
                raise Unavailable("many stories are being played just now: come again in a minute")
            self._waiting += 1
            try:
                async with self._turn:
                    await self._play_once(key)
            finally:
                self._waiting -= 1
        self._records.move_to_end(key)
        return self._records[key]

    async def _play_once(self, key: tuple[str, str]) -> None:
        if key in self._records:
            return
        now = asyncio.get_running_loop().time()
        failed, problem = self._failures.get(key, (0.0, None))
        if problem is not None and now < failed + FAILURE_KEPT_S:
            raise problem
        try:
            record = await _play(*key)
        except StoryNotPlayed as wrong:
            self._failures[key] = (now, wrong)
            raise
        self._keep(key, record)

    def _keep(self, key: tuple[str, str], record: StoryRecord) -> None:
        self._records[key], self._sizes[key] = record, len(encode_record(record))
        while len(self._records) > 1 and (
            len(self._records) > RECORDS_MAX or sum(self._sizes.values()) > KEPT_BYTES_MAX
        ):
            del self._sizes[self._records.popitem(last=False)[0]]


async def _play(slug: str, name: str) -> StoryRecord:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-P", "-m", "dure.application.playing", slug, name),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_choose_environment(os.environ),
    )
    try:
        async with asyncio.timeout(PLAYING_S_MAX):
            said, complaint = await asyncio.gather(
                _read(process, process.stdout, RECORD_BYTES_MAX),
                _read(process, process.stderr, COMPLAINT_BYTES_MAX),
            )
            await process.wait()
    except TimeoutError:
        raise StoryNotPlayed(f"the story takes longer than {PLAYING_S_MAX:.0f} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        words = complaint.decode(errors="replace").strip().splitlines()
        raise StoryNotPlayed(words[-1][:400] if words else "the story's process was ended")
    try:
        return decode_record(said)
    except InvalidEncoding as problem:
        raise StoryNotPlayed(problem.message) from problem


async def _read(process: Process, pipe: asyncio.StreamReader | None, bound: int) -> bytes:
    assert pipe is not None, "it was started with pipes"
    said = bytearray()
    while part := await pipe.read(64 * 1024):
        said += part
        if len(said) > bound:
            with suppress(ProcessLookupError):
                process.kill()
            # What it has said is read to its end: a full pipe would hide that the process ended.
            await _drain(pipe)
            raise StoryNotPlayed(f"the story's process says more than {bound} bytes")
    return bytes(said)


async def _drain(pipe: asyncio.StreamReader) -> None:
    while await pipe.read(64 * 1024):
        pass


def _choose_environment(known: Mapping[str, str]) -> dict[str, str]:
    return {name: known[name] for name in _PASSED_ON if name in known}
