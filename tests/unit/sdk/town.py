"""A real chain of one organisation behind the real API on loopback, and clients of it."""

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx

from dure.api import ApiSettings, bind_public, build_local_hosts, build_public_app, serve
from dure.core.errors import InvalidTransaction
from dure.core.types import Instant, TransactionId
from dure.index import Index, follow
from dure.sdk import AsyncClient, Client
from tests.unit.api.solo_chain import SoloChain

TILL = '''"""A till that takes money of one kind and pays it out again."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Record,
    Time,
    Var,
    call,
    init,
    only,
    require,
    scheduled,
    seconds,
    view,
)


class Mood(Choice):
    """How a customer is."""

    GLAD = "glad"
    SAD = "sad"


class Slip(Record):
    """What the till keeps of the newest payment."""

    customer: Address
    amount: Amount
    mood: Mood


class Paid(Event):
    """Somebody paid."""

    customer: Address
    amount: Amount


class Till(Contract):
    """Takes money."""

    money: Var[Asset]
    newest: Var[Slip]

    @init
    def open(self, money: Asset) -> None:
        """Open for one kind of money."""
        self.money = money

    @call(pays="money")
    def pay_in(self, mood: Mood) -> Slip:
        """Pay in."""
        require(self.paid > Amount(0), "nothing paid")
        slip = Slip(customer=self.sender, amount=self.paid, mood=mood)
        self.newest = slip
        self.emit(Paid(customer=self.sender, amount=self.paid))
        return slip

    @call
    @only(role="keeper")
    def close(self, by_whom: str) -> str:
        """Close."""
        return by_whom

    @call
    def later(self, at: Time) -> int:
        """Say something later."""
        return self.schedule(at, self.ring)

    @scheduled
    def ring(self) -> None:
        """Say it."""
        self.emit(Paid(customer=self.address, amount=Amount(0)))

    @view
    def slip(self) -> Slip:
        """Return the newest payment."""
        return self.newest

    @view
    def nothing(self) -> int:
        """Refuse."""
        require(False, "there is nothing")
        return 0
'''


class LivelyChain(SoloChain):
    """Makes a block whenever there is work, as the engine does."""

    async def submit(self, envelopes: Sequence[bytes]) -> list[TransactionId | InvalidTransaction]:
        answers = await super().submit(envelopes)
        while self.instant and self.executor.has_scheduled_work(Instant(self.clock)):
            self.make_block()
        return answers


@dataclasses.dataclass
class Town:
    """A chain and where its API answers."""

    chain: SoloChain
    url: str

    def now(self) -> Instant:
        return Instant(self.chain.clock)

    def client(self, *urls: str, **options: Any) -> AsyncClient:
        given: dict[str, Any] = {
            "chain_id": self.chain.executor.chain_id,
            "now": self.now,
        } | options
        return AsyncClient(urls or self.url, **given)

    def sync_client(self, *urls: str, **options: Any) -> Client:
        given: dict[str, Any] = {
            "chain_id": self.chain.executor.chain_id,
            "now": self.now,
        } | options
        return Client(urls or self.url, **given)


@contextlib.asynccontextmanager
async def open_town(chain: SoloChain | None = None) -> AsyncIterator[Town]:
    """Serve a chain on a free port of loopback."""
    chain = LivelyChain() if chain is None else chain
    folder = tempfile.TemporaryDirectory()
    index = Index(f"sqlite:///{folder.name}/index.sqlite", chain.executor.chain_id)
    listeners = bind_public("127.0.0.1", 0)
    port = listeners[0].getsockname()[1]
    settings = ApiSettings(allowed_hosts=build_local_hosts(port))
    app = build_public_app(chain, index, settings=settings, genesis_file=chain.genesis_file)
    following = asyncio.create_task(follow(chain, index))
    try:
        async with serve(app, listeners, settings):
            yield Town(chain, f"http://127.0.0.1:{port}")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        index.close()
        folder.cleanup()


class Tampering(httpx.AsyncBaseTransport):
    """A node between client and chain that changes answers."""

    def __init__(self, change: Callable[[httpx.Request, Any], Any]) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        return httpx.Response(answer.status_code, json=self._change(request, answer.json()))

    async def aclose(self) -> None:
        await self._inner.aclose()
