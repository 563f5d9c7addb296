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


"""ko:
Ownable = 소유: 이 계약에는 소유자가 있으며, 받아들이는 사람에게 넘길 수 있다.
owner = 소유자
successor = 후임자
begin_ownership = 소유의 시작: 계약을 체인에 올린 사람이 첫 소유자이다.
offer_ownership = 소유 이전 제안: 먼저 정한 후임자 대신 새 후임자를 정한다. 자기를 정하면 제안을
    거두어들인다.
accept_ownership = 소유 인수: 계약을 넘겨받는다.
current_owner = 현재 소유자: 누가 계약을 소유하는지.
named_successor = 정해진 후임자: 누가 계약을 넘겨받을 수 있는지. 제안이 없으면 소유자이다.
OwnershipOffered = 소유 이전 제안: 소유자가 후임자를 정하였다.
OwnershipHandedOver = 소유 이전: 후임자가 받아들였다.
no handover is on offer = 이전 제안이 없다
"""
