"""A running network with something of everything on it, hostile words in every field among it.

Four organisations, a story of the flight cover, a contract that says hostile things, an account
with hostile names, a proposal with a hostile reason. `values` has for every parameter of a page's
path what a test may put in its place.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dure.application.reports import write_report
from dure.apps.flight_delay.stories import late_flight_pays_by_itself
from dure.chain.genesis.document import EngineKind
from dure.cli.access import load_authority
from dure.cli.demo.stories import found_story_network, open_office
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.node.configuration import REPORTS
from dure.sdk import Client
from dure.testing import LiveStage, World
from tests.e2e.browser.hostile import HOSTILE, TURNED, Values
from tests.e2e.processes import Town, wait_until

BOOK: Final = '''"""{text}"""

from dure.contract.language import Address, Contract, Event, Map, Var, call, require, view


class Written(Event):
    """{text}"""

    author: Address
    text: str


class Guestbook(Contract):
    """{text}"""

    count: Var[int]
    lines: Map[int, str]

    @call
    def write(self, text: str) -> int:
        """{text}"""
        require(text != "", "{inner}")
        self.lines[self.count] = text
        self.count += 1
        self.emit(Written(author=self.sender, text=text))
        return self.count

    @view
    def line(self, number: int) -> str:
        """{text}"""
        return self.lines[number]
'''
"""The guestbook of the unit tests, by an author who means harm."""


REPORT: Final[dict[str, Any]] = {
    "policies": HOSTILE,
    HOSTILE: TURNED,
    "payouts": {HOSTILE: 2, TURNED: 3},
    "expected_payouts": {HOSTILE: 2, TURNED: 4},
    "money_conserved": True,
    "proof_verified": False,
}
"""What a demo by an author who means harm left behind."""


@dataclass(frozen=True)
class Village:
    """The network, and what stands on its chain."""

    town: Town
    base: str
    """Of the first member's node, by the name under which passkeys work."""
    values: Values
    """By the name of a parameter in a page's path; nothing where the chain has no such thing."""

    def fill(self, path: str) -> list[str]:
        """Return the paths that a page's path stands for; fail where a parameter has no value."""
        return fill_path(path, self.values)


def fill_path(path: str, values: Values) -> list[str]:
    """Return the paths that a page's path stands for; fail where a parameter has no value."""
    paths = [path]
    for name in re.findall(r"{(\w+)(?::\w+)?}", path):
        assert name in values, f"{path}: give the village a value for {name}"
        pattern = rf"{{{name}(?::\w+)?}}"
        paths = [re.sub(pattern, value, each) for each in paths for value in values[name]]
    return paths


@contextmanager
def run_village(folder: Path) -> Iterator[Village]:
    """Found the network, put everything on its chain, and serve it until the end."""
    found_story_network(folder, EngineKind.PBFT)
    town = Town(folder)
    try:
        town.start()
        with town.connect() as client:
            values = _settle(town, client)
        yield Village(town, _get_base(town), values)
    finally:
        town.close()


def _get_base(town: Town) -> str:
    return town.get_url(town.names[0]).replace("127.0.0.1", "localhost")


def _settle(town: Town, client: Client) -> Values:
    """Put something of everything on the chain; return what tests may ask for."""
    late_flight_pays_by_itself(World(LiveStage(client, open_office(town.folder))))
    member = town.get_account(town.names[0])
    source = BOOK.format(text=HOSTILE.replace('"', "'"), inner=HOSTILE.replace('"', "'"))
    book = client.deploy(
        bundle(source, "Guestbook"), by=load_authority(town.folder), owner=member.address
    )
    written = book.write(TURNED, by=member)
    height = client.get_status().height
    wait_until(lambda: client.list_events(contract=book.address), "the index has the line")
    town.wait_level()
    write_report(town.folder / town.names[0] / REPORTS, "flight-delay", REPORT)
    return {
        "height": ("0", str(height)),
        "id": (written.receipt.transaction_id.hex(),),
        "address": (encode_address(book.address),),
        "slug": ("flight-delay",),
        "page": ("flights",),
        "table": ("policies",),
        "story": (late_flight_pays_by_itself.__name__,),
        "step": ("1",),
        "method": ("write",),
        "name": (town.names[0],),
        # Nobody can propose on a chain that one shared account governs.
        "number": (),
    }
