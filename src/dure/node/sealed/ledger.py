"""The chain as a keeper's node sees it, and the calls that it makes as the keeper.

What is read is the node's own state at its head; what is called is final when `send` returns.
"""

import time
from collections.abc import Callable

from dure.chain.receipt import OK, Record
from dure.chain.state import View
from dure.chain.transaction import Call
from dure.core.codec import decode
from dure.core.errors import InvalidTransaction, Unavailable
from dure.core.types import Address, ChainId, Instant, Milliseconds
from dure.node.gateway import Gateway
from dure.sdk.accounts import LocalAccount
from dure.sdk.sealed.entries import SealedState
from dure.sdk.transactions import build_transaction

WAIT_S = 20.0
VALID_FOR = Milliseconds(60_000)


class CallRefused(Unavailable):
    """A call that the keeper made was refused; `facts["refusal"]` is the contract's code."""


class KeeperLedger:
    """One node's ledger and the account by which it keeps."""

    def __init__(
        self, gateway: Gateway, account: LocalAccount, now: Callable[[], Instant] | None = None
    ) -> None:
        """`now` is for tests; without it, it is this machine's clock."""
        self._gateway = gateway
        self.account = account
        self.now = wall_time if now is None else now
        """By this clock requests are signed and judged."""

    @property
    def chain_id(self) -> ChainId:
        return self._gateway.executor.chain_id

    @property
    def address(self) -> Address:
        """The keeper."""
        return self.account.address

    def read(self, contract: Address) -> SealedState:
        """Return the contract's records as they stand at the head now."""
        return SealedState(self.chain_id, contract, self._gateway.executor.view().get)

    def get_height(self) -> int:
        """Return the head's height."""
        return self._gateway.executor.head.header.height

    def get_block_time(self) -> Instant:
        """Return the head's time, by which the chain lets things expire."""
        return self._gateway.executor.head.header.time

    def is_syncing(self) -> bool:
        """Say whether the head is known to be old."""
        return self._gateway.get_status().syncing

    def view(self) -> View:
        """Return the state at the head."""
        return self._gateway.executor.view()

    async def send(self, call: Call) -> bytes:
        """Have a call executed as the keeper; return its result when that is final.

        Raise `CallRefused`, `Unavailable`, `TimedOut`.
        """
        signed = build_transaction(
            self.chain_id, self.account, [call], valid_until=Instant(self.now() + VALID_FOR)
        )
        answers = await self._gateway.submit([signed.envelope])
        if not answers:
            raise Unavailable("the node stops")
        answer = answers[0]
        if isinstance(answer, InvalidTransaction):
            raise Unavailable(f"the keeper's call was not taken: {answer.message}")
        stored, index = await self._gateway.wait_final(answer, WAIT_S)
        first = len(stored.receipts) - len(stored.block.transactions)
        record = decode(Record, stored.receipts[first + index])
        if record.receipt.status != OK:
            message = f"the contract refused the keeper's call: {record.receipt.message}"
            raise CallRefused(message, refusal=record.receipt.status)
        return record.outcomes[0].result


def wall_time() -> Instant:
    """Return the time on this machine's clock."""
    return Instant(time.time_ns() // 1_000_000)
