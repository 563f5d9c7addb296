"""Begins every test with a depository, its systems, and two securities."""

import pytest

from dure.apps.securities.tests.scene import Scene, open_depository
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_depository(World())
