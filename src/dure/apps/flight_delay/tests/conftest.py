"""Begins every test with a contract that is open for business."""

import pytest

from dure.apps.flight_delay.tests.scene import Scene, open_business
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_business(World())
