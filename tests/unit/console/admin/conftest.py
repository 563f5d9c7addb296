"""One admin console for each test."""

from pathlib import Path

import pytest

from tests.unit.console.admin.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)
