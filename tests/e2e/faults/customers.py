"""Real clients that pay without pause, whatever happens to the nodes, and keep every receipt.

A customer signs a transfer, hands it to a node and waits for the proof that it is final. Where a
node does not answer, or not in time, the same envelope goes to the next one, again and again: that
is how anybody must use a ledger that may not lose and may not pay twice.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from dure.core.errors import TimedOut, TransactionReplayed, Unavailable
from dure.core.types import AssetId, TransactionId
from dure.sdk import Client, LocalAccount, SignedTransaction, ledger_calls
from tests.e2e.processes import Town, wait_until

PAUSE_S = 0.1
"""Between two transfers of a customer: a load, and not a flood on two cores."""
PATIENCE_S = 3.0
"""How long a node is asked before the next one is."""
LEAVE_TIMEOUT_S = 90.0


@dataclass(slots=True)
class Till:
    """What became of all transfers; every list only grows."""

    asset: AssetId
    account: LocalAccount
    """Whom all customers pay, one unit each time."""
    signed: list[TransactionId] = field(default_factory=list)
    acknowledged: list[TransactionId] = field(default_factory=list)
    """Of these a customer holds the proof."""


class Customer(threading.Thread):
    """One client program. It asks `first` before the other nodes."""

    def __init__(self, town: Town, account: LocalAccount, till: Till, first: int) -> None:
        super().__init__(name=f"customer {first}", daemon=True)
        self._town, self._account, self._till = town, account, till
        self._turn = first
        self._leaving = threading.Event()
        self.problem: BaseException | None = None

    def leave(self) -> None:
        """Begin no further transfer."""
        self._leaving.set()

    def run(self) -> None:
        """Pay until asked to leave; what was begun is brought to its end."""
        try:
            with ExitStack() as stack:
                clients = [
                    stack.enter_context(self._town.connect(name)) for name in self._town.names
                ]
                while not self._leaving.is_set():
                    call = ledger_calls.transfer(self._till.asset, self._till.account.address, 1)
                    signed = clients[0].sign([call], by=self._account)
                    self._till.signed.append(signed.transaction_id)
                    self._pay(clients, signed)
                    self._leaving.wait(PAUSE_S)
        except BaseException as problem:
            self.problem = problem
            raise

    def _pay(self, clients: list[Client], signed: SignedTransaction) -> None:
        """Return when the transfer is final; raise where it is refused or expires."""
        while True:
            client = clients[self._turn % len(clients)]
            try:
                with suppress(TransactionReplayed):
                    client.submit(signed)
                client.wait(signed, timeout_s=PATIENCE_S)
            except (TimedOut, Unavailable):
                self._turn += 1
            else:
                self._till.acknowledged.append(signed.transaction_id)
                return


@contextmanager
def paying(town: Town, accounts: list[LocalAccount], till: Till) -> Iterator[None]:
    """Have customers pay while the block runs; at its end all that they began is final."""
    before = len(till.acknowledged)
    customers = [Customer(town, account, till, n) for n, account in enumerate(accounts)]
    for customer in customers:
        customer.start()
    try:
        wait_until(lambda: len(till.acknowledged) > before, "the first transfers are final")
        yield
    finally:
        for customer in customers:
            customer.leave()
        for customer in customers:
            customer.join(LEAVE_TIMEOUT_S)
    stuck = [customer.name for customer in customers if customer.is_alive()]
    assert not stuck, f"{stuck} still wait for finality\n{town.tell_logs()}"
    problems = [customer.problem for customer in customers if customer.problem is not None]
    assert not problems, f"{problems}\n{town.tell_logs()}"
