"""A spoilt byte of an old block is refused, wherever it lies, and by the check that should."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.cli.network.founding import LOOPBACK, Network, write_network
from dure.cli.network.hosting.host import Host
from dure.cli.network.hosting.spoiling.copying import (
    Copy,
    change_byte,
    describe_copy,
    describe_parts,
    take_copy,
)
from dure.cli.network.hosting.spoiling.judging import judge_copy
from dure.cli.network.hosting.views import Judgement
from dure.cli.network.node_files import Member, write_node_files
from dure.console.admin.acts import read_act
from dure.core.codec import encode
from dure.core.errors import ConfigurationError, NotFound, StorageError
from dure.node.durable.block_log import BlockLog, Changes, Logged
from tests.unit.api.solo_chain import SoloChain

STORE = b"store-id-16bytes"
BLOCKS = 4


def write_log(folder: Path, chain: SoloChain) -> None:
    """Write the chain's blocks as its node would."""
    folder.mkdir()
    log = BlockLog.create(folder / "blocks", STORE)
    for height, stored in enumerate(chain.blocks):
        changes = Changes(b"id", (), (), ((b"k", None, b"v"),), is_undoable=True)
        log.append(Logged(height, encode(stored), changes))
        # What is noted beside blocks is no block.
        log.append(Logged(0, b"", changes))
    log.close()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a network whose one node stored four blocks and does not run."""
    folder = tmp_path_factory.mktemp("networks") / "shop"
    chain = SoloChain("shop")
    for amount in range(1, BLOCKS + 1):
        chain.send(chain.pay(amount))
    (folder / "bank").mkdir(parents=True)
    (folder / "genesis.dure").write_bytes(chain.genesis_file)
    member = Member("bank", "http://localhost:1", 2, 1, "00" * 32)
    write_node_files(folder / "bank", member, LOOPBACK, None)
    write_log(folder / "bank" / "data", chain)
    chain_id = chain.executor.chain_id.hex()
    write_network(folder, Network("shop", chain_id, "private", "solo", True, (member,)))
    return folder


@pytest.fixture
def copy(network: Path) -> Iterator[Copy]:
    taken = take_copy(network, "bank", network / "bank" / "data")
    yield taken
    taken.drop()
    assert not taken.folder.exists()


def spoil(copy: Copy, part: str, offset: int, *, mend: bool, flip: int = 1) -> Copy:
    return change_byte(copy, 2, part, offset, flip=flip, mend_checksum=mend)


def list_failed(judgement: Judgement) -> list[str]:
    return [check.name for check in judgement.checks if check.holds is False]


def measure(copy: Copy, part: str) -> int:
    return next(each.length for each in describe_parts(copy, 2).parts if each.name == part)


def test_a_copy_shows_its_blocks_the_newest_first(copy: Copy) -> None:
    view = describe_copy(copy)
    assert [block.height for block in view.blocks] == [4, 3, 2, 1]
    assert {block.transactions for block in view.blocks} == {1}
    assert (view.head, view.node, view.change) == (BLOCKS, "bank", None)


def test_the_parts_are_all_of_the_block(copy: Copy) -> None:
    parts = describe_parts(copy, 2).parts
    assert [part.name for part in parts] == ["header", "transactions", "certificate", "receipts"]
    assert sum(part.length for part in parts) + 2 == len(copy.read_original(2))
    assert all(len(part.digits) <= 2 * 512 for part in parts)


def test_a_careless_change_is_noticed_by_the_disk(copy: Copy, network: Path) -> None:
    judgement = judge_copy(spoil(copy, "header", 60, mend=False), network)
    disk = judgement.checks[0]
    assert (disk.name, disk.holds) == ("disk", False)
    assert "is damaged at byte" in disk.says


@pytest.mark.parametrize(
    ("part", "from_end", "failed"),
    [
        ("header", 40, {"link", "seals", "execution"}),
        ("transactions", 5, {"body", "execution"}),
        ("certificate", 5, {"seals"}),
        ("receipts", 5, {"receipts"}),
    ],
)
def test_a_careful_one_by_what_the_part_is_bound_to(
    copy: Copy, network: Path, part: str, from_end: int, failed: set[str]
) -> None:
    spoilt = spoil(copy, part, measure(copy, part) - from_end, mend=True)
    judgement = judge_copy(spoilt, network)
    assert judgement.checks[0].holds, "the checksum was written anew"
    assert set(list_failed(judgement)) == failed
    assert judgement.others == BLOCKS - 1
    assert (judgement.witnesses, judgement.proof) == ([], None)
    assert all(check.says for check in judgement.checks if check.holds is False)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_whatever_byte_is_changed_something_refuses_it(
    copy: Copy, network: Path, data: st.DataObject
) -> None:
    part = data.draw(st.sampled_from(["header", "transactions", "certificate", "receipts"]))
    offset = data.draw(st.integers(0, measure(copy, part) - 1))
    flip = data.draw(st.integers(1, 255))
    judgement = judge_copy(spoil(copy, part, offset, mend=True, flip=flip), network)
    assert list_failed(judgement)
    assert msgspec.json.encode(judgement)


def test_another_change_takes_the_first_one_back(copy: Copy, network: Path) -> None:
    first = spoil(copy, "header", 60, mend=True)
    second = change_byte(first, 3, "header", 60, flip=1, mend_checksum=True)
    assert second.read_present(2) == copy.read_original(2)
    assert judge_copy(second, network).height == 3


def test_the_newest_block_is_named_by_none(copy: Copy, network: Path) -> None:
    spoilt = change_byte(copy, BLOCKS, "certificate", 10, flip=1, mend_checksum=True)
    link = judge_copy(spoilt, network).checks[2]
    assert (link.name, link.holds) == ("link", None)


@pytest.mark.parametrize(("height", "part", "offset"), [(0, "header", 1), (5, "header", 1)])
def test_only_blocks_that_validators_sealed_are_played_with(
    copy: Copy, height: int, part: str, offset: int
) -> None:
    with pytest.raises(NotFound):
        change_byte(copy, height, part, offset, flip=1, mend_checksum=False)


def test_a_byte_beyond_the_part_is_refused(copy: Copy) -> None:
    with pytest.raises(NotFound, match="bytes"):
        spoil(copy, "receipts", 10_000_000, mend=False)


def test_the_original_is_never_written_to(copy: Copy, network: Path) -> None:
    log = network / "bank" / "data" / "blocks"
    before = log.read_bytes()
    spoil(copy, "header", 3, mend=True)
    assert log.read_bytes() == before
    assert copy.folder not in log.parents


def test_nothing_stored_is_nothing_to_copy(network: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="start the network first"):
        take_copy(network, "bank", tmp_path)


def test_what_is_no_log_is_refused(network: Path, tmp_path: Path) -> None:
    (tmp_path / "blocks").write_bytes(b"DUREBLK1" + bytes(40))
    with pytest.raises(StorageError, match="no block log"):
        take_copy(network, "bank", tmp_path)


def test_a_host_keeps_one_copy_a_network_until_it_ends(network: Path) -> None:
    host = Host(network.parent)

    def do(act: str, **fields: object) -> None:
        host.perform(read_act(json.dumps({"act": act, "network": "shop"} | fields)))

    assert host.show_copy("shop").copy is None
    with pytest.raises(NotFound, match="nothing of shop was copied"):
        host.judge_copy("shop")
    do("take_copy", node="bank")
    with pytest.raises(NotFound, match="no byte of the copy"):
        host.judge_copy("shop")
    change = {"height": 2, "part": "header", "offset": 60, "mend_checksum": False}
    do("change_byte", **change)
    shown = host.show_copy("shop").copy
    assert shown is not None
    assert shown.change is not None
    assert shown.change.before ^ shown.change.after == 1
    assert host.show_parts("shop", 2).height == 2
    assert list_failed(host.judge_copy("shop"))[0] == "disk"
    do("drop_copy")
    assert host.show_copy("shop").copy is None
    host.close()
