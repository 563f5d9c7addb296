"""Contracts: what each says in plain words, forms to ask and call it, events, versions, source."""

from typing import Final

from dure.console.pages.contracts import code, contract, listing, use
from dure.console.site import Page

PAGES: Final[tuple[Page, ...]] = (*listing.PAGES, *contract.PAGES, *use.PAGES, *code.PAGES)
