"""A desk whose pages are a test's own."""

from pathlib import Path

import pytest

from dure.console import app, build_pages
from dure.console.live import hub
from dure.console.site import Page
from tests.unit.api.serving import Desk
from tests.unit.console.live.viewing import Shown


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    made = Shown()
    pages = (Page("/shown/{name}", made.show), Page("/file/{name}", made.show, is_live=False))
    monkeypatch.setattr(app, "PAGES", pages)
    monkeypatch.setattr(hub, "REST_S", 0.01)
    monkeypatch.setattr(hub, "HEARTBEAT_S", 0.05)
    return made


@pytest.fixture
def desk(tmp_path: Path, shown: Shown) -> Desk:
    made = Desk(tmp_path)
    made.pages = build_pages(made.chain, made.index)
    return made
