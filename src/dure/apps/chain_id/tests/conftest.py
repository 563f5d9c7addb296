"""Begins every test with a register, its institutions and a person who is not verified yet."""

import pytest

from dure.apps.chain_id.tests.scene import Scene, begin


@pytest.fixture
def scene() -> Scene:
    return begin()
