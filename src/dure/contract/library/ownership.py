"""One owner, and a handover in two steps.

The successor has to accept, so that no slip of the pen gives the contract to nobody.
"""

from dure.contract.language import Address, Contract, Event, Var, call, init, only, require, view


class OwnershipOffered(Event):
    """The owner named a successor."""

    owner: Address
    successor: Address


class OwnershipHandedOver(Event):
    """The successor accepted."""

    owner: Address


class Ownable(Contract):
    """Somebody owns this contract, and may hand it over to somebody who accepts it."""

    owner: Var[Address]
    successor: Var[Address]

    @init
    def begin_ownership(self) -> None:
        """Who deploys the contract is its first owner."""
        self.owner = self.sender
        self.successor = self.sender

    @call
    @only(party="owner")
    def offer_ownership(self, successor: Address) -> None:
        """Name a successor, in place of any named before; naming oneself withdraws the offer."""
        self.successor = successor
        self.emit(OwnershipOffered(self.owner, successor))

    @call
    @only(party="successor")
    def accept_ownership(self) -> None:
        """Take the contract over."""
        require(self.successor != self.owner, "no handover is on offer")
        self.owner = self.successor
        self.emit(OwnershipHandedOver(self.owner))

    @view
    def current_owner(self) -> Address:
        """Return who owns the contract."""
        return self.owner

    @view
    def named_successor(self) -> Address:
        """Return who may take the contract over; the owner while no handover is on offer."""
        return self.successor
