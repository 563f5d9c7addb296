"""Clients of a simulated network: they pay each other, and do not rest until it is final.

An order is one payment that must happen exactly once. Its envelope is handed to one member or to
all, again and again; a new one is signed only when the old one can never be executed any more.
"""

from dataclasses import dataclass
from typing import Final

from dure.chain.transaction import Transaction, decode_transaction
from dure.core.types import Instant, TransactionId
from dure.testing.simulation.network import Simulation

VALID_MS: Final = 100_000
"""Half a minute less than a block may be ahead of the replay window allows."""


@dataclass(slots=True)
class Order:
    """One payment, and the envelope that stands for it now."""

    source: int
    target: int
    amount: int
    transaction: Transaction


class Clients:
    """Everybody who wants something of the network."""

    def __init__(self, simulation: Simulation) -> None:
        self.orders: list[Order] = []
        self._open: list[Order] = []
        """Orders that were not final when somebody asked last."""
        self._simulation = simulation

    def give(self, index: int) -> None:
        """Give one more order, to a member that may be down."""
        simulation = self._simulation
        random, count = simulation.random, len(simulation.nodes)
        source, target = random.randrange(count), random.randrange(count)
        amount = len(self.orders) + 1
        transaction = self._sign(source, target, amount)
        order = Order(source, target, amount, transaction)
        self.orders.append(order)
        self._open.append(order)
        self._hand_in(transaction, index)

    def ask_again(self) -> None:
        """Hand everything that is not final yet to all members that run."""
        now = self._simulation.scheduler.now_ms
        latest = max(now, self._read_latest_block())
        for order in self.list_open():
            if order.transaction.body.valid_until < latest:
                order.transaction = self._sign(order.source, order.target, order.amount)
            for node in self._simulation.nodes:
                self._hand_in(order.transaction, node.index)

    def list_open(self) -> list[Order]:
        """Return the orders that are not final."""
        final = self._simulation.agreement.transactions
        self._open = [each for each in self._open if each.transaction.transaction_id not in final]
        return self._open

    def list_final(self) -> list[TransactionId]:
        """Return what was ordered and became final."""
        final = self._simulation.agreement.transactions
        wanted = [order.transaction.transaction_id for order in self.orders]
        return [identity for identity in wanted if identity in final]

    def _sign(self, source: int, target: int, amount: int) -> Transaction:
        envelope = self._simulation.transfer(
            source=source, target=target, amount=amount, valid_ms=VALID_MS
        )
        return decode_transaction(envelope)

    def _hand_in(self, transaction: Transaction, index: int) -> None:
        if self._simulation.nodes[index].driver is not None:
            self._simulation.submit(index, transaction.envelope)

    def _read_latest_block(self) -> Instant:
        drivers = [node.driver for node in self._simulation.honest if node.driver is not None]
        times = [driver.executor.head.header.time for driver in drivers]
        return max(times, default=Instant(0))
