"""A light load of real clients that goes on through failures, and remembers every promise.

Rules
-----
1. A transfer is sent every `1 / rate` seconds, whatever became of those before it. Clients take
   turns; each asks another node first, and passes over nodes that cannot be reached.
2. A transaction is acknowledged when its client has checked the proof that it is final. Of what no
   node answered for in time nothing is known: nobody was promised anything.
3. Between `hold` and `go_on` nothing is sent, so that a measurement can begin in a quiet moment.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from dure.cli.bench.running.town import Town
from dure.core.errors import DureError, TimedOut, Unavailable
from dure.core.types import TransactionId
from dure.sdk import AsyncClient, LocalAccount
from dure.sdk.ledger_calls import transfer

ANSWER_TIMEOUT_S: Final = 45.0
"""How long a client waits for finality; a transaction is valid for a minute."""


class SteadyLoad:
    """Transfers of one unit each, one after the other in time."""

    def __init__(
        self, town: Town, clients: Sequence[AsyncClient], rate: float, on_change: Callable[[], None]
    ) -> None:
        """Send through `clients` in turn; `on_change` is called whenever one was decided."""
        self.acknowledged: list[TransactionId] = []
        self.refused: Counter[str] = Counter()
        """By code: refused by a node or by the ledger."""
        self.unanswered = 0
        self.waiting = 0
        """Transactions on their way."""
        self._asset = town.asset
        self._senders = [LocalAccount(key) for key in town.population.senders]
        self._addresses = town.population.addresses
        self._clients = clients
        self._pause = 1 / rate
        self._on_change = on_change
        self._flowing = asyncio.Event()
        self._flowing.set()

    def hold(self) -> None:
        """Send nothing more."""
        self._flowing.clear()

    def go_on(self) -> None:
        """Send the next one at once, and go on."""
        self._flowing.set()

    async def run(self) -> None:
        """Send until cancelled; fail where a client does."""
        number = 0
        async with asyncio.TaskGroup() as sending:
            while True:
                await self._flowing.wait()
                self.waiting += 1
                sending.create_task(self._transfer(number))
                number += 1
                await asyncio.sleep(self._pause)

    async def _transfer(self, number: int) -> None:
        sender = self._senders[number % len(self._senders)]
        target = self._addresses[(number + 1) % len(self._addresses)]
        client = self._clients[number % len(self._clients)]
        calls = [transfer(self._asset, target, 1)]
        try:
            receipt = await client.submit_and_wait(calls, by=sender, timeout_s=ANSWER_TIMEOUT_S)
        except (TimedOut, Unavailable):
            self.unanswered += 1
        except DureError as problem:
            self.refused[problem.code] += 1
        else:
            self.acknowledged.append(receipt.transaction_id)
        finally:
            self.waiting -= 1
            self._on_change()
