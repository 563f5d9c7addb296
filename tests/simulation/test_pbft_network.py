"""Whole networks from one seed: agreement always, progress after calm.

`DURE_SEEDS=3000 DURE_FIRST_SEED=0 pytest tests/simulation/test_pbft_network.py` runs more of them.
"""

import os

import pytest

from dure.consensus.pbft import PbftEngine
from tests.simulation.story import run_story

SEEDS = int(os.environ.get("DURE_SEEDS", "300"))
FIRST_SEED = int(os.environ.get("DURE_FIRST_SEED", "0"))
PARTS = 6


@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_networks_agree_and_make_progress_after_calm(part: int) -> None:
    events = heights = 0
    for seed in range(FIRST_SEED + part, FIRST_SEED + SEEDS, PARTS):
        outcome = run_story(seed)
        events += outcome.events
        heights += outcome.heights
    assert heights > 0
    print(f"{events} events, {heights} heights")  # noqa: T201


def test_a_seed_replays_exactly() -> None:
    assert run_story(7, PbftEngine) == run_story(7, PbftEngine)


def test_equivocation_is_noticed_and_proved() -> None:
    liars = [outcome for outcome in map(run_story, range(40)) if outcome.liar == "Equivocator"]
    assert sum(outcome.accusations for outcome in liars) > 0
