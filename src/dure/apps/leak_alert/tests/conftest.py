"""Begins every test with two members and one epoch."""

import pytest

from dure.apps.leak_alert.tests.scene import Scene, open_alert
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_alert(World())
