"""A network half of whose nodes run contracts in a process of their own: nobody can tell."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.cli.access import load_authority
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.types import Address
from tests.e2e.processes import Town, found_town, is_alive, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

WITH_WORKERS = ("insurer", "airline")


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        # Of the other kind of worker there is none, however many cores there are.
        patch.setenv("DURE_NODE_VERIFY_WORKERS", "0")
        yield from _found_half(tmp_path_factory.mktemp("half") / "net")


def _found_half(folder: Path) -> Iterator[Town]:
    town = found_town(folder)
    try:
        for name in WITH_WORKERS:
            town.stop(name)
            file = town.folder / name / "node.toml"
            said = 'contract_workers = "auto"'
            assert said in file.read_text()
            file.write_text(file.read_text().replace(said, said.replace("auto", "always")))
            town.start(name)
        yield town
    finally:
        town.close()


def find_worker(town: Town, name: str) -> int | None:
    """Return the only child of a node."""
    node = int((town.folder / name / "node.pid").read_text())
    children = Path(f"/proc/{node}/task/{node}/children").read_text().split()
    assert len(children) <= 1, children
    return int(children[0]) if children else None


def issue(town: Town, token: Address, through: str) -> int:
    bank = town.get_account("bank")
    with town.connect(through) as client:
        proxy = client.contract(token)
        proxy.issue(bank.address, 10, by=bank)
        return int(proxy.supply())


def test_workers_die_and_the_network_agrees_all_the_same(half: Town) -> None:
    with_workers = {name for name in half.names if find_worker(half, name) is not None}
    assert with_workers == set(WITH_WORKERS)
    with half.connect() as client:
        token = client.deploy(
            read_source(Token),
            by=load_authority(half.folder),
            owner=half.get_address("bank"),
            arguments={"code": "KRW", "decimals": 0},
            roles={"issuer": [half.get_address("bank")]},
        ).address
    supply = issue(half, token, "insurer")
    for name in WITH_WORKERS:
        worker = find_worker(half, name)
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        assert issue(half, token, name) == (supply := supply + 10)
        half.wait_level()
        assert find_worker(half, name) not in {None, worker}


def test_no_worker_outlives_its_node(half: Town) -> None:
    stopped, killed = (find_worker(half, name) for name in WITH_WORKERS)
    assert stopped is not None
    assert killed is not None
    half.kill("airline")
    outcome = half.stop("insurer")
    assert outcome.code == 0, outcome.said
    wait_until(lambda: not is_alive(stopped) and not is_alive(killed), "the workers are gone")
    half.start(*WITH_WORKERS)
    half.wait_level()
