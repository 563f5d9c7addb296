"""Two nodes' stores side by side: the first block, transaction and key in which they part."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rocksdict import AccessType

from dure.chain import money
from dure.chain.executor import Executor
from dure.chain.inspection.comparison import (
    Difference,
    describe_key,
    find_first_difference,
    find_first_writer,
    overlay,
)
from dure.chain.state import key_account, key_balance, key_role, key_storage
from dure.chain.transaction import read_transaction_id
from dure.core.address import encode_address
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Amount, BlockId, ChainId, Height, Round
from dure.node.durable.comparing import Side, compare
from dure.node.durable.storage import RocksDisk
from dure.node.durable.store import Store, open_database
from dure.node.ports import HistoryBlock, StoredBlock
from tests.unit.chain.ledger import ALICE, BOB, CAROL, WON, Ledger, change, transfer
from tests.unit.chain.machine import ScriptMachine
from tests.unit.node.durable.two_stores import Town, refuse_next_block

MAPS = st.dictionaries(st.binary(max_size=2), st.binary(max_size=2), max_size=8)
CHANGES = st.dictionaries(st.binary(max_size=2), st.none() | st.binary(max_size=2), max_size=8)


@given(left=MAPS, right=MAPS)
def test_the_first_key_that_differs_is_found(
    left: dict[bytes, bytes], right: dict[bytes, bytes]
) -> None:
    different = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
    found = find_first_difference(sorted(left.items()), sorted(right.items()))
    if not different:
        assert found is None
        return
    key = min(different)
    assert found == Difference(key, left.get(key), right.get(key))


@given(items=MAPS, changes=CHANGES)
def test_a_state_with_changes_stays_in_order(
    items: dict[bytes, bytes], changes: dict[bytes, bytes | None]
) -> None:
    expected = {key: value for key, value in (items | changes).items() if value is not None}
    assert list(overlay(sorted(items.items()), changes)) == sorted(expected.items())


def test_keys_are_told_in_words() -> None:
    alice, bob = encode_address(ALICE), encode_address(BOB)
    assert describe_key(key_account(ALICE)) == f"account {alice}"
    assert describe_key(key_balance(WON, BOB)) == f"balance of {bob} in asset {WON.hex()}"
    assert describe_key(key_role(ALICE, BOB, "teller")) == (
        f"role 'teller' of {bob} at contract {alice}"
    )
    assert describe_key(key_storage(ALICE, b"\x01\x02")) == f"value 0102 of contract {alice}"
    assert describe_key(b"gclock") == "the chain's clock"
    assert describe_key(b"q\x00") == "scheduled call 00"
    assert describe_key(b"?") == "unknown "
    assert describe_key(b"cshort") == "contract 73686f7274"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    town.pay(1)
    town.pay(2)
    yield town
    for disk in town.disks.values():
        disk.close()


def test_nodes_that_agree_differ_in_nothing_though_one_is_ahead(town: Town) -> None:
    town.pay(3, only="left")
    town.pay(4, only="left")
    found = town.compare()
    assert (found.finding, found.height) == ("nothing", 2)
    assert found.difference is None


def test_a_store_is_read_while_its_node_writes(town: Town) -> None:
    left, right = town.open_sides()
    town.pay(3)
    assert left.head.block.header.height == 2
    assert compare(left, right).finding == "nothing"
    left.store.close()
    right.store.close()
    assert town.compare().height == 3


def test_a_damaged_value_is_named_with_the_node_that_holds_it(town: Town) -> None:
    key = key_balance(WON, BOB)
    town.pay(3, only="right")
    town.disks["left"].close()
    database = open_database(town.folders["left"], AccessType.read_write())
    database[b"S" + key] = encode(Amount(9_999))
    database.close()
    found = town.compare()
    assert (found.finding, found.height) == ("other state", 2)
    assert found.difference is not None
    assert found.difference.key == key
    assert found.difference.left == encode(Amount(9_999))
    assert found.words == (
        "the state of left after block 2 is damaged: the block proves another",
        "the state of right after block 2 is the one that the block proves",
    )


def test_a_fork_is_found_at_its_first_block(town: Town) -> None:
    other = Ledger()
    for amount in (1, 2):
        other.commit(other.sign("alice", transfer(BOB, amount)))
    assert other.executor.head.block_id == town.ledger.executor.head.block_id
    for amount in (3, 4, 5):
        town.pay(amount, only="left")
        envelope = other.sign("alice", transfer(CAROL, amount))
        town.grow(envelope, only="right", ledger=other)
    found = town.compare()
    assert (found.finding, found.height) == ("fork", 3)
    assert all("sealed in round 0 by" in words for words in found.words)


def test_nodes_of_two_chains_are_not_compared(town: Town, tmp_path: Path) -> None:
    foreign = change(town.ledger.executor.head.header, chain_id=ChainId(bytes(32)))
    disk = RocksDisk(tmp_path / "foreign")
    stored = StoredBlock(Block(foreign, ()), Certificate(Round(0), ()), ())
    disk.commit_block(BlockId(bytes(32)), stored, (), writes={}, undo={})
    disk.close()
    left, _ = town.open_sides()
    right = Side("foreign", tmp_path / "foreign", Store.open_for_reading(tmp_path / "foreign"))
    assert compare(left, right).finding == "other chains"


def test_a_refused_block_is_compared_by_what_each_made_of_it(town: Town) -> None:
    block, executor = refuse_next_block(town)
    found = town.compare()
    assert (found.finding, found.height) == ("other results", 3)
    assert found.words[0] == "block 3: the headers differ in state root"
    assert found.record is None, "both receipts say the same"
    assert found.difference is not None
    assert found.difference.key == key_balance(WON, CAROL)
    assert found.difference.left == encode(Amount(5))
    assert found.difference.right == encode(Amount(75))
    assert find_first_writer(executor, block, found.difference.key) == 1
    assert find_first_writer(executor, block, key_account(CAROL)) is None


def test_a_state_can_be_taken_back_and_executed_on(town: Town) -> None:
    refuse_next_block(town)
    left, right = town.open_sides()
    executor = Executor(town.ledger.document, ScriptMachine())
    left.restore(executor, Height(2))
    assert executor.head.header.height == 2
    assert money.Money(executor.view()).get_balance(WON, CAROL) == 0
    with pytest.raises(ConfigurationError, match="lacks block 9"):
        right.restore(executor, Height(9))


def test_what_is_no_dump_is_refused_by_name(town: Town) -> None:
    refuse_next_block(town)
    (file,) = town.folders["right"].glob("halt-3-*.json")
    good = file.read_bytes()
    for bad in (b"", b"[]", good.replace(b'"records"', b'"other"'), good.replace(b'"c', b'"zc', 1)):
        file.write_bytes(bad)
        if bad in (b"", b"[]") or b'"other"' in bad:
            with pytest.raises(ConfigurationError, match=f"{file.name} is no dump"):
                town.compare()
        else:
            assert town.compare().finding == "nothing", "a dump without results says nothing"


def test_a_state_that_came_from_others_is_not_taken_back_over_blocks_not_executed_here(
    town: Town,
) -> None:
    for amount in (3, 4):
        town.pay(amount, only="left")
    left, right = town.disks["left"], town.disks["right"]
    blocks = []
    for height in (4, 3):
        stored = left.load_block(Height(height))
        assert stored is not None
        ids = tuple(map(read_transaction_id, stored.block.transactions))
        blocks.append(HistoryBlock(compute_block_id(stored.block.header), stored, ids))
    right.stage_state([*left.load_state()])
    right.store_history(blocks, ())
    right.adopt_state(Height(4), (), ())
    assert town.compare().finding == "nothing"
    one, other = town.open_sides()
    with pytest.raises(ConfigurationError, match="has not executed block 4"):
        other.rewind(Height(2))
    assert one.rewind(Height(2))
    one.store.close()
    other.store.close()


def test_a_folder_without_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no node's store"):
        Store.open_for_reading(tmp_path)
