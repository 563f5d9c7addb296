"""A node's disk alone: what a block costs, what it leaves, and how soon the node is back.

What is measured
----------------
* `commits`: for each number of accounts and each size of block, one process writes blocks of
  transfers (`chain`) into a store of its own, one after the other, with the flush of each. Wall
  time is that of the single calls. Processor time is the process's, all its threads' and the
  closing of the store included, so that what the database puts off is paid for.
* `restarts`: a process makes a chain and is killed; a new one reads the genesis, opens the store,
  and stands at the head: the state read back, its root computed and compared, and every transaction
  of the replay window known again, which is all of them here. `parts` are its steps, in seconds.
* `bytes_per_transaction`: what lies in the folder then, divided by the transactions.

What is not
-----------
Executing and signing: the blocks are made up before the clock starts. Starting the interpreter,
listening and connecting. Disks whose cache is cold: what a killed node wrote last, the system still
has in memory.
"""

import gc
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Final

from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument, decode_genesis_file
from dure.cli.bench.figures import compute_percentile
from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.reading.beside import run_beside
from dure.cli.bench.running.town import found_town
from dure.cli.bench.storing.chain import MadeChain
from dure.contract.machine import InProcessMachine
from dure.node.driver.restart import restore
from dure.node.durable.storage import RocksDisk

MEMBERS: Final = 4
ACCOUNTS: Final = 10_000
BLOCK_SIZES: Final = (10, 100, 1_000)
SAMPLE: Final = 40_000
"""Transactions that are written to measure one size of block, ..."""
BLOCKS_MAX: Final = 1_000
"""... in at most so many blocks."""
CHAIN_BLOCK: Final = 500
"""Transactions in each block of the long chain."""
WAIT_MAX_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class StoragePlan:
    """What to measure."""

    transactions: int = 1_000_000
    """Length of the chain from which a node starts again."""
    accounts: Sequence[int] = (ACCOUNTS,)
    """For each of these everything is measured."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a process works, and on what."""

    genesis: Path
    data: Path
    transactions: int
    block_size: int


def measure_storage(plan: StoragePlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    measured = [_measure_accounts(plan, accounts) for accounts in plan.accounts]
    return {
        "commits": [each for _, commits in measured for each in commits],
        "restarts": [restart for restart, _ in measured],
        "restart_seconds": max(restart["seconds"] for restart, _ in measured),
        "bytes_per_transaction": max(restart["bytes_per_transaction"] for restart, _ in measured),
        "transactions": plan.transactions,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


def _measure_accounts(
    plan: StoragePlan, accounts: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with found_town(MEMBERS, accounts) as town:
        genesis = town.folder / "genesis.dure"
        commits = []
        for size in BLOCK_SIZES:
            transactions = min(SAMPLE, size * BLOCKS_MAX)
            place = _Place(genesis, town.folder / f"blocks-of-{size}", transactions, size)
            commits.append({"accounts": accounts, **_work(_commit, place)})
        place = _Place(genesis, town.folder / "chain", plan.transactions, CHAIN_BLOCK)
        made = _work(_make_chain, place)
        restart = {"accounts": accounts, **_work(_restart, place)}
        kept = made["bytes"] / plan.transactions
        return restart | {"bytes_per_transaction": round(kept, 1)}, commits


def _work(work: Any, place: _Place) -> dict[str, Any]:
    """Return what a process of its own found out."""
    with run_beside(work, place) as wire:
        found: dict[str, Any] = wire.hear(WAIT_MAX_S)
    return found


def _commit(place: _Place, wire: "Connection[Any, Any]") -> None:
    """Write blocks one by one and tell what they took."""
    chain = MadeChain(_load_document(place))
    disk = RocksDisk(place.data)
    chain.begin().commit(disk)
    # What the first block puts off is not the others' cost.
    disk.close()
    disk = RocksDisk(place.data)
    blocks = list(chain.make_all(place.transactions, place.block_size))
    _settle()
    walls: list[float] = []
    cpu = time.process_time()
    for block in blocks:
        begun = time.perf_counter()
        block.commit(disk)
        walls.append(time.perf_counter() - begun)
    disk.close()
    cpu = time.process_time() - cpu
    wire.send(
        {
            "block_transactions": place.block_size,
            "cpu_us_per_transaction": round(cpu / place.transactions * 1e6, 2),
            "cpu_ms_per_block": round(cpu / len(blocks) * 1e3, 3),
            "wall_ms_per_block_p50": round(median(walls) * 1e3, 3),
            "wall_ms_per_block_p99": round(compute_percentile(sorted(walls), 99) * 1e3, 3),
            "wall_us_per_transaction": round(sum(walls) / place.transactions * 1e6, 2),
        }
    )


def _make_chain(place: _Place, wire: "Connection[Any, Any]") -> None:
    """Write a long chain and die without a word to the store."""
    chain = MadeChain(_load_document(place))
    disk = RocksDisk(place.data)
    chain.begin().commit(disk)
    for block in chain.make_all(place.transactions, place.block_size):
        block.commit(disk)
    files = [each for each in place.data.rglob("*") if each.is_file()]
    wire.send({"bytes": sum(each.stat().st_size for each in files)})
    os._exit(0)


def _restart(place: _Place, wire: "Connection[Any, Any]") -> None:
    """Start as a node does, and tell how long each step took."""
    cpu = time.process_time()
    times = [time.perf_counter()]
    document = _load_document(place)
    times.append(time.perf_counter())
    disk = RocksDisk(place.data)
    times.append(time.perf_counter())
    executor = Executor(document, InProcessMachine())
    times.append(time.perf_counter())
    restore(executor, disk)
    times.append(time.perf_counter())
    cpu = time.process_time() - cpu
    disk.close()
    steps = ("read_genesis", "open_store", "begin_ledger", "restore_head")
    parts = {
        name: round(after - before, 2)
        for name, before, after in zip(steps, times[:-1], times[1:], strict=True)
    }
    seconds = times[-1] - times[0]
    wire.send({"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2), "parts": parts})


def _load_document(place: _Place) -> GenesisDocument:
    return decode_genesis_file(place.genesis.read_bytes())


def _settle() -> None:
    """Keep the collector from walking over all blocks while they are written."""
    gc.collect()
    gc.freeze()
