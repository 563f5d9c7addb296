"""Takes the pictures of applications' own pages that their READMEs show, in both languages.

Plays a story on a network of four in a temporary folder, has Chromium look at the page that shows
what came of it, and goes on to the next one. Look at every picture before you commit it.

Usage: python -m scripts.take_app_screenshots [APPLICATION …]
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import sync_playwright

from dure.application import find_application, find_story
from dure.chain.genesis.document import EngineKind
from dure.cli.access import connect
from dure.cli.demo.stories import found_story_network, open_office, play_story
from dure.cli.network.processes import RunningNetwork
from scripts.take_screenshots import Shot, open_browser, take

FOLDER: Final = Path(__file__).parent.parent / "docs" / "figures" / "apps"


class Look(NamedTuple):
    """A story, and the page that shows what came of it."""

    application: str
    story: str
    page: str
    width: int = 1200
    height: int = 760


LOOKS: Final = (
    Look("payments", "order_travels_between_two_banks", "orders"),
    Look("securities", "shares_change_hands_at_the_same_instant", "market"),
    Look("securities", "new_shares_are_offered_to_the_public", "offering"),
    Look("trade", "documents_and_title_move_against_payment", "credits"),
    Look("shipment", "reefer_warms_up_and_everybody_knows", "routes", 960, 640),
    Look("energy", "neighbours_sell_to_neighbours", "day"),
    Look("health", "patient_decides_who_reads", "patient"),
    Look("ballot", "ballots_stay_sealed_and_everybody_counts_again", "box"),
)


def main(names: Sequence[str]) -> int:
    """Take the pictures of the applications that were named, or of all; 1 where one is large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    large = False
    with tempfile.TemporaryDirectory(prefix="dure-") as temporary:
        folder = Path(temporary)
        network = found_story_network(folder, EngineKind.PBFT)
        base = network.members[0].url.replace("127.0.0.1", "localhost")
        with (
            RunningNetwork(folder, network),
            connect(folder) as client,
            sync_playwright() as playwright,
        ):
            browser = open_browser(playwright)
            for look in LOOKS:
                if names and look.application not in names:
                    continue
                story = find_story(find_application(look.application), look.story)
                play_story(story, client, open_office(folder), quiet=True)
                for shot in list_shots(look):
                    large |= take(browser, base, shot, folder=FOLDER)
            browser.close()
    return int(large)


def list_shots(look: Look) -> Iterator[Shot]:
    """Return a picture for each language, one of them dark."""
    path = f"/apps/{look.application}/pages/{look.page}"
    name = f"{look.application}-{look.page}"
    size = (look.width, look.height)
    yield Shot(name, path, "en", "light", *size)
    yield Shot(f"{name}-ko", path, "ko", "dark", *size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
