"""The API over a solo chain: in-process for requests, on a free loopback port for WebSockets."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.types import ASGIApp

from dure.api import ApiSettings, bind_public, build_local_hosts, build_public_app, serve
from dure.api.http.access import Access
from dure.index import Index
from dure.index.rows import build_rows
from dure.node.sealed.desk import Desk as SealedDesk
from tests.unit.api.solo_chain import SoloChain

HOST = "localhost:8700"
T = TypeVar("T")


async def wait_until(condition: Callable[[], bool]) -> None:
    """Give others their turn until the condition holds.

    The test's own time limit ends a vain wait.
    """
    while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0)


@dataclass
class Desk:
    """A chain, its index and its API, for one test."""

    folder: Path
    chain: SoloChain = field(default_factory=SoloChain)
    settings: ApiSettings = field(default_factory=lambda: ApiSettings(build_local_hosts(8700)))
    pages: ASGIApp | None = None
    access: Access | None = None
    tls: ssl.SSLContext | None = None
    sealed: SealedDesk | None = None

    def __post_init__(self) -> None:
        self.settings = replace(self.settings, audit=self.folder / "audit.jsonl")
        url = f"sqlite:///{self.folder}/index.db"
        self.index = Index(url, self.chain.executor.chain_id)

    def catch_up(self) -> None:
        """Bring the index to the head."""
        for stored in self.chain.blocks:
            self.index.apply([build_rows(stored, "final")])

    def build(self) -> ASGIApp:
        return build_public_app(
            self.chain,
            self.index,
            settings=self.settings,
            genesis_file=self.chain.genesis_file,
            access=self.access,
            sealed=self.sealed,
            pages=self.pages,
        )

    def run(self, work: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
        """Run a coroutine with a client that talks to the application directly."""

        async def main() -> T:
            async with self.open_client() as client:
                return await work(client)

        return asyncio.run(main())

    def open_client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.build(), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")

    def get(self, path: str, status: int = 200) -> Any:
        """Return the JSON of a GET that must have that status."""
        answer = self.run(lambda client: client.get(path))
        assert answer.status_code == status, answer.text
        return answer.json()

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[str]:
        """Serve on a free port; yield `host:port`."""
        listeners = bind_public("127.0.0.1", 0)
        port = listeners[0].getsockname()[1]
        self.settings = replace(self.settings, allowed_hosts=build_local_hosts(port))
        async with serve(self.build(), listeners, self.settings, self.tls):
            yield f"127.0.0.1:{port}"
        self.index.close()
