"""What goes on in the chain: the overview and everything that it leads to."""

from typing import Final

from dure.console.pages.chain import (
    accounts,
    blocks,
    governance,
    members,
    node,
    overview,
    searching,
    transactions,
    validators,
    waiting,
)
from dure.console.site import Page

PAGES: Final[tuple[Page, ...]] = (
    *overview.PAGES,
    *blocks.PAGES,
    *transactions.PAGES,
    *waiting.PAGES,
    *accounts.PAGES,
    *searching.PAGES,
    *validators.PAGES,
    *governance.PAGES,
    *members.PAGES,
    *node.PAGES,
)
