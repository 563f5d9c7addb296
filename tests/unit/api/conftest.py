"""One served chain for each test of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.api.serving import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.index.close()
