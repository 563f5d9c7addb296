"""A node that lost everything fetches a state from real peers while the chain goes on."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dure.identity.keys import generate_key
from dure.proof.file import encode_proof
from dure.sdk import LocalAccount
from tests.e2e.processes import Town, run_dure, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LATE = "supervisor"
OTHERS = ("insurer", "airline", "bank")
BLOCKS = 14
"""More than a node fetches one by one in mode `snapshot`."""


def enrol_stranger(town: Town) -> bytes:
    """Have something final at the others; return the transaction's id."""
    stranger = LocalAccount(generate_key())
    with town.connect(*OTHERS) as client:
        receipt = client.enrol([stranger.address], by=town.get_account(OTHERS[0]))
    return receipt.transaction_id


@contextmanager
def load(town: Town) -> Iterator[None]:
    """Keep the others busy."""
    ending = threading.Event()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            while not ending.is_set():
                enrol_stranger(town)
        except BaseException as problem:  # noqa: BLE001 - it is raised again below
            problems.append(problem)

    working = threading.Thread(target=work)
    working.start()
    try:
        yield
    finally:
        ending.set()
        working.join()
    assert problems == []


def wipe(town: Town, name: str, **settings: str) -> None:
    """Take a stopped node's store away, and change how it catches up."""
    home = town.folder / name
    shutil.rmtree(home / "data")
    text = (home / "node.toml").read_text()
    for key, value in settings.items():
        lines = [line for line in text.splitlines() if line.startswith(f"{key} = ")]
        assert len(lines) == 1, lines
        text = text.replace(lines[0], f'{key} = "{value}"')
    (home / "node.toml").write_text(text)


def list_events(town: Town, name: str) -> list[str]:
    """Return what a node has said in its log since it was started."""
    lines = town.nodes[name].said.splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]


@pytest.mark.parametrize("history", ["pruned", "archive"])
def test_a_wiped_node_fetches_a_state_under_load_and_proves_what_it_holds(
    town: Town, tmp_path: Path, history: str
) -> None:
    paid = [enrol_stranger(town) for _ in range(BLOCKS)]
    town.wait_level()
    town.stop(LATE)
    wipe(town, LATE, mode="snapshot", history=history)
    with load(town):
        town.start(LATE)
        wait_until(lambda: "level" in list_events(town, LATE), "it is level", or_say=town.tell_logs)
    town.wait_level()
    events = list_events(town, LATE)
    assert "state_adopted" in events
    assert "peer_lied" not in events
    file = tmp_path / "proof.json"
    with town.connect(LATE) as client:
        file.write_bytes(encode_proof(client.prove_transaction(paid[0])))
    told = run_dure("verify", file, "--chain", town.network.chain_id)
    assert told.code == 0, told.said
