"""A token under supervision: registered holders only, a fee on transfers, and a pause.

The ledger asks `check_transfer` before every transfer of the money, whoever makes it, contracts
included. What this contract moves itself, it asks the same of.
"""

from dure.contract.language import (
    Address,
    Amount,
    Decimal,
    Event,
    Map,
    Rounding,
    Var,
    call,
    init,
    only,
    require,
    transfer_rule,
    view,
)
from dure.contract.library.allowances import Allowances
from dure.contract.library.issuance import Issuance
from dure.contract.library.pausable import Pausable


class TransferFee(Decimal):
    """A share of what is transferred, in ten-thousandths; the fee is rounded down."""

    places = 4
    rounding = Rounding.DOWN


class HolderRegistered(Event):
    """Somebody may hold the money from now on."""

    holder: Address


class HolderStruck(Event):
    """Somebody may neither send nor receive the money any longer."""

    holder: Address


class FeeSet(Event):
    """Transfers cost this share from now on, up to a most."""

    share: TransferFee
    most: Amount


class FeesCollected(Event):
    """The collector got the fees."""

    collector: Address
    amount: Amount


class RegulatedToken(Issuance, Allowances, Pausable):
    """Money that only registered holders send and receive, less a fee for the collector."""

    fee_share: Var[TransferFee]
    fee_most: Var[Amount]
    collector: Var[Address]
    registered: Map[Address, bool]

    @init
    def open(
        self, code: str, decimals: int, collector: Address, share: TransferFee, most: Amount
    ) -> None:
        """Found the token, and name who collects the fees and how high they are."""
        self.found(code, decimals)
        self.collector = collector
        self.apply_fee(share, most)
        self.set_transfer_rule(self.money, self.check_transfer)

    # The rule of every transfer

    @transfer_rule
    def check_transfer(self, source: Address, target: Address, amount: Amount) -> Amount:
        """Let registered holders transfer while there is no pause; the fee stays here."""
        self.require_running()
        require(source in self.registered, "the sender is not a registered holder")
        require(target in self.registered, "the receiver is not a registered holder")
        return self.fee_of(amount)

    # The registrar

    @call
    @only(role="registrar")
    def register(self, holder: Address) -> None:
        """Let somebody hold the money; a contract that is to hold it is registered too."""
        require(holder not in self.registered, "the holder is registered already")
        self.registered[holder] = True
        self.emit(HolderRegistered(holder))

    @call
    @only(role="registrar")
    def strike(self, holder: Address) -> None:
        """Let somebody hold the money no longer; what they have stays theirs and stays there."""
        require(holder in self.registered, "the holder is not registered")
        self.registered.remove(holder)
        self.emit(HolderStruck(holder))

    # The issuer

    @call
    @only(role="issuer")
    def issue(self, to: Address, amount: Amount) -> None:
        """Create money for a registered holder."""
        self.require_running()
        require(to in self.registered, "the receiver is not a registered holder")
        self.create(to, amount)

    @call
    @only(role="issuer")
    def set_fee(self, share: TransferFee, most: Amount) -> None:
        """Set the fee of the transfers from now on."""
        self.apply_fee(share, most)

    # The holders

    @call
    def transfer_from(self, holder: Address, to: Address, amount: Amount) -> None:
        """Move money in a holder's place, who has allowed it; the fee is taken out of it."""
        self.use_allowance(holder, amount)
        fee = self.check_transfer(holder, to, amount)
        self.move(self.money, holder, to, amount - fee)
        self.move(self.money, holder, self.address, fee)

    # The collector

    @call
    @only(party="collector")
    def collect_fees(self) -> None:
        """Take all fees; the collector needs no registration."""
        amount = self.balance_of(self.money)
        require(amount > Amount(0), "there are no fees to collect")
        self.move(self.money, self.address, self.collector, amount)
        self.emit(FeesCollected(self.collector, amount))

    # What everybody may read

    @view
    def is_registered(self, holder: Address) -> bool:
        """Say whether somebody may hold the money."""
        return holder in self.registered

    @view
    def fee_of(self, amount: Amount) -> Amount:
        """Return the fee of a transfer of so much."""
        return min(amount * self.fee_share, self.fee_most)

    # Shared parts

    def apply_fee(self, share: TransferFee, most: Amount) -> None:
        require(TransferFee("0") <= share, "a fee is not below zero")
        require(share <= TransferFee("0.1"), "a fee is at most a tenth")
        self.fee_share = share
        self.fee_most = most
        self.emit(FeeSet(share, most))
