"""Four real nodes under load: killed, stopped, out of disk. No promise is ever broken.

Each test ends with the same audit of every node (`tests.e2e.faults.audit`): what a client was told
is final stands there exactly once, chains and states are equal, and the money is all there.
"""

import resource
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from _pytest.mark import ParameterSet

from tests.e2e.faults.disks import NotPermitted, fill_disk, mounted_disk, remove_stale_disks
from tests.e2e.faults.town import MEMBERS, PayingTown, found_paying_town
from tests.e2e.processes import Outcome, run_dure, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def one_of(names: Sequence[str]) -> list[str | ParameterSet]:
    """Return the first as it is; the others are for `make thorough`."""
    first, *others = names
    return [first, *(pytest.param(each, marks=pytest.mark.thorough) for each in others)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayingTown]:
    """Four running nodes; whoever breaks one mends it again. At the end their votes are read."""
    remove_stale_disks()
    shop = found_paying_town(tmp_path_factory.mktemp("shop") / "net")
    try:
        shop.town.start()
        yield shop
        assert [shop.town.stop(name).code for name in MEMBERS] == [0, 0, 0, 0]
        assert shop.audit.count_votes() > 0
    finally:
        shop.town.close()


@pytest.mark.parametrize("name", one_of(MEMBERS))
def test_a_killed_node_comes_back_and_nothing_is_lost(shop: PayingTown, name: str) -> None:
    with shop.open_for_business():
        shop.town.kill(name)
        shop.wait_progress(*shop.list_others(name))
        shop.town.start(name)
        shop.wait_back(name)


def test_the_block_of_a_killed_primary_is_made_by_another(shop: PayingTown) -> None:
    height, _ = shop.town.wait_level()
    primary = shop.find_proposer(height + 1)
    shop.town.kill(primary)
    with shop.open_for_business():
        others = shop.list_others(primary)
        shop.wait_progress(*others)
        url = f"{shop.town.get_url(others[0])}/v1/blocks/{height + 1}"
        assert httpx.get(url).json()["certificate"]["round"] > 0
        shop.town.start(primary)
        shop.wait_back(primary)


@pytest.mark.parametrize("name", one_of(MEMBERS[:2]))
def test_a_stopped_process_goes_on_where_it_was(shop: PayingTown, name: str) -> None:
    with shop.open_for_business():
        shop.town.nodes[name].send(signal.SIGSTOP)
        try:
            # Past the time in which peers notice that a connection is dead.
            shop.wait_progress(*shop.list_others(name), blocks=20)
        finally:
            shop.town.nodes[name].send(signal.SIGCONT)
        shop.wait_back(name)


def test_all_four_are_killed_at_once_under_load(shop: PayingTown) -> None:
    with shop.open_for_business():
        nodes = [shop.town.nodes.pop(name) for name in MEMBERS]
        for node in nodes:
            node.send(signal.SIGKILL)
        for node in nodes:
            node.process.wait(10)
        shop.town.start()
        shop.wait_progress(*MEMBERS)
    for name in MEMBERS:
        shop.audit.forget(name)
    shop.audit.check()


@contextmanager
def small_disk(shop: PayingTown, name: str, part: str) -> Iterator[Path]:
    """Have a part of a node's folder, `.` for all of it, on a small disk while the block runs."""
    assert shop.town.stop(name).code == 0
    place = shop.town.folder / name / part
    disk = place.with_name(f"{place.name}-disk")
    disk.mkdir()
    try:
        with mounted_disk(disk):
            move_content(place, disk)
            place.rmdir()
            place.symlink_to(disk)
            try:
                shop.town.start(name)
                yield disk
                assert shop.town.stop(name).code == 0
            finally:
                place.unlink()
                place.mkdir()
                move_content(disk, place)
    except NotPermitted as reason:
        pytest.skip(f"no small disk can be mounted here: {reason}")
    finally:
        disk.rmdir()
        shop.town.start(name)


def move_content(source: Path, target: Path) -> None:
    """Move all files of one folder into another; sockets cannot move, and are made anew."""
    for entry in source.iterdir():
        if entry.is_socket():
            entry.unlink()
        else:
            shutil.move(entry, target / entry.name)


def assert_it_said_why(outcome: Outcome) -> None:
    """Check what an operator finds whose disk is full."""
    assert outcome.code == 1, outcome.said
    last = outcome.said.strip().splitlines()[-1]
    assert "error storage_error:" in last, outcome.said
    assert "free space" in last.lower(), outcome.said


def test_a_node_whose_disk_is_full_stops_and_says_why(shop: PayingTown) -> None:
    name = MEMBERS[2]
    with small_disk(shop, name, "data") as disk, shop.open_for_business():
        ballast = disk / "ballast"
        fill_disk(ballast)
        assert_it_said_why(shop.town.nodes.pop(name).wait())
        assert_it_said_why(run_dure("node", "run", shop.town.folder / name / "node.toml"))
        shop.wait_progress(*shop.list_others(name))
        ballast.unlink()
        shop.town.start(name)
        shop.wait_back(name)


@pytest.mark.thorough
def test_a_node_stops_also_where_its_log_is_on_the_full_disk(shop: PayingTown) -> None:
    name = MEMBERS[2]
    with small_disk(shop, name, ".") as disk, shop.open_for_business():
        ballast = disk / "ballast"
        fill_disk(ballast)
        assert shop.town.nodes.pop(name).process.wait(60) == 1
        shop.wait_progress(*shop.list_others(name))
        ballast.unlink()
        shop.town.start(name)
        shop.wait_back(name)


@pytest.mark.thorough
def test_a_node_that_may_not_write_stops_and_says_why(shop: PayingTown) -> None:
    name = MEMBERS[3]
    node = shop.town.nodes.pop(name)
    written = (shop.town.folder / name / "data" / "journal").stat().st_size
    with shop.open_for_business():
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (written, written))
        assert_it_said_why(node.wait())
        shop.wait_progress(*shop.list_others(name))
        shop.town.start(name)
        shop.wait_back(name)
    wait_until(lambda: shop.town.get_health(name) == httpx.codes.OK, f"{name} is well")
