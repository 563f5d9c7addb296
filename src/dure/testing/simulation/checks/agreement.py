"""One chain for all: every final block of every honest member is compared as it appears.

Checked, with nothing of `dure.consensus.quorum`
------------------------------------------------
* No two final blocks at a height; each follows on the one before.
* Its certificate: seals of distinct members of that height, each signature checked for real, and
  so many that any two such groups share more members than can be faulty.
* Equal receipts everywhere. The header commits to the state, so equal blocks are equal states.
* No transaction twice, and none that was final is ever gone.
"""

from collections.abc import Iterable, Sequence

from dure.core.block import compute_block_id
from dure.core.certificate import SealStatement, compute_seal_message
from dure.core.signatures import SignedItem
from dure.core.types import BlockId, Height, PublicKey, TransactionId
from dure.node.ports import StoredBlock
from dure.testing.simulation.checks.violations import SafetyViolation
from dure.testing.simulation.ports.disk import SimulatedDisk
from dure.testing.simulation.verification import SharedVerification


class Agreement:
    """What all honest members made final, together."""

    def __init__(
        self, genesis: BlockId, validators: Sequence[PublicKey], verification: SharedVerification
    ) -> None:
        self.blocks: dict[Height, BlockId] = {Height(0): genesis}
        self.transactions: dict[TransactionId, Height] = {}
        """Where each transaction became final."""
        self._receipts: dict[Height, tuple[bytes, ...]] = {}
        self._validators: dict[Height, tuple[PublicKey, ...]] = {Height(1): tuple(validators)}
        self._verification = verification

    @property
    def height(self) -> Height:
        """The highest height that any honest member finalized."""
        return Height(len(self.blocks) - 1)

    @property
    def validator_changes(self) -> int:
        """How many final blocks changed who decides."""
        return len(set(self._validators.values())) - 1

    def on_final(
        self, name: str, stored: StoredBlock, transactions: Iterable[TransactionId]
    ) -> None:
        """Check a block that an honest member just made final."""
        header = stored.block.header
        height, block_id = header.height, compute_block_id(header)
        self.note_final(block_id, height, name)
        if self.blocks.get(Height(height - 1)) != header.previous:
            raise SafetyViolation(f"{name} finalized block {height} on a parent that is not final")
        if self._receipts.setdefault(height, stored.receipts) != stored.receipts:
            raise SafetyViolation(f"{name} has other receipts for block {height}")
        self._check_certificate(name, stored)
        for transaction in transactions:
            if self.transactions.setdefault(transaction, height) != height:
                raise SafetyViolation(
                    f"{name} executed a transaction of block {self.transactions[transaction]} "
                    f"again in block {height}"
                )

    def note_final(self, block_id: BlockId, height: Height, name: str) -> None:
        """Compare a final block with what any member called final before."""
        if self.blocks.setdefault(height, block_id) != block_id:
            raise SafetyViolation(f"{name} finalized another block {height}")

    def on_validators(self, name: str, height: Height, keys: Sequence[PublicKey]) -> None:
        """Note who decides at `height`, as a member that holds the block before it says."""
        if self._validators.setdefault(height, tuple(keys)) != tuple(keys):
            raise SafetyViolation(f"{name} has other validators for height {height}")

    def check_disk(self, name: str, disk: SimulatedDisk) -> None:
        """Check that everything that was final is still on a member's disk, once."""
        for height, block_id in self.blocks.items():
            if disk.head is None or height > disk.head:
                continue
            stored = disk.load_block(height)
            if stored is not None and compute_block_id(stored.block.header) != block_id:
                raise SafetyViolation(f"the disk of {name} holds another block {height}")
        for transaction, height in self.transactions.items():
            found = disk.find_transaction(transaction)
            if disk.head is not None and height <= disk.head and found is not None:
                self._check_place(name, found[0], height)

    @staticmethod
    def _check_place(name: str, found: Height, height: Height) -> None:
        if found != height:
            raise SafetyViolation(f"{name} holds a transaction of block {height} in {found}")

    def _check_certificate(self, name: str, stored: StoredBlock) -> None:
        header = stored.block.header
        members = self._validators.get(header.height)
        if members is None:
            raise SafetyViolation(f"{name} finalized block {header.height} before its parent")
        statement = SealStatement(
            chain_id=header.chain_id,
            height=header.height,
            round=stored.certificate.round,
            block_id=compute_block_id(header),
        )
        message = compute_seal_message(statement)
        items: list[SignedItem] = [
            (seal.validator, message, seal.signature) for seal in stored.certificate.seals
        ]
        answers = self._verification.verify_many(items)
        sealers = {item[0] for item, good in zip(items, answers, strict=True) if good}
        count = len(sealers & set(members))
        if not is_enough(count, len(members)):
            raise SafetyViolation(
                f"{name} finalized block {header.height} "
                f"with {count} good seals of {len(members)} members"
            )


def is_enough(sealers: int, members: int) -> bool:
    """Say whether two groups of so many always share a member that is not faulty."""
    faulty = max(count for count in range(members) if 3 * count < members)
    return 2 * sealers - members > faulty
