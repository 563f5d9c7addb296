"""One served chain with pages for each test of the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.application import Application
from dure.console import build_pages
from tests.unit.api.serving import Desk

APPLICATION = Application(
    slug="guestbook",
    title_en="Guestbook",
    title_ko="방명록",
    report_rows=("X0",),
    contracts=(type("Guestbook", (), {}),),
    roles=(),
    stories=(),
    pages=(),
    package="dure",
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.pages = build_pages(made.chain, made.index, [APPLICATION])
    yield made
    made.index.close()
