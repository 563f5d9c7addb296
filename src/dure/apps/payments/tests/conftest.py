"""Begins every test with a clearing that is open, and customers who have money."""

import pytest

from dure.apps.payments.tests.scene import Scene, open_scene
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_scene(World())
