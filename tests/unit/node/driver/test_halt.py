"""A node that cannot execute a final block stops, and leaves behind what explains it."""

import asyncio
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from dure.chain.candidate import OtherResults
from dure.chain.executor import Executor
from dure.chain.receipt import Record
from dure.contract.machine import InProcessMachine
from dure.core.block import Block, Header, compute_block_id
from dure.core.codec import decode
from dure.core.errors import WorkerDied
from dure.core.types import Hash, Height, TransactionId
from dure.identity.certificates import save_tls_files
from dure.node.driver.halt import Divergence, FinalBlockNotExecuted, write_dump
from dure.node.durable.signer import create_guard
from dure.node.mempool import MempoolLimits
from dure.node.runtime import Node, NodeParts
from dure.testing.simulation import Simulation

SIMULATION = Simulation(1, members=1)
BLOCK = SIMULATION.nodes[0].disk.blocks[SIMULATION.height(0)].block
DEATH = WorkerDied(
    "the worker is lost",
    reason="it ended, killed by SIGKILL",
    limits="address space of 345 MiB",
    method="add",
    transaction=TransactionId(bytes(32)),
)


def test_the_dump_names_the_block_the_call_and_the_end_of_the_worker(tmp_path: Path) -> None:
    halt = FinalBlockNotExecuted(BLOCK, DEATH)
    file = write_dump(tmp_path, halt)
    assert write_dump(tmp_path, halt) == file
    assert list(tmp_path.iterdir()) == [file]
    dump = json.loads(file.read_text())
    assert dump["block_id"] == compute_block_id(BLOCK.header).hex()
    assert dump["height"] == BLOCK.header.height
    assert decode(Block, bytes.fromhex(dump["block"])) == BLOCK
    assert dump["worker"] == {
        "reason": "it ended, killed by SIGKILL",
        "limits": "address space of 345 MiB",
        "method": "add",
        "transaction": bytes(32).hex(),
    }
    assert "is final and cannot be executed here: the worker is lost" in dump["message"]


def test_a_block_with_other_results_leaves_what_this_node_made_of_it(tmp_path: Path) -> None:
    simulation = Simulation(1, members=1)
    simulation.submit(0, simulation.transfer(target=0))
    driver = simulation.get_driver(0)
    executor = Executor(simulation.document, InProcessMachine())
    simulation.run_until(lambda: driver.executor.head.header.height == 1)
    right = simulation.nodes[0].disk.blocks[Height(1)].block
    wrong = Block(replace(right.header, state_root=Hash(bytes(32))), right.transactions)
    with pytest.raises(OtherResults, match="another state root") as caught:
        executor.judge(wrong)
    halt = Divergence(wrong, caught.value)
    assert "refused by this node's ledger: the block states another state root" in halt.message
    computed = json.loads(write_dump(tmp_path, halt).read_text())["computed"]
    assert decode(Header, bytes.fromhex(computed["header"])) == right.header
    (record,) = computed["records"]
    assert decode(Record, bytes.fromhex(record)).receipt.status == "ok"
    state = {bytes.fromhex(key): bytes.fromhex(value) for key, value in computed["writes"]}
    assert state.items() <= driver.executor.copy_state().items()
    assert state


def test_a_block_that_does_not_follow_leaves_the_block_alone(tmp_path: Path) -> None:
    dump = json.loads(write_dump(tmp_path, Divergence(BLOCK, None)).read_text())
    assert "does not follow on this node's head" in dump["message"]
    assert "computed" not in dump


def test_a_node_stops_with_a_dump_in_its_data_folder(tmp_path: Path) -> None:
    async def run() -> None:
        node = Node(build_parts(tmp_path))
        try:
            node._guard(fail)
            with pytest.raises(FinalBlockNotExecuted, match="block 0 is final"):
                await node.wait_stopped()
        finally:
            await node.close()

    def fail() -> None:
        raise FinalBlockNotExecuted(BLOCK, DEATH)

    asyncio.run(run())
    assert [file.name[:7] for file in (tmp_path / "data").glob("halt-*.json")] == ["halt-0-"]


def build_parts(folder: Path) -> NodeParts:
    key = SIMULATION.nodes[0].key
    create_guard(folder / "guard", key.public)
    save_tls_files(folder / "tls.key", folder / "tls.pem", key, "one")
    return NodeParts(
        name="one",
        document=SIMULATION.document,
        genesis=folder / "genesis.dure",
        machine=InProcessMachine(),
        key=key,
        guard=folder / "guard",
        data=folder / "data",
        peers=(),
        host="127.0.0.1",
        port=1,
        certificate=folder / "tls.pem",
        tls_key=folder / "tls.key",
        limits=MempoolLimits(),
    )
