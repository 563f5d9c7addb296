"""Each envelope is opened once and its signatures checked once per node, however often it is seen.

A bounded cache by envelope id holds opened transactions whose signatures all verified. Admission, proposing and
judging go through it, so a block of transactions that were gossiped before costs no signature check at all.
"""

from collections import OrderedDict
from collections.abc import Sequence

from dure.chain.transaction import (
    TRANSACTION_BYTES_MAX,
    Transaction,
    decode_transaction,
)
from dure.core.block import compute_envelope_id
from dure.core.errors import InvalidTransaction, WrongSignature
from dure.core.signatures import verify_many
from dure.core.types import EnvelopeId

CACHE_MAX = 200_000


class TransactionCache:
    """Opened and verified transactions, the least recently opened dropped first."""

    def __init__(self, entries_max: int = CACHE_MAX) -> None:
        self._entries: OrderedDict[EnvelopeId, Transaction] = OrderedDict()
        self._entries_max = entries_max

    def __len__(self) -> int:
        return len(self._entries)

    def open_many(
        self, envelopes: Sequence[bytes], *, bytes_max: int = TRANSACTION_BYTES_MAX
    ) -> list[Transaction | InvalidTransaction]:
        """Return, in order, each envelope's transaction, or what is wrong with it."""
        results: list[Transaction | InvalidTransaction] = []
        fresh: list[int] = []
        for envelope in envelopes:
            known = self._entries.get(compute_envelope_id(envelope))
            if known is None:
                fresh.append(len(results))
                results.append(_try_decode(envelope, bytes_max))
            else:
                results.append(known)
        self._verify(results, fresh)
        return results

    def _verify(self, results: list[Transaction | InvalidTransaction], fresh: list[int]) -> None:
        opened = [(i, found) for i in fresh if isinstance(found := results[i], Transaction)]
        answers = iter(verify_many(item for _, found in opened for item in found.signatures))
        for index, transaction in opened:
            # Every answer is taken, so that the next transaction begins with its own.
            if all([next(answers) for _ in transaction.signatures]):
                self._remember(transaction)
            else:
                results[index] = WrongSignature("a signature does not fit the body and the key")

    def _remember(self, transaction: Transaction) -> None:
        self._entries[transaction.envelope_id] = transaction
        if len(self._entries) > self._entries_max:
            self._entries.popitem(last=False)


def _try_decode(envelope: bytes, bytes_max: int) -> Transaction | InvalidTransaction:
    try:
        return decode_transaction(envelope, bytes_max=bytes_max)
    except InvalidTransaction as problem:
        return problem
