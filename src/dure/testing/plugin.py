"""The pytest fixture `world`: a fresh chain for each test.

In a project of its own: `pytest_plugins = ["dure.testing.plugin"]` in the outermost `conftest.py`.
"""

import pytest

from dure.testing.world import World


@pytest.fixture
def world() -> World:
    """Return a chain that no other test has touched."""
    return World()
