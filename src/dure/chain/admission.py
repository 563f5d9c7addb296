"""Each envelope is opened once and its signatures checked once per node, however often it is seen.

A bounded cache by the envelope's bytes holds opened transactions whose signatures all verified.
Admission, proposing and judging go through it, so a block of transactions that were gossiped before
costs no signature check and no hash at all. What the cache holds never changes an answer, only what
it costs.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from typing import Final

from dure.chain.transaction import TRANSACTION_BYTES_MAX, Transaction, decode_transaction
from dure.core.errors import InvalidTransaction, TransactionTooLarge, WrongSignature
from dure.core.signatures import verify_many

ENTRIES_MAX: Final = 65_536
BYTES_MAX: Final = 32 * 1024 * 1024
"""Sum of the cached envelopes' bytes; opened they take about ten times as much."""


class TransactionCache:
    """Opened and verified transactions, the first opened dropped first."""

    def __init__(self, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._entries: OrderedDict[bytes, Transaction] = OrderedDict()
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def open_many(
        self, envelopes: Sequence[bytes], *, bytes_max: int = TRANSACTION_BYTES_MAX
    ) -> list[Transaction | InvalidTransaction]:
        """Return, in order, each envelope's transaction, or what is wrong with it.

        Envelopes of more than `bytes_max` bytes are not looked at.
        """
        results: list[Transaction | InvalidTransaction] = []
        fresh: list[int] = []
        for envelope in envelopes:
            known = self._entries.get(envelope)
            if len(envelope) > bytes_max:
                message = f"{len(envelope)} bytes are more than the {bytes_max} of this chain"
                results.append(TransactionTooLarge(message, size=len(envelope)))
            elif known is None:
                fresh.append(len(results))
                results.append(_try_decode(envelope))
            else:
                results.append(known)
        self._verify(results, fresh)
        return results

    def remember_sealed(self, envelopes: Sequence[bytes]) -> None:
        """Take over what stands in a block that a quorum sealed.

        Correct members have checked every signature in it, and it can be executed no second time.
        """
        for envelope in envelopes:
            if envelope not in self._entries:
                opened = _try_decode(envelope)
                if isinstance(opened, Transaction):
                    self._remember(opened)

    def _verify(self, results: list[Transaction | InvalidTransaction], fresh: list[int]) -> None:
        opened = [(i, found) for i in fresh if isinstance(found := results[i], Transaction)]
        answers = iter(verify_many(item for _, found in opened for item in found.signatures))
        for index, transaction in opened:
            own = list(islice(answers, len(transaction.signatures)))
            if all(own):
                self._remember(transaction)
            else:
                results[index] = WrongSignature("a signature does not fit the body and the key")

    def _remember(self, transaction: Transaction) -> None:
        if transaction.envelope in self._entries:
            return
        self._entries[transaction.envelope] = transaction
        self._bytes += len(transaction.envelope)
        while len(self._entries) > self._entries_max or self._bytes > self._bytes_max:
            _, dropped = self._entries.popitem(last=False)
            self._bytes -= len(dropped.envelope)


def _try_decode(envelope: bytes) -> Transaction | InvalidTransaction:
    try:
        return decode_transaction(envelope)
    except InvalidTransaction as problem:
        return problem
