"""Begins every test with three contracts that nobody has used yet."""

import pytest

from dure.apps.trade.tests.scene import Scene, open_trade
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_trade(World())
