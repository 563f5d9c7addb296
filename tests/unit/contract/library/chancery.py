"""A contract over the parts of the library that have no calls of their own."""

from dure.contract.language import Address, Hash, call
from dure.contract.library.cases import Cases
from dure.contract.library.obligations import Obligations, ObligationTerms
from dure.contract.library.pledges import Pledge, Pledges
from dure.contract.library.versions import Versions


class Chancery(Cases, Obligations, Pledges, Versions):
    """Writes down whatever it is told, by whoever tells it."""

    @call
    def admit(self, member: Address) -> None:
        """Let a member take part."""
        self.add_member(member)

    @call
    def dismiss(self, member: Address) -> None:
        """End a membership."""
        self.remove_member(member)

    @call
    def pledge(self, group: int, pledges: list[Pledge]) -> None:
        """Pledge assets."""
        self.pledge_assets(group, pledges)

    @call
    def free(self, group: int, assets: list[Hash]) -> None:
        """Free assets."""
        self.free_assets(group, assets)

    @call
    def write(self, group: int, number: int, before: Hash, document: Hash) -> Hash:
        """Keep a version; return its digest."""
        return self.add_version(group, number, before, document)

    @call
    def owe(self, group: int, terms: ObligationTerms) -> Hash:
        """Begin an obligation of a group; return its number."""
        self.audited[group] = True
        return self.begin_obligation(group, terms)

    @call
    def decide(self, number: Hash, is_performed: bool) -> None:
        """Decide a dispute."""
        self.settle_dispute(number, is_performed, number)

    @call
    def hurry(self, number: Hash, breached: Hash) -> None:
        """Have an obligation fall due after a breach of another."""
        self.bring_forward(number, self.live_obligation(breached))
