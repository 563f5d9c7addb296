"""A node that cannot execute a final block stops, and leaves behind what explains it."""

import asyncio
import json
from pathlib import Path

import pytest

from dure.contract.machine import InProcessMachine
from dure.core.block import Block, compute_block_id
from dure.core.codec import decode
from dure.core.errors import WorkerDied
from dure.core.types import TransactionId
from dure.identity.certificates import save_tls_files
from dure.node.durable.signer import create_guard
from dure.node.mempool import MempoolLimits
from dure.node.runtime import Node, NodeParts
from dure.node.workers.halt import FinalBlockNotExecuted, write_dump
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
