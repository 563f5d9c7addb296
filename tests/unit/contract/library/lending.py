"""Something personal that is lent by consent, for the tests of consents."""

from dure.contract.language import call
from dure.contract.library.consents import Consents


class Lending(Consents):
    """Diaries that their owners let others read."""

    @call
    def lend(self, number: int) -> None:
        """Lend what a consent is about."""
        self.use_consent(number)
