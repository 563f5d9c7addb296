"""The demo's plan comes out as its lots say, on the chain as outside of it."""

import pytest

from dure.apps.shipment.voyage import (
    CONTAINERS_MAX,
    SETTLED_FOR,
    has_breach,
    plan_voyage,
    play_voyage,
    write_container,
)
from dure.core.errors import ConfigurationError
from dure.testing import World


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_planned_comes_out(seed: int) -> None:
    plan, world = plan_voyage(6, seed), World()
    result = play_voyage(world, plan)
    assert result.alerts == result.settled == plan.expected_alerts
    assert result.delivered == len(plan.reefers)
    assert result.carrier_paid == plan.expected_carrier_paid
    assert result.consignee_paid == plan.expected_consignee_paid == result.alerts * SETTLED_FOR
    assert result.anchored == result.events == 8 * len(plan.reefers)
    assert world.conserved()


def test_a_plan_depends_on_its_seed_only() -> None:
    assert plan_voyage(9, 3) == plan_voyage(9, 3) != plan_voyage(9, 4)


@pytest.mark.parametrize("containers", [0, CONTAINERS_MAX + 1])
def test_so_many_containers_at_most(containers: int) -> None:
    with pytest.raises(ConfigurationError):
        plan_voyage(containers, 1)


@pytest.mark.parametrize(
    ("temperatures", "expected"),
    [
        ((-2_000, -2_000, -2_000, -2_000), False),
        ((0, -2_000, -2_000, -2_000), False),
        ((-2_000, 0, -2_000, -2_000), True),
        ((-2_000, -2_000, 0, -2_000), False),
        ((-2_000, -2_000, -2_000, 0), True),
    ],
)
def test_half_an_hour_of_warmth_is_a_breach(
    temperatures: tuple[int, ...], *, expected: bool
) -> None:
    assert has_breach(temperatures) is expected


def test_a_container_gets_its_check_digit() -> None:
    assert write_container(123_456).startswith("DURU123456")
