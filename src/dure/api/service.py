"""What every handler of one API shares, assembled once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from dure.api.access.roles import Act
from dure.api.answers.agreements import Agreements
from dure.api.answers.contracts import Contracts
from dure.api.http.access import Access, get_client
from dure.api.http.allowance import Allowance
from dure.api.http.metrics import Metrics
from dure.api.settings import ApiSettings
from dure.api.sockets.block_frames import BlockFrames
from dure.api.sockets.event_texts import EventTexts
from dure.core.errors import InvalidTransaction, Unavailable
from dure.core.types import TransactionId
from dure.index import Index
from dure.node.gateway import Gateway
from dure.node.sealed.desk import Desk


@dataclass(slots=True)
class Service:
    """One public API: the node behind it, its limits and its counts."""

    gateway: Gateway
    index: Index
    settings: ApiSettings
    genesis_file: bytes
    access: Access
    allowance: Allowance
    metrics: Metrics
    contracts: Contracts
    sealed: Desk | None = None
    """What this node does as a keeper of sealed data; None where it keeps none."""
    agreements: Agreements = field(init=False)
    frames: BlockFrames = field(default_factory=BlockFrames)
    event_texts: EventTexts = field(init=False)
    sockets: int = field(default=0)
    """WebSockets open now."""

    def __post_init__(self) -> None:
        self.agreements = Agreements(self.contracts)
        self.event_texts = EventTexts(self.contracts)

    async def submit(
        self, connection: HTTPConnection, envelopes: list[bytes]
    ) -> list[TransactionId | InvalidTransaction]:
        """Hand envelopes to the node; raise `TooManyRequests` where the client sends too many.

        The request that carried them is counted already, so the first one costs its caller nothing.
        """
        self.access.charge(connection, max(0, len(envelopes) - 1))
        self.allowance.take(get_client(connection), len(envelopes))
        self.metrics.submitted.inc(len(envelopes))
        results = await self.gateway.submit(envelopes)
        if len(results) != len(envelopes):
            raise Unavailable("the node stops")
        refused = Counter(each.code for each in results if isinstance(each, InvalidTransaction))
        for code, count in refused.items():
            self.metrics.refused.labels(code).inc(count)
        return results

    async def hold_socket(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Serve one WebSocket, or raise `Unavailable` where too many are open."""
        if self.sockets >= self.settings.sockets_max:
            raise Unavailable("too many streams are open; try again later")
        self.sockets += 1
        try:
            await serve()
        finally:
            self.sockets -= 1

    async def watch_access(self, connection: HTTPConnection) -> None:
        """Raise `AccessDenied` soon after who opened a stream may not read any more."""
        while True:
            await asyncio.sleep(self.settings.access_check_s)
            self.access.recheck(connection, Act.READ)
