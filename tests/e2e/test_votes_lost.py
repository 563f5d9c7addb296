"""A validator without its journal is mute and says so, and votes again when an operator says how.

Real processes: the chain goes on with the other three meanwhile, and at the end stands still
without the vote of the one that was mute.
"""

import re

import httpx
import pytest

from dure.identity.keys import generate_key
from dure.sdk import LocalAccount
from tests.e2e.processes import Command, Town, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MUTE = "bank"
OTHERS = ("insurer", "airline", "supervisor")


def make_block(town: Town, *names: str) -> int:
    """Have something final through these members' nodes; return its height."""
    stranger = LocalAccount(generate_key())
    with town.connect(*names) as client:
        receipt = client.enrol([stranger.address], by=town.get_account(town.names[0]))
    return int(receipt.height)


def start(town: Town, name: str, *options: str) -> Command:
    """Start a node with options of `dure node run`."""
    number = len(list((town.folder / name).glob("run-*.log")))
    log = town.folder / name / f"run-{number}.log"
    node = Command("node", "run", town.folder / name / "node.toml", *options, log=log)
    town.nodes[name] = node.__enter__()
    town.wait_ready(name)
    return node


def get_activity(town: Town, name: str) -> str:
    return str(town.get_status(name)["activity"])


def lose_journal(town: Town, name: str) -> None:
    town.kill(name)
    (town.folder / name / "data" / "journal").unlink()


def vote_again(town: Town, node: Command) -> int:
    """Make blocks until the mute node may vote again; return the height after which it may."""
    wait_until(
        lambda: "3 of 3 other validators have reported" in get_activity(town, MUTE),
        "all others have reported",
        or_say=lambda: get_activity(town, MUTE),
    )
    bound = read_bound(get_activity(town, MUTE))
    while town.get_height(MUTE) < bound:
        assert "mute" in get_activity(town, MUTE)
        town.wait_height(MUTE, make_block(town, *OTHERS))
    node.wait_said("node_votes_again")
    return bound


def test_a_validator_without_its_journal_is_mute_until_it_is_past_what_it_said(town: Town) -> None:
    for _ in range(3):
        make_block(town)
    town.wait_level()
    lose_journal(town, MUTE)

    # Mute, and says so; the chain goes on without it, and it follows.
    node = start(town, MUTE)
    node.wait_said("node_is_mute")
    assert "mute: its journal is missing" in get_activity(town, MUTE)
    assert "--votes-lost" in get_activity(town, MUTE)
    height = make_block(town, *OTHERS)
    town.wait_height(MUTE, height)
    assert not has_sealed(town, height)

    # A restart alone changes nothing, and with three of four the mute one is one too few.
    town.stop(MUTE)
    start(town, MUTE)
    assert "mute: its journal is missing" in get_activity(town, MUTE)

    # With the operator's word it says from which height on, and keeps to it.
    town.stop(MUTE)
    node = start(town, MUTE, "--votes-lost")
    bound = vote_again(town, node)
    assert bound == height + 2
    assert "mute" not in get_activity(town, MUTE)
    assert (town.folder / MUTE / "data" / "journal").exists()

    # Without its vote three of four could decide nothing now.
    town.stop("airline")
    final = make_block(town, "insurer", "supervisor")
    assert final > bound
    town.wait_height(MUTE, final)
    assert has_sealed(town, final)
    town.start("airline")
    town.wait_level()


def test_the_word_of_the_operator_is_harmless_where_nothing_was_lost(town: Town) -> None:
    make_block(town)
    town.stop(MUTE)
    node = start(town, MUTE, "--votes-lost")
    node.wait_said("no_votes_lost")
    assert "mute" not in get_activity(town, MUTE)
    town.wait_height(MUTE, make_block(town))


def test_a_lost_guard_stops_the_node_with_one_sentence_and_the_word_of_the_operator_mends_it(
    town: Town,
) -> None:
    make_block(town)
    town.stop(MUTE)
    guard = town.folder / MUTE / "guard"
    guard.unlink()
    refused = Command(
        "node", "run", town.folder / MUTE / "node.toml", log=town.folder / MUTE / "refused.log"
    )
    with refused:
        outcome = refused.wait()
    assert outcome.code == 2
    assert "guard" in outcome.said
    assert "Recover a validator" in outcome.said
    assert not guard.exists()
    node = start(town, MUTE, "--votes-lost")
    assert "mute: its guard was lost and made anew" in get_activity(town, MUTE)
    vote_again(town, node)
    town.stop("airline")
    final = make_block(town, "insurer", "supervisor")
    town.wait_height(MUTE, final)
    assert has_sealed(town, final)
    town.start("airline")
    town.wait_level()


def test_a_wiped_disk_is_fetched_again_and_the_guard_alone_does_not_let_it_vote(town: Town) -> None:
    height = make_block(town)
    town.wait_level()
    town.kill(MUTE)
    (town.folder / MUTE / "data").rename(town.folder / MUTE / "data.evidence")
    start(town, MUTE)
    town.wait_height(MUTE, height)
    assert "mute: its store or its journal is older" in get_activity(town, MUTE)
    town.stop(MUTE)
    node = start(town, MUTE, "--votes-lost")
    vote_again(town, node)
    town.wait_level()


def read_bound(activity: str) -> int:
    found = re.search(r"votes again above height ([\d,]+)", activity)
    assert found is not None, activity
    return int(found[1].replace(",", ""))


def has_sealed(town: Town, height: int) -> bool:
    """Say whether the mute validator's seal is in a block's certificate."""
    return town.get_validator(MUTE) in list_sealers(town, height)


def list_sealers(town: Town, height: int) -> list[bytes]:
    block = httpx.get(f"{town.get_url(MUTE)}/v1/blocks/{height}", timeout=10).json()
    return [bytes.fromhex(seal["validator"]) for seal in block["certificate"]["seals"]]
