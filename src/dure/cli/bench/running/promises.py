"""What clients were told is final, against what the nodes' disks hold after they were stopped.

A promise is kept where every node holds the transaction once: missing at one it is lost, twice at
one it is doubled.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from dure.chain.transaction import read_transaction_id
from dure.cli.bench.running.town import Town
from dure.core.types import Height, TransactionId
from dure.node.durable.storage import RocksDisk


def read_stored(town: Town) -> Iterator[Counter[TransactionId]]:
    """Yield, node by node, how often each transaction stands in the blocks of its store.

    The nodes must have been stopped.
    """
    return (_read_store(town, member.name) for member in town.network.members)


def _read_store(town: Town, member: str) -> Counter[TransactionId]:
    disk = RocksDisk(town.folder / member / "data")
    try:
        return Counter(
            read_transaction_id(envelope)
            for stored in disk.iterate_blocks(Height(1))
            for envelope in stored.block.transactions
        )
    finally:
        disk.close()


def count_broken_promises(
    promised: Iterable[TransactionId], stores: Iterable[Counter[TransactionId]]
) -> tuple[int, int]:
    """Return how many promised transactions some node lacks, and how many one has twice."""
    missing: set[TransactionId] = set()
    doubled: set[TransactionId] = set()
    known = set(promised)
    for store in stores:
        missing.update(each for each in known if not store[each])
        doubled.update(each for each in known if store[each] > 1)
    return len(missing), len(doubled)
