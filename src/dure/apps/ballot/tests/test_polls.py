"""Polls: bounds against another library's, whom a lot asks, and ballots of Cambridge."""

import random
from hashlib import sha256

import pytest
from scipy.stats import binomtest  # type: ignore[import-untyped]

from dure.apps.ballot.offchain import cambridge
from dure.apps.ballot.offchain.cambridge import CANDIDATES, count_ranks, draw_rankings, load_types
from dure.apps.ballot.offchain.polls import choose_lot, compute_share
from dure.core.errors import ConfigurationError

ENDLESS = 10**15


@pytest.mark.parametrize(("marks", "answers"), [(0, 10), (1, 10), (5, 10), (480, 1_000), (9, 9)])
def test_bounds_are_those_of_wilson(marks: int, answers: int) -> None:
    found = compute_share(marks, answers, ENDLESS)
    other = binomtest(marks, answers).proportion_ci(confidence_level=0.95, method="wilson")
    assert found.low == pytest.approx(other.low, abs=1e-9)
    assert found.high == pytest.approx(other.high, abs=1e-9)


def test_a_poll_of_everybody_has_no_bounds() -> None:
    found = compute_share(3, 10, 10)
    assert (found.low, found.share, found.high) == pytest.approx((0.3, 0.3, 0.3))
    narrow, wide = compute_share(3, 10, 20), compute_share(3, 10, 2_000)
    assert wide.low < narrow.low < 0.3 < narrow.high < wide.high


@pytest.mark.parametrize(
    ("marks", "answers", "people"), [(1, 0, 5), (3, 2, 5), (1, 6, 5), (-1, 2, 5)]
)
def test_what_cannot_be_is_refused(marks: int, answers: int, people: int) -> None:
    with pytest.raises(ValueError, match="answers of"):
        compute_share(marks, answers, people)


def test_a_lot_asks_about_as_many_as_wanted() -> None:
    limit = choose_lot(300, 1_000)
    drawn = [sha256(f"{each}".encode()).hexdigest() < limit for each in range(10_000)]
    assert 2_800 < sum(drawn) < 3_200
    assert choose_lot(5, 5) == ""
    with pytest.raises(ValueError, match="a sample of 6"):
        choose_lot(6, 5)


def test_ballots_of_cambridge_are_drawn_as_often_as_they_were_cast() -> None:
    draw = random.Random(1)
    rankings = draw_rankings(4_000, 3, draw)
    assert all(1 <= len(each) <= 3 and len(set(each)) == len(each) for each in rankings)
    types, shares = load_types("W")
    assert (len(types), len(load_types("C")[0])) == (4_619, 3_940)
    alone = shares[types.index("W")] - (shares[types.index("W") - 1] if types.index("W") else 0)
    seen = [CANDIDATES[each[0]][0] == "W" and len(each) == 1 for each in rankings]
    first = sum(CANDIDATES[each[0]][0] == "W" for each in rankings)
    assert sum(seen) / first >= alone - 0.03
    cells = count_ranks(rankings, 3)
    assert sum(cells[0::3]) == len(rankings)
    assert sum(cells) == sum(len(each) for each in rankings)


def test_without_the_package_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    load_types.cache_clear()
    monkeypatch.setattr(cambridge, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="votekit"):
        load_types("W")
