"""A session on the chain comes to what a second order book, on plain lists, says it must."""

import pytest

from dure.apps.securities.session import ORDERS_MAX, plan_session, play_session
from dure.core.errors import ConfigurationError
from dure.testing import World


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_session_comes_out_as_reckoned_without_the_chain(seed: int) -> None:
    plan = plan_session(60, seed)
    world = World()
    assert play_session(world, plan) == plan.expected
    assert plan.expected.trades > 10
    assert world.conserved()


@pytest.mark.parametrize("orders", [0, ORDERS_MAX + 1])
def test_a_session_has_bounds(orders: int) -> None:
    with pytest.raises(ConfigurationError, match="choose 1 to 500 orders"):
        plan_session(orders, 1)
