"""Begins every test with an empty record and five people."""

import pytest

from dure.apps.agreements.tests.scene import Scene, open_record
from dure.testing import World


@pytest.fixture
def scene() -> Scene:
    return open_record(World())
