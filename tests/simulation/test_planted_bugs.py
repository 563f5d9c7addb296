"""A simulator is worth something only if it catches bugs: each of these is planted and found.

A bug is planted by replacing one function or by tampering with what the network does for an engine.
"""

from collections.abc import Callable
from itertools import chain

import pytest

from dure.consensus.interface import Persist
from dure.consensus.pbft import justification, records, rules, state
from dure.consensus.pbft.messages import Vote
from dure.consensus.pbft.state import Choice, HeightState
from dure.consensus.pbft.votes import Tally
from dure.core.types import PublicKey
from tests.simulation.fakes import Violation
from tests.simulation.network import Network, Node
from tests.simulation.story import run_story

SEEDS = 300

Plant = Callable[[pytest.MonkeyPatch], None]


def find(prepare: Callable[[Network], None] | None = None, seeds: int = SEEDS) -> str:
    """Run seeds until one breaks a promise; return what was broken."""
    for seed in range(seeds):
        try:
            run_story(seed, prepare=prepare)
        except Violation as problem:
            return str(problem).partition("\n")[0]
    return ""


def quorum_one_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state, "compute_quorum", lambda count: count - (count - 1) // 3 - 1)


def prepared_block_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_keep_prepared", lambda *_: None)


def prepared_block_ignored_by_all(patch: pytest.MonkeyPatch) -> None:
    def choose_freely(known: HeightState) -> Choice | None:
        choice = justification_choose(known)
        if choice is None or choice.block is None or not known.has_work:
            return choice
        return Choice(choice.round, None, choice.round_changes, ())

    justification_choose = justification.choose
    patch.setattr(justification, "choose", choose_freely)
    patch.setattr(justification, "find_highest_claim", lambda _: None)


def claims_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "is_honest_round_change", lambda *_: True)
    patch.setattr(justification, "is_prepared", lambda *_: True)


def round_changes_not_needed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "_has_right_round_changes", lambda *_: True)
    patch.setattr(justification, "find_highest_claim", lambda _: None)


def rounds_counted_together(patch: pytest.MonkeyPatch) -> None:
    def find_decision(tally: Tally, quorum: int) -> tuple[Vote, ...]:
        votes = list(chain.from_iterable(kept.values() for kept in tally._rounds.values()))
        for block_id in {vote.ballot.block_id for vote in votes}:
            seals = {vote.validator: vote for vote in votes if vote.ballot.block_id == block_id}
            if len(seals) >= quorum:
                return tuple(seals[key] for key in sorted(seals))
        return ()

    patch.setattr(Tally, "find_decision", find_decision)


def repeated_votes_count_again(patch: pytest.MonkeyPatch) -> None:
    def add(tally: Tally, vote: Vote) -> None:
        kept = tally._rounds.setdefault(vote.ballot.round, {})
        kept[PublicKey(vote.validator + bytes([len(kept)]))] = vote

    patch.setattr(Tally, "add", add)


def prepared_certificate_not_restored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "_restore_prepared", lambda *_: None)


def learned_blocks_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("dure.consensus.pbft.engine.validate_certificate", lambda *_, **__: None)


def certificate_of_a_decision_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("dure.consensus.pbft.engine.validate_sealers", lambda *_: None)


def any_proposal_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "is_justified", lambda *_, **__: True)


@pytest.mark.parametrize(
    "plant",
    [
        quorum_one_short,
        prepared_block_forgotten,
        prepared_block_ignored_by_all,
        claims_unchecked,
        round_changes_not_needed,
        rounds_counted_together,
        repeated_votes_count_again,
        prepared_certificate_not_restored,
        learned_blocks_unchecked,
        certificate_of_a_decision_unchecked,
        any_proposal_accepted,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert find()


def forget(node: Node) -> None:
    node.journal = []


def test_votes_sent_before_they_are_journalled_are_found() -> None:
    def lose_the_journal(network: Network) -> None:
        watch = network.observe

        def observe(node: Node, happened: object) -> None:
            if watch is not None:
                watch(node, happened)
            if isinstance(happened, Persist):
                network.call_later(0, lambda: forget(node))

        network.observe = observe

    assert "would" in find(lose_the_journal)
