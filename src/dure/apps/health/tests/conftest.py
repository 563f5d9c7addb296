"""Begins every test with a hospital and contracts that nobody has used yet."""

import pytest

from dure.apps.health.tests.scene import Scene, open_scene
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_scene(World())
