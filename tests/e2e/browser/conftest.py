"""What tests in a real browser share: one browser, one running network, and windows that complain.

`village` is a network of four with something of everything on its chain; `looking` opens windows
at its first node (`looking(language="ko", scheme="dark")`); `page` is one plain window.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser.looking import ARGUMENTS, CHROMIUM, Looking, look
from tests.e2e.browser.village import Village, run_village

Open = Callable[..., Looking]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder: it needs a browser and real processes."""
    missing = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path")
    for item in items:
        if "tests/e2e/browser/" in item.path.as_posix():
            for mark in (pytest.mark.browser, pytest.mark.e2e, missing):
                item.add_marker(mark)


@dataclass
class Shared:
    """What runs from the first test of this folder to the last one in a row."""

    stack: ExitStack = field(default_factory=ExitStack)
    browser: Browser | None = None
    village: Village | None = None

    def close(self) -> None:
        """Stop what runs; the next test that asks has it begun anew."""
        self.browser = self.village = None
        self.stack.close()


_SHARED = Shared()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None]:
    """Leave nothing to other folders: neither Playwright's event loop nor a village's load.

    Also where what is taken down complains: the loop would fail every test that comes after.
    """
    try:
        return (yield)
    finally:
        if nextitem is None or "tests/e2e/browser/" not in nextitem.path.as_posix():
            _SHARED.close()


@pytest.fixture(scope="module")
def browser() -> Browser:
    """Chromium of the system, silent towards the outside."""
    if _SHARED.browser is None:
        playwright = _SHARED.stack.enter_context(sync_playwright())
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        _SHARED.stack.callback(running.close)
        _SHARED.browser = running
    return _SHARED.browser


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Village:
    """A running network; tests that change it leave it able to make blocks."""
    if _SHARED.village is None:
        running = run_village(tmp_path_factory.mktemp("v"))
        _SHARED.village = _SHARED.stack.enter_context(running)
    return _SHARED.village


@pytest.fixture
def looking(browser: Browser, village: Village) -> Iterator[Open]:
    """Windows at the village's first node; every one must have nothing to complain of."""
    with ExitStack() as stack:

        def open_window(**options: str) -> Looking:
            window: AbstractContextManager[Looking] = partial(look, browser, village.base)(
                **options  # type: ignore[arg-type]  # options of `look`, passed on
            )
            return stack.enter_context(window)

        yield open_window


@pytest.fixture
def page(looking: Open) -> Page:
    """One English window."""
    return looking().page
