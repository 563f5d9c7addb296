"""Every page of the console: a module for an area, a line for each here."""

from typing import Final

from dure.console.pages import (
    applications,
    chain,
    contracts,
    pieces,
    proof,
    reports,
    settings,
    stories,
    wallet,
)
from dure.console.site import Page

PAGES: Final[tuple[Page, ...]] = (
    *chain.PAGES,
    *contracts.PAGES,
    *applications.PAGES,
    *stories.PAGES,
    *reports.PAGES,
    *pieces.PAGES,
    *wallet.PAGES,
    *proof.PAGES,
    *settings.PAGES,
)
