"""One chain in the stores of two nodes, which may part from it."""

from pathlib import Path

import pytest

from dure.chain.candidate import OtherResults
from dure.chain.executor import Executor
from dure.chain.state import key_balance
from dure.core.block import Block
from dure.core.certificate import Certificate, Seal
from dure.core.codec import encode
from dure.core.types import Amount, Height, Round, Signature
from dure.node.driver.halt import Divergence, write_dump
from dure.node.durable.comparing import Comparison, Side, compare
from dure.node.durable.storage import RocksDisk
from dure.node.durable.store import Store
from dure.node.ports import StoredBlock
from tests.unit.chain.ledger import ALICE, BOB, CAROL, PROPOSER, WON, Ledger, transfer


class Town:
    """A chain whose blocks go into the stores of two nodes."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger()
        self.folders = {name: folder / name for name in ("left", "right")}
        self.disks = {name: RocksDisk(path) for name, path in self.folders.items()}
        head = self.ledger.executor.head
        stored = StoredBlock(Block(head.header, ()), Certificate(Round(0), ()), ())
        for disk in self.disks.values():
            writes = self.ledger.executor.copy_state()
            disk.commit_block(head.block_id, stored, (), writes=writes, undo={})

    def grow(
        self, *envelopes: bytes, only: str | None = None, ledger: Ledger | None = None
    ) -> None:
        """Make a block; both nodes, or one, write it down."""
        committed = (ledger or self.ledger).commit(*envelopes)
        position = committed.candidate.position
        seal = Seal(validator=PROPOSER, signature=Signature(bytes(64)))
        stored = StoredBlock(
            committed.candidate.block,
            Certificate(Round(0), (seal,)),
            committed.candidate.receipts,
        )
        for name, disk in self.disks.items():
            if only in (None, name):
                disk.commit_block(
                    position.block_id,
                    stored,
                    tuple(position.executed[0] if position.executed else ()),
                    writes=committed.writes,
                    undo=committed.undo,
                )

    def pay(self, amount: int, **options: str) -> None:
        self.grow(self.ledger.sign("alice", transfer(BOB, amount)), **options)  # type: ignore[arg-type]  # options of `grow`, passed on

    def open_sides(self) -> tuple[Side, Side]:
        left, right = (
            Side(name, path, Store.open_for_reading(path)) for name, path in self.folders.items()
        )
        return left, right

    def compare(self) -> Comparison:
        left, right = self.open_sides()
        found = compare(left, right)
        left.store.close()
        right.store.close()
        return found


def refuse_next_block(town: Town) -> tuple[Block, Executor]:
    """Have the right node, whose memory of Carol is wrong, refuse the left one's next block."""
    wrong = Ledger()
    for amount in (1, 2):
        wrong.commit(wrong.sign("alice", transfer(BOB, amount)))
    good = Ledger()
    for amount in (1, 2):
        good.commit(good.sign("alice", transfer(BOB, amount)))
    wrong.executor._state[key_balance(WON, CAROL)] = encode(Amount(70))
    first, second = (
        town.ledger.sign("bob", transfer(ALICE, 1)),
        town.ledger.sign("alice", transfer(CAROL, 5)),
    )
    town.grow(first, second, only="left")
    stored = town.disks["left"].load_block(Height(3))
    assert stored is not None
    with pytest.raises(OtherResults) as caught:
        wrong.executor.judge(stored.block)
    write_dump(town.folders["right"], Divergence(stored.block, caught.value))
    return stored.block, good.executor
