"""A season that is drawn: the same for everybody, with every fate, and within bounds."""

import pytest

from dure.apps.trade.season import CREDITS_MAX, Fate, plan_season
from dure.core.errors import ConfigurationError


def test_a_season_is_drawn_from_its_seed_and_holds_every_fate() -> None:
    season = plan_season(8, 1)
    assert season == plan_season(8, 1) != plan_season(8, 2)
    assert [season.count(fate) for fate in Fate] == [2, 2, 2, 2]
    refused = season.count(Fate.REFUSED)
    assert 0 < season.expected_paid < sum(season.amounts)
    assert season.count(*Fate) == 8 == refused * 4


@pytest.mark.parametrize("count", [0, CREDITS_MAX + 1])
def test_a_season_has_bounds(count: int) -> None:
    with pytest.raises(ConfigurationError, match="1 to 200"):
        plan_season(count, 1)
