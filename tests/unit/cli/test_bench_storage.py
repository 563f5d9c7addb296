"""The storage bench measures stores as nodes use them: a node goes on from the chain it made."""

from pathlib import Path

import pytest

from dure.chain.executor import Executor
from dure.chain.genesis.document import decode_genesis_file
from dure.cli.bench.running.town import found_town
from dure.cli.bench.storing.chain import MadeChain
from dure.cli.bench.storing.storage import StoragePlan, measure_storage
from dure.contract.machine import InProcessMachine
from dure.node.driver.restart import restore
from dure.node.durable.storage import RocksDisk


def test_a_made_chain_is_one_that_a_node_goes_on_from(tmp_path: Path) -> None:
    with found_town(4, 20) as town:
        document = decode_genesis_file((town.folder / "genesis.dure").read_bytes())
    chain, disk = MadeChain(document), RocksDisk(tmp_path / "data")
    chain.begin().commit(disk)
    blocks = list(chain.make_all(25, 10))
    for block in blocks:
        block.commit(disk)
    executor = Executor(document, InProcessMachine())
    restore(executor, disk)
    assert executor.head.header.height == 3
    assert [len(block.transaction_ids) for block in blocks] == [10, 10, 5]
    assert all(executor.is_executed(each) for block in blocks for each in block.transaction_ids)
    assert disk.load_undo(executor.head.header.height) == blocks[-1].undo
    disk.close()


@pytest.mark.timeout(300)
def test_every_figure_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.cli.bench.storing.storage.SAMPLE", 30)
    figures = measure_storage(StoragePlan(transactions=60, accounts=(20,)))
    assert [each["block_transactions"] for each in figures["commits"]] == [10, 100, 1_000]
    assert all(each["cpu_us_per_transaction"] > 0 for each in figures["commits"])
    (restart,) = figures["restarts"]
    assert restart["seconds"] == figures["restart_seconds"] > 0
    assert set(restart["parts"]) == {"read_genesis", "open_store", "begin_ledger", "restore_head"}
    # An envelope, its receipt and its changes.
    assert 600 < figures["bytes_per_transaction"] < 5_000
