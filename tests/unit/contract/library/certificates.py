"""A register of units that the registrar makes, splits and ends, for tests of what it inherits."""

from dure.contract.language import Address, call, only
from dure.contract.library.holdings import Holdings


class Certificates(Holdings):
    """Units of anything."""

    @call
    @only(role="registrar")
    def start(self, isin: str) -> None:
        """Begin a series."""
        self.begin_series(isin)

    @call
    @only(role="registrar")
    def give(self, isin: str, holder: Address, units: int) -> None:
        """Make units."""
        self.issue_to(isin, holder, units)

    @call
    @only(role="registrar")
    def split(self, isin: str, factor: int) -> None:
        """Make several of each."""
        self.split_all(isin, factor)

    @call
    @only(role="registrar")
    def end(self, isin: str) -> None:
        """End a series."""
        self.redeem_all(isin)
