"""Takes the pictures of the console that the documentation shows, of real pages of a real network.

Founds a network of four in a temporary folder, plays the stories of an application on it, and has
Chromium look at its first node. Look at every picture before you commit it.

Usage: python -m scripts.take_screenshots [NAME …]
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from dure.application import find_application
from dure.apps.flight_delay.contract import FlightDelay
from dure.chain.genesis.document import EngineKind
from dure.cli.access import connect
from dure.cli.demo.stories import found_story_network, open_office, play_story
from dure.cli.network.processes import RunningNetwork
from dure.sdk import Client

FOLDER = Path(__file__).parent.parent / "docs" / "figures" / "console"
PICTURE_BYTES_MAX = 150_000
READY_MS = 60_000
SETTLE_MS = 1_500
"""Plots are drawn after the page is there."""


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    path: str
    """With the names of what was found on the chain in braces."""
    language: Literal["en", "ko"] = "en"
    scheme: Literal["light", "dark"] = "light"
    width: int = 1200
    height: int = 780
    ready: str = '#live[data-state="open"]'
    """What is on the page when it can be looked at: usually, that it goes on by itself."""


SHOTS = (
    Shot("overview", "/"),
    Shot("overview-dark", "/", language="ko", scheme="dark"),
    Shot("phone", "/", language="ko", width=390, height=780),
    Shot("transaction", "/scheduled/{scheduled}"),
    Shot("contract", "/contracts/{contract}", language="ko"),
    Shot("application", "/apps/flight-delay", language="ko"),
    Shot(
        "story",
        "/apps/flight-delay/stories/late_flight_pays_by_itself#step-6",
        ready="[data-story][data-ready]",
    ),
    Shot("chain-id", "/apps/chain-id", language="ko"),
    Shot("agreements", "/apps/agreements", scheme="dark", width=1_000, height=700),
    Shot("leak-alert", "/apps/leak-alert", language="ko", width=390, height=780),
    Shot("wallet", "/wallet", language="ko", ready="[data-wallet][data-ready]"),
    Shot("wallet-phone", "/wallet", width=390, scheme="dark", ready="[data-wallet][data-ready]"),
    Shot(
        "proof",
        "/proof?scheduled={scheduled}",
        ready='[data-proof][data-answer="vouched"]',
    ),
)


def main(names: Sequence[str]) -> int:
    """Take the pictures that were named, or all; return 1 where one is too large."""
    chosen = [shot for shot in SHOTS if shot.name in names or not names]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dure-") as temporary:
        folder = Path(temporary)
        network = found_story_network(folder, EngineKind.PBFT)
        with RunningNetwork(folder, network), connect(folder) as client:
            office = open_office(folder)
            for story in find_application("flight-delay").stories:
                play_story(story, client, office, quiet=True)
            found = find_things(client)
            base = network.members[0].url.replace("127.0.0.1", "localhost")
            with sync_playwright() as playwright:
                browser = open_browser(playwright)
                large = [take(browser, base, shot, found) for shot in chosen]
                browser.close()
    return int(any(large))


def open_browser(playwright: Playwright) -> Browser:
    """Return Chromium of the system, silent towards the outside."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


def find_things(client: Client) -> Mapping[str, str]:
    """Return what the paths of pictures name: the cover's contract, and its payout."""
    events = client.list_events(name="CoverPaid")
    paid = events[-1]
    contract = paid.event.contract
    print(f"{FlightDelay.__name__} is {contract}")
    return {"contract": contract, "scheduled": paid.source}


def take(
    browser: Browser,
    base: str,
    shot: Shot,
    found: Mapping[str, str] = MappingProxyType({}),
    *,
    folder: Path = FOLDER,
) -> bool:
    """Take one picture; say whether it is too large."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        locale={"en": "en-GB", "ko": "ko-KR"}[shot.language],
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(base + shot.path.format_map(found))
    expect(page.locator(shot.ready)).to_have_count(1, timeout=READY_MS)
    page.wait_for_timeout(SETTLE_MS)
    file = folder / f"{shot.name}.png"
    page.screenshot(path=file)
    context.close()
    size = file.stat().st_size
    print(f"{file.name}: {size // 1000} kB")
    return size > PICTURE_BYTES_MAX


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
