"""How soon a page shows something, in Chromium, driven over its DevTools protocol.

Each measurement has a browser context of its own, so nothing is in its cache. What is read is the
browser's own entry `first-contentful-paint` (W3C Paint Timing), from the start of the navigation.

Source: Chrome DevTools Protocol, domains Target, Page and Runtime.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from dure.core.errors import Unavailable

START_TIMEOUT_S: Final = 30.0
PAINT_TIMEOUT_S: Final = 20.0
POLL_S: Final = 0.02
MESSAGE_BYTES_MAX: Final = 32 * 1024 * 1024
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS: Final = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_READ_PAINT: Final = (
    "(performance.getEntriesByName('first-contentful-paint')[0] ?? {startTime: 0}).startTime"
)


def find_browser() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


async def measure_paints(browser: str, url: str, count: int) -> list[float]:
    """Return the first contentful paint of so many cold loads, in milliseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="dure-paint-", ignore_cleanup_errors=True) as folder,
        _run_browser(browser, Path(folder)),
    ):
        address = await _find_address(Path(folder))
        async with _open_tools(address) as tools:
            return [await _measure_paint(tools, url) for _ in range(count)]


@contextmanager
def _run_browser(browser: str, profile: Path) -> Iterator[None]:
    # Chromium's sandbox does not start for root, as whom containers often run.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [browser, *_ARGUMENTS, *sandbox, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _find_address(profile: Path) -> str:
    """Return where the browser listens; it writes that into its profile."""
    file = profile / "DevToolsActivePort"
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) >= 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        if time.monotonic() > deadline:
            raise Unavailable("the browser did not start")
        await asyncio.sleep(POLL_S)


class _Tools:
    """One connection to the browser; orders are answered one after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0

    async def ask(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Return what the browser answers; raise `Unavailable` where it refuses."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            order["sessionId"] = session
        await self._socket.send(msgspec.json.encode(order).decode())
        async with asyncio.timeout(PAINT_TIMEOUT_S):
            async for text in self._socket:
                answer = msgspec.json.decode(text)
                if answer.get("id") == self._number:
                    if "error" in answer:
                        raise Unavailable(f"the browser refuses {method}")
                    return answer["result"]
        raise Unavailable("the browser has gone")


@asynccontextmanager
async def _open_tools(address: str) -> AsyncIterator[_Tools]:
    async with connect(address, max_size=MESSAGE_BYTES_MAX) as socket:
        yield _Tools(socket)


async def _measure_paint(tools: _Tools, url: str) -> float:
    """Load a page with nothing in the cache; raise `Unavailable` where nothing is painted."""
    context = (await tools.ask("Target.createBrowserContext"))["browserContextId"]
    target = await tools.ask("Target.createTarget", url="about:blank", browserContextId=context)
    attached = await tools.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    session = attached["sessionId"]
    await tools.ask("Page.navigate", session, url=url)
    deadline = time.monotonic() + PAINT_TIMEOUT_S
    while time.monotonic() < deadline:
        answer = await tools.ask("Runtime.evaluate", session, expression=_READ_PAINT)
        painted = float(answer["result"].get("value") or 0)
        if painted:
            await tools.ask("Target.disposeBrowserContext", browserContextId=context)
            return painted
        await asyncio.sleep(POLL_S)
    raise Unavailable(f"nothing was painted of {url}")
