"""Bugs to plant: each replaces one function of the engine, the driver or a port by a wrong one.

The table says at which seed the simulator is known to notice each. `python -m
tests.simulation.planted` searches all of them again and prints the table anew.
"""

import logging
import sys
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
import structlog

from dure.consensus.pbft import engine, future, justification, records, rules, state, votes
from dure.consensus.pbft.messages import Proposal, Vote
from dure.consensus.pbft.state import Choice, HeightState
from dure.consensus.pbft.turn import Turn
from dure.consensus.pbft.votes import Tally
from dure.core.types import BlockId, Height, PublicKey, Round, Signature
from dure.node.catching_up import checks
from dure.node.driver import Driver
from dure.node.driver.muteness import Muteness
from dure.testing.simulation import run_seed
from dure.testing.simulation.ports.disk import SimulatedDisk
from dure.testing.simulation.ports.journal import SimulatedJournal
from dure.testing.simulation.ports.signer import SimulatedSigner

SEEDS = 500

Plant = Callable[[pytest.MonkeyPatch], None]


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


def unjustified_round_change_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "_has_right_round_changes", lambda *_: True)
    patch.setattr(justification, "find_highest_claim", lambda _: None)


def any_proposal_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "is_justified", lambda *_, **__: True)


def seals_of_several_rounds_counted_together(patch: pytest.MonkeyPatch) -> None:
    def find_decision(tally: Tally, quorum: int) -> tuple[Vote, ...]:
        cast = list(chain.from_iterable(kept.values() for kept in tally._rounds.values()))
        for block_id in {vote.ballot.block_id for vote in cast}:
            seals = {vote.validator: vote for vote in cast if vote.ballot.block_id == block_id}
            if len(seals) >= quorum:
                return tuple(seals[key] for key in sorted(seals))
        return ()

    patch.setattr(Tally, "find_decision", find_decision)


def equivocation_counted_twice(patch: pytest.MonkeyPatch) -> None:
    def add(tally: Tally, vote: Vote) -> None:
        kept = tally._rounds.setdefault(vote.ballot.round, {})
        kept[PublicKey(vote.validator + bytes([len(kept)]))] = vote

    patch.setattr(Tally, "add", add)


def prepares_of_any_round_count(patch: pytest.MonkeyPatch) -> None:
    def get_votes(tally: Tally, round_: Round, block_id: BlockId) -> tuple[Vote, ...]:
        cast = chain.from_iterable(kept.values() for kept in tally._rounds.values())
        found = {vote.validator: vote for vote in cast if vote.ballot.block_id == block_id}
        return tuple(found[key] for key in sorted(found))

    patch.setattr(Tally, "get_votes", get_votes)


def stale_round_accepted(patch: pytest.MonkeyPatch) -> None:
    def accept(turn: Turn, proposal: Proposal) -> bool:
        known = turn.state
        if known.accepted is not None or not justification.is_justified(
            proposal, known, turn.settings, chain_id=turn.chain_id, now=turn.now
        ):
            return False
        if proposal.vote.ballot.round > known.round:
            known.enter(proposal.vote.ballot.round)
        known.accepted = proposal
        return True

    patch.setattr(rules, "accept_proposal", accept)


def prepared_certificate_not_restored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "_restore_prepared", lambda *_: None)


def sync_without_verification(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "validate_certificate", lambda *_, **__: None)
    patch.setattr(checks, "validate_certificate", lambda *_, **__: None)


def certificate_of_a_decision_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "validate_sealers", lambda *_: None)


def signatures_at_the_door_unchecked(patch: pytest.MonkeyPatch) -> None:
    def build(driver: Driver, *given: Any, **named: Any) -> None:
        driver_init(driver, *given, **named)
        driver._verify = lambda items: [True for _ in items]

    driver_init = Driver.__init__
    patch.setattr(Driver, "__init__", build)


def votes_not_persisted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedDisk, "append_journal", lambda *_: None)
    patch.setattr(SimulatedDisk, "recollect", lambda *_: None)


def vote_sent_before_its_journal_flush(patch: pytest.MonkeyPatch) -> None:
    """The newest record is in memory only, and lost with the node."""

    def append(disk: SimulatedJournal, height: Height, record: bytes) -> None:
        for earlier in held.pop(id(disk), ()):
            append_record(disk, *earlier)
        held[id(disk)] = [(height, record)]

    def reopen(disk: SimulatedJournal, noted: int | None) -> None:
        held.pop(id(disk), None)
        journal_reopen(disk, noted)

    held: dict[int, list[tuple[Height, bytes]]] = {}
    append_record, journal_reopen = SimulatedJournal.append, SimulatedJournal.reopen
    patch.setattr(SimulatedJournal, "append", append)
    patch.setattr(SimulatedJournal, "reopen", reopen)


def guard_ignored_where_the_journal_is_lost(patch: pytest.MonkeyPatch) -> None:
    """Nobody remembers: the wire alone shows that a member contradicts itself."""

    def sign(
        signer: SimulatedSigner, height: int, round_: int, step: int, message: bytes
    ) -> Signature:
        return signer.signing_key.sign(message)

    patch.setattr(SimulatedSigner, "sign", sign)
    votes_not_persisted(patch)


def wiped_node_votes_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedDisk, "recollect", lambda *_: None)


def mute_node_votes_too_soon(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Muteness, "_compute_bound", lambda *_: 0)


def clock_bounds_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(justification, "is_timely", lambda *_: True)


def votes_kept_without_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(votes, "ROUNDS_MAX", 2**40)


def future_kept_without_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(future, "MESSAGES_MAX", 2**40)
    patch.setattr(future, "HEIGHTS_AHEAD_MAX", 2**40)


def messages_never_repeated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "repeat", lambda _: False)
    patch.setattr(rules, "RULES", tuple(rule for rule in rules.RULES if rule.__name__ != "repeat"))


KNOWN: dict[Plant, int] = {
    quorum_one_short: 0,
    prepared_block_forgotten: 3,
    prepared_block_ignored_by_all: 3,
    claims_unchecked: 280,
    unjustified_round_change_accepted: 3,
    any_proposal_accepted: 40,
    seals_of_several_rounds_counted_together: 0,
    equivocation_counted_twice: 1,
    prepares_of_any_round_count: 9,
    stale_round_accepted: 3,
    prepared_certificate_not_restored: 125,
    sync_without_verification: 25,
    certificate_of_a_decision_unchecked: 0,
    signatures_at_the_door_unchecked: 0,
    votes_not_persisted: 3,
    vote_sent_before_its_journal_flush: 0,
    guard_ignored_where_the_journal_is_lost: 2,
    wiped_node_votes_at_once: 45,
    mute_node_votes_too_soon: 45,
    clock_bounds_unchecked: 40,
    votes_kept_without_bound: 30,
    future_kept_without_bound: 12,
    messages_never_repeated: 11,
}
"""The seed at which each bug is known to be found."""


def find(plant: Plant, first: int = 0, count: int = SEEDS) -> tuple[int, str] | None:
    """Plant a bug and run seeds; return the first that fails, and how."""
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        for seed in range(first, count):
            try:
                run_seed(seed)
            except AssertionError as problem:
                return seed, str(problem).partition("\n")[0]
    return None


def main(names: list[str]) -> None:
    """Print where each bug is found."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for plant in KNOWN:
        if not names or plant.__name__ in names:
            found = find(plant)
            print(f"    {plant.__name__}: {found[0] if found else None},  # {found}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
