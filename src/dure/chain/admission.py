"""Each envelope is opened once and its signatures checked once per node, however often it is seen.

A bounded cache by the envelope's bytes holds opened transactions whose signatures all verified.
Admission, proposing and judging go through it, so a block of transactions that were gossiped before
costs no signature check and no hash at all. What the cache holds never changes an answer, only what
it costs.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Final

from dure.chain.transaction import TRANSACTION_BYTES_MAX, Transaction, decode_transaction
from dure.core.errors import InvalidTransaction, TransactionTooLarge, WrongSignature
from dure.core.signatures import verify_many

ENTRIES_MAX: Final = 65_536
BYTES_MAX: Final = 32 * 1024 * 1024
"""Sum of the cached envelopes' bytes; opened they take about ten times as much."""
EXECUTED_MAX: Final = 4_096
"""Envelopes that are kept after their blocks were committed."""
EXECUTED_BYTES_MAX: Final = 4 * 1024 * 1024

Answer = Transaction | InvalidTransaction
"""An opened and verified transaction, or what is wrong with the envelope."""


class TransactionCache:
    """Opened and verified transactions, the first opened dropped first."""

    def __init__(self, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._entries: OrderedDict[bytes, Transaction] = OrderedDict()
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._executed: deque[bytes] = deque()
        """Envelopes of the newest committed blocks, of which most are among the entries."""
        self._executed_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def open_many(
        self, envelopes: Sequence[bytes], *, bytes_max: int = TRANSACTION_BYTES_MAX
    ) -> list[Answer]:
        """Return, in order, each envelope's transaction, or what is wrong with it.

        Envelopes of more than `bytes_max` bytes are not looked at.
        """
        known = self._entries
        answers: list[Answer] = []
        fresh: list[int] = []
        for envelope in envelopes:
            answer: Answer | None = known.get(envelope)
            if len(envelope) > bytes_max:
                message = f"{len(envelope)} bytes are more than the {bytes_max} of this chain"
                answer = TransactionTooLarge(message, size=len(envelope))
            elif answer is None:
                answer = _try_decode(envelope)
                fresh.append(len(answers))
            answers.append(answer)
        if fresh:
            self._verify(answers, fresh)
        return answers

    def open_unverified(
        self, envelopes: Sequence[bytes], *, bytes_max: int = TRANSACTION_BYTES_MAX
    ) -> list[Transaction]:
        """Return, in order, those that can be opened and are not here yet; here they are not kept.

        For whoever has their signatures checked elsewhere: see `remember_verified`.
        """
        fresh = [each for each in envelopes if len(each) <= bytes_max and each not in self._entries]
        return [opened for opened in map(_try_decode, fresh) if isinstance(opened, Transaction)]

    def remember_verified(self, transaction: Transaction) -> None:
        """Take over what `open_unverified` returned and whose signatures were all found valid."""
        self._remember(transaction)

    def remember_sealed(self, envelopes: Sequence[bytes]) -> None:
        """Take over what stands in a block that a quorum sealed.

        Correct members have checked every signature in it, and it can be executed no second time.
        """
        for envelope in envelopes:
            if envelope not in self._entries:
                opened = _try_decode(envelope)
                if isinstance(opened, Transaction):
                    self._remember(opened)

    def let_go(self, envelopes: Iterable[bytes]) -> None:
        """Forget soon what stands in a committed block, and can be executed no second time.

        Not at once: peers still pass it on, and what is known costs no check.
        """
        for envelope in envelopes:
            self._executed.append(envelope)
            self._executed_bytes += len(envelope)
        while len(self._executed) > EXECUTED_MAX or self._executed_bytes > EXECUTED_BYTES_MAX:
            envelope = self._executed.popleft()
            self._executed_bytes -= len(envelope)
            if self._entries.pop(envelope, None) is not None:
                self._bytes -= len(envelope)

    def _verify(self, answers: list[Answer], fresh: list[int]) -> None:
        """Keep the transactions that stand at `fresh`, or put there what is wrong with them."""
        opened = [(i, found) for i in fresh if isinstance(found := answers[i], Transaction)]
        verified = verify_many([item for _, found in opened for item in found.signatures])
        end = 0
        for index, transaction in opened:
            start, end = end, end + len(transaction.signatures)
            if all(verified[start:end]):
                self._remember(transaction)
            else:
                answers[index] = WrongSignature("a signature does not fit the body and the key")

    def _remember(self, transaction: Transaction) -> None:
        entries, envelope = self._entries, transaction.envelope
        if envelope in entries:
            return
        entries[envelope] = transaction
        self._bytes += len(envelope)
        while len(entries) > self._entries_max or self._bytes > self._bytes_max:
            _, dropped = entries.popitem(last=False)
            self._bytes -= len(dropped.envelope)


def _try_decode(envelope: bytes) -> Answer:
    try:
        return decode_transaction(envelope)
    except InvalidTransaction as problem:
        return problem
