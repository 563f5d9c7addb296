"""A process that executes stored chains again and prints all that a network has to agree on.

Usage: python -m tests.unit.contract.execution_child FILE HABITS
The habits, divided by spaces, make the process unlike others: what it did before, and what it
forgets midway.
"""

import gc
import json
import locale
import pickle
import sys
from contextlib import suppress
from pathlib import Path

from dure.chain.executor import Executor
from dure.chain.replay import list_executed
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Refusal
from dure.core.block import compute_block_id
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import AROUND_BODY
from tests.unit.contract.stored_chains import Workload

RESTART_EVERY = 20
"""Blocks; the first restart comes early, because most chains are short."""
UNRELATED = [
    "self.total += number",
    "numbers.append(7)\nfor i in range(number):\n    self.lists[text] = sorted(numbers)",
    "require(text == '', 'never')",
    "text = f'{number} {text}'\nself.total = len(text) * 2 ** 30",
]


def execute(workload: Workload, machine: InProcessMachine, habits: list[str]) -> list[object]:
    """Return, of every block, its id and all of its receipts with their outcomes."""
    executor = Executor(workload.genesis, machine)
    seen: list[object] = []
    for count, block in enumerate(workload.blocks, start=1):
        if "restored" in habits and count % RESTART_EVERY == RESTART_EVERY // 4:
            executor = restart(executor, workload, count - 1)
        candidate = executor.judge(block)
        executor.commit(candidate.position.block_id)
        receipts = [
            (r.receipt.status, r.receipt.message, r.receipt.gas_used, r.receipt.outcomes_root.hex())
            for r in candidate.records
        ]
        seen.append((compute_block_id(block.header).hex(), receipts))
    return seen


def restart(executor: Executor, workload: Workload, height: int) -> Executor:
    """Return a ledger that begins at the stored head, as after a crash: nothing is compiled."""
    fresh = Executor(workload.genesis, InProcessMachine())
    state = sorted(executor.copy_state().items(), reverse=True)
    items = [(key, value) for key, value in state if value is not None]
    fresh.restore(executor.head.header, items, map(list_executed, workload.blocks[:height]))
    return fresh


def grow_old(machine: InProcessMachine) -> None:
    """Have the process and the machine run other things first."""
    for body in UNRELATED:
        source = AROUND_BODY + "\n".join("        " + line for line in body.split("\n"))
        bench = Bench(source, machine=machine)
        for number in range(30):
            with suppress(Refusal):
                bench.call("probe", number, "a", b"b", [2, 1], person(2), asset(9))
    sys.intern("amount" * 3)
    gc.collect()
    gc.disable()


def main() -> None:
    """Execute every chain of the file."""
    file, habits = sys.argv[1], sys.argv[2].split()
    machine = InProcessMachine()
    if "old" in habits:
        grow_old(machine)
    if "deep" in habits:
        sys.setrecursionlimit(5_000)
    if "foreign" in habits:
        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, "")
    workloads: list[Workload] = pickle.loads(Path(file).read_bytes())
    if "backwards" in habits:
        workloads.reverse()
    seen = {each.name: execute(each, machine, habits) for each in workloads}
    sys.stdout.write(json.dumps(seen, sort_keys=True))


if __name__ == "__main__":
    main()
