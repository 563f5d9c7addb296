"""Begins every test with a market of six houses."""

import pytest

from dure.apps.energy.day import Neighbourhood, open_neighbourhood
from dure.testing import World


@pytest.fixture
def town() -> Neighbourhood:
    return open_neighbourhood(World(), 6)
