"""Desks over a chain with one authority, and over one whose members vote."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.console import build_pages
from tests.unit.api.serving import Desk
from tests.unit.console.chain_pages.village import Village
from tests.unit.console.conftest import APPLICATION


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, Village())
    made.pages = build_pages(made.chain, made.index, [APPLICATION])
    yield made
    made.index.close()
