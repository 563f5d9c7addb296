"""A worker that dies, hangs or lies is an error of its own; the next call is as if nothing was."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dure.contract.ports import Meter, Refusal, build_home
from dure.core.errors import WorkerDied, WorkerNotStarted
from dure.node.workers.machine import WorkerMachine
from dure.node.workers.starting import describe_exit
from tests.unit.contract.fake_ledger import FakeLedger
from tests.unit.node.workers.planted import BOOTSTRAP, CONTRACT, build_call, build_source

LINUX = sys.platform == "linux"
HOME = build_home(CONTRACT)
WRITE = ("write", HOME + b"key", b"value")


@pytest.fixture
def ledger(machine: WorkerMachine) -> FakeLedger:
    made = FakeLedger()
    made.programs[CONTRACT] = machine.load(build_source("anything"))
    return made


def run(machine: WorkerMachine, ledger: FakeLedger, *steps: tuple[Any, ...]) -> bytes:
    return machine.open(ledger, Meter(1_000)).invoke(build_call(*steps))


def assert_serves(machine: WorkerMachine, ledger: FakeLedger) -> None:
    """The next call is answered, by a program that a fresh worker had to be given."""
    assert run(machine, ledger, ("read", HOME + b"other")) == b"[None]"


DEATHS = {
    "kill": "killed by SIG",
    "exit": "exit status 3",
    "fail": "KeyError",
    "hoard": "MemoryError",
    "babble": "protocol",
    "announce too much": "protocol",
    "ask for what there is not": "protocol",
    "ask with wrong types": "protocol",
    "ask for what is no contract's": "protocol",
    "ask for half of a home": "protocol",
    "write what is no contract's": "protocol",
    "answer a load": "protocol",
    "answer with a number": "protocol",
    "refuse without text": "protocol",
    "refuse at length": "protocol",
    "tell what wants an answer": "protocol",
    "earn": "protocol",
    "spin": "processor time",
    "wait": "said nothing",
    "say for ever": "gas can buy|processor time",
}
FORBIDDEN = ("kill", "open", "connect", "fork", "map code")


@pytest.mark.parametrize("deed", DEATHS)
def test_a_lost_worker_is_no_refusal_and_leaves_the_state_alone(
    machine: WorkerMachine, ledger: FakeLedger, deed: str
) -> None:
    with pytest.raises(WorkerDied, match=DEATHS[deed]) as death:
        run(machine, ledger, WRITE, (deed,))
    assert not isinstance(death.value, Refusal)
    assert death.value.facts["contract"] == CONTRACT.hex()
    assert death.value.facts["method"] == "do"
    assert ledger.state == {}, "what it wrote was told with its end only"
    assert_serves(machine, ledger)


@pytest.mark.skipif(not LINUX, reason="the filter is Linux's")
@pytest.mark.parametrize("deed", FORBIDDEN)
def test_what_no_contract_needs_kills_the_worker(
    machine: WorkerMachine, ledger: FakeLedger, deed: str
) -> None:
    with pytest.raises(WorkerDied, match="SIGSYS for a system call that it may not make"):
        run(machine, ledger, (deed,))
    assert_serves(machine, ledger)


def test_a_worker_killed_from_outside_in_the_middle_of_a_call(
    machine: WorkerMachine, ledger: FakeLedger
) -> None:
    class Killer(FakeLedger):
        def read(self, place: bytes) -> bytes | None:
            assert machine.pid is not None
            os.kill(machine.pid, signal.SIGKILL)
            return None

    killer = Killer(programs=ledger.programs)
    with pytest.raises(WorkerDied, match=r"killed by SIGKILL|does not listen"):
        run(machine, killer, WRITE, ("read", HOME + b"other"))
    assert_serves(machine, ledger)


def test_a_worker_that_dies_with_nothing_to_do_is_replaced(
    machine: WorkerMachine, ledger: FakeLedger
) -> None:
    before = machine.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
    assert_serves(machine, ledger)
    assert machine.pid != before


@pytest.mark.parametrize("text", ["die", "lie"])
def test_a_source_that_kills_the_checker_is_no_refusal(machine: WorkerMachine, text: str) -> None:
    source = build_source(text)
    for _ in range(2):
        with pytest.raises(WorkerDied) as death:
            machine.load(source)
        assert death.value.facts["job"] == "load"


def test_a_refused_source_is_a_refusal_each_time(machine: WorkerMachine) -> None:
    for _ in range(2):
        with pytest.raises(Refusal, match="it says so"):
            machine.load(build_source("refuse"))


def test_a_worker_that_does_not_listen_is_not_waited_for_for_ever(
    machine: WorkerMachine, ledger: FakeLedger
) -> None:
    much = FakeLedger(programs=ledger.programs, state={(CONTRACT, b"much"): bytes(4_000_000)})
    with pytest.raises(WorkerDied, match="does not listen"):
        run(machine, much, ("ask and never listen",))
    assert_serves(machine, ledger)


def test_our_own_fault_in_the_ledger_stays_our_own(
    machine: WorkerMachine, ledger: FakeLedger
) -> None:
    class Broken(FakeLedger):
        def read(self, place: bytes) -> bytes | None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(machine, Broken(programs=ledger.programs), ("read", HOME + b"key"))
    assert_serves(machine, ledger)


def test_a_call_inside_a_call_is_our_own_fault(machine: WorkerMachine, ledger: FakeLedger) -> None:
    class Nested(FakeLedger):
        def read(self, place: bytes) -> bytes | None:
            return run(machine, ledger)

    with pytest.raises(AssertionError, match="one call at a time"):
        run(machine, Nested(programs=ledger.programs), ("read", HOME + b"key"))


def test_a_process_that_cannot_be_made_is_said_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(WorkerNotStarted, match="No such file"):
        WorkerMachine()


@pytest.mark.parametrize("bootstrap", ["raise SystemExit(9)", "import os; os.write(0, bytes(9))"])
def test_a_worker_that_cannot_begin_says_so(bootstrap: str) -> None:
    with pytest.raises(WorkerNotStarted, match="no worker process"):
        WorkerMachine(bootstrap=bootstrap)


def test_a_closed_machine_leaves_no_process() -> None:
    made = WorkerMachine(bootstrap=BOOTSTRAP)
    before = made.pid
    made.close()
    assert made.pid is None
    assert before is not None
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


@pytest.mark.skipif(not LINUX, reason="needs PR_SET_PDEATHSIG")
def test_a_worker_ends_with_its_node_whatever_it_is_doing(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.unit.node.workers.test_deaths import spin_for_ever\n"
        "spin_for_ever()\n"
    )
    root = str(Path(__file__).parents[4])
    with subprocess.Popen(
        [sys.executable, "-c", program, root], stdout=subprocess.PIPE, cwd=root
    ) as node:
        assert node.stdout is not None
        worker = next(int(line) for line in node.stdout if line.strip().isdigit())
        wait_until(lambda: is_busy(worker))
        node.kill()
        wait_until(lambda: not Path(f"/proc/{worker}").exists())


def spin_for_ever() -> None:
    """Be a node whose worker never comes back."""
    machine = WorkerMachine(bootstrap=BOOTSTRAP)
    ledger = FakeLedger()
    ledger.programs[CONTRACT] = machine.load(build_source("anything"))
    sys.stdout.write(f"{machine.pid}\n")
    sys.stdout.flush()
    run(machine, ledger, ("spin",))


def is_busy(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "R"


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "with exit status 0"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")],
)
def test_exit_statuses_in_words(status: int, words: str) -> None:
    assert describe_exit(status) == words
