"""A served chain on which a story has been played: every page of applications over real blocks."""

from pathlib import Path

from dure.application import Application, Story, list_tables
from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.console import build_pages
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.types import Instant, Round
from dure.index import Index
from dure.index.rows import build_rows
from dure.node.ports import StoredBlock
from dure.testing import MemoryStage, World
from dure.testing.world.memory import get_machine
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import SoloChain

BEGINS = Instant(1_767_603_600_000)


def play(story: Story) -> SoloChain:
    """Return a gateway that holds the blocks of a story."""
    stage = MemoryStage(at=BEGINS, assets={"won": 0, "usd": 2})
    story(World(stage))
    chain = SoloChain()
    chain.document = stage.genesis
    chain.executor = Executor(stage.genesis, get_machine())
    head = chain.executor.head.header
    chain.blocks = [StoredBlock(Block(head, ()), Certificate(Round(0), ()), ())]
    for block in stage.blocks:
        candidate = chain.executor.judge(block)
        chain.executor.commit(candidate.position.block_id)
        chain.blocks.append(StoredBlock(block, Certificate(Round(0), ()), candidate.receipts))
        opened = chain.executor.transactions.open_many(block.transactions)
        for index, each in enumerate(opened):
            assert isinstance(each, Transaction)
            chain.places[each.transaction_id] = (block.header.height, index)
    return chain


def serve(folder: Path, application: Application, story: Story) -> Desk:
    """Return a desk with pages and a complete index of one application."""
    desk = Desk(folder)
    desk.index.close()
    desk.chain = play(story)
    chain_id = desk.chain.executor.chain_id
    tables = list_tables([application])
    desk.index = Index(f"sqlite:///{folder}/played.db", chain_id, tables)
    rows = [build_rows(stored, "final") for stored in desk.chain.blocks]
    desk.index.learn(desk.chain.executor.view(), rows)
    desk.index.apply(rows)
    desk.pages = build_pages(desk.chain, desk.index, [application])
    return desk
