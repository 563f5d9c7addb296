"""Begins every test with three voters, three trustees, and a box that is open."""

import pytest

from dure.apps.ballot.tests.scene import Scene, open_scene
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_scene(World())


@pytest.fixture
def fresh() -> Scene:
    """An election that was announced, without a key."""
    return open_scene(World(), has_key=False)
