"""Begins every test with a port community whose terminals and customs are named."""

import pytest

from dure.apps.shipment.tests.scene import Scene, open_community
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_community(World())
