"""The calls that a running chain owes: which wait, which have happened, what came of them.

A contract's `schedule` gives each call the next number of the chain, and the state holds under that
number when the call is due. Both are proved by the node that is asked. So a number that was there
and is gone has been carried out, which its receipt shows, or withdrawn, or put aside.
"""

import time
from typing import Final

from dure.chain import state
from dure.chain.execution.block import compute_scheduled_id
from dure.core.codec import decode
from dure.core.errors import NotFound, TimedOut
from dure.core.types import Instant, Unsigned
from dure.proof.claims import OutcomeClaim, StateClaim
from dure.proof.file import ProofFile
from dure.sdk import Client

REST_TIMEOUT_S: Final = 60.0
"""How long a network may take until nothing that is due waits any longer."""
POLL_S: Final = 0.02

_AT_ONCE: Final = Instant(0)


class OwedCalls:
    """Follows what contracts schedule from the moment on at which this is made."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._next = self._read_sequence()
        self._due: dict[int, Instant] = {}
        self._vanished: set[int] = set()
        """Gone without a receipt: withdrawn, or put aside while their contract is stopped."""

    def look_again(self) -> None:
        """Find the calls that a contract took up again when it was started."""
        for number in sorted(self._vanished):
            due = self._read_due(number)
            if due is not None:
                self._vanished.remove(number)
                self._due[number] = due

    def settle(self) -> list[ProofFile]:
        """Return, when nothing is due any longer, the proofs of what happened, in order.

        Raise `TimedOut` where the chain does not come to rest.
        """
        gone: list[int] = []
        deadline = time.monotonic() + REST_TIMEOUT_S
        while True:
            now = self._client.get_status().ledger_time
            self._learn()
            owed = [number for number, due in self._due.items() if due <= now]
            done = [number for number in owed if self._read_due(number) is None]
            for number in done:
                del self._due[number]
            gone += done
            # What has just happened may have scheduled more.
            if not owed:
                return self._prove(gone)
            if time.monotonic() > deadline:
                message = f"{len(owed)} scheduled calls are due and do not happen"
                raise TimedOut(message, waiting=len(owed))
            if not done:
                time.sleep(POLL_S)

    def _learn(self) -> None:
        sequence = self._read_sequence()
        for number in range(self._next, sequence):
            due = self._read_due(number)
            self._due[number] = _AT_ONCE if due is None else due
        # Another node, asked because the first one ended, may be a block behind.
        self._next = max(self._next, sequence)

    def _prove(self, numbers: list[int]) -> list[ProofFile]:
        if not numbers:
            return []
        wait_indexed(self._client)
        found: list[ProofFile] = []
        for number in numbers:
            call_id = compute_scheduled_id(self._client.chain_id, number)
            try:
                found.append(self._client.prove_scheduled(call_id))
            except NotFound:
                self._vanished.add(number)
        return sorted(found, key=_get_place)

    def _read_sequence(self) -> int:
        value = read_state(self._client, state.SEQUENCE)
        return 0 if value is None else decode(Unsigned, value)

    def _read_due(self, number: int) -> Instant | None:
        value = read_state(self._client, state.key_due(number))
        return None if value is None else decode(Instant, value)


def wait_indexed(client: Client) -> None:
    """Return when the node's read model, which may lag, holds the node's newest block."""
    height = client.get_status().height
    deadline = time.monotonic() + REST_TIMEOUT_S
    while not client.list_blocks(height, limit=1).blocks:
        if time.monotonic() > deadline:
            message = f"the node does not list its block {height}"
            raise TimedOut(message, height=height)
        time.sleep(POLL_S)


def read_state(client: Client, key: bytes) -> bytes | None:
    """Return the proved value of a state key at the newest block."""
    claim = client.prove_state(key).claim
    assert isinstance(claim, StateClaim), "the client checks what kind of proof it is"
    return claim.value


def _get_place(proof: ProofFile) -> tuple[int, int]:
    assert isinstance(proof.claim, OutcomeClaim), "a scheduled call stands in no transaction"
    return proof.header.height, proof.claim.receipt.path.index
