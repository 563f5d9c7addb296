"""Rent that is paid by itself each month, and vouchers whose issuer keeps a tenth of each move."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Var,
    call,
    days,
    init,
    migrate,
    scheduled,
    transfer_rule,
    view,
)

MONTH = days(30)


class Rent(Contract):
    """The landlord gets the same each month, for as long as there is money."""

    landlord: Var[Address]
    money: Var[Asset]
    rent: Var[Amount]
    months: Var[int]

    @init
    def begin(self, landlord: Address, money: Asset, rent: Amount) -> None:
        """Begin with the first month."""
        self.landlord = landlord
        self.money = money
        self.rent = rent
        self.schedule(self.now + MONTH, self.collect)

    @call(pays="money")
    def fill(self) -> None:
        """Put money aside."""

    @scheduled
    def collect(self) -> None:
        """Pay the rent of a month and plan the next."""
        self.pay(self.money, self.landlord, self.rent)
        self.months += 1
        self.schedule(self.now + MONTH, self.collect)

    @view
    def paid_months(self) -> int:
        """Return how many months were paid."""
        return self.months


class DearerRent(Contract):
    """The same with another rent."""

    landlord: Var[Address]
    money: Var[Asset]
    rent: Var[Amount]
    months: Var[int]

    @migrate
    def raise_rent(self, rent: Amount) -> None:
        """Take the new rent, from the month that runs."""
        self.rent = rent

    @scheduled
    def collect(self) -> None:
        """Pay the rent of a month and plan the next."""
        self.pay(self.money, self.landlord, self.rent)
        self.months += 1
        self.schedule(self.now + MONTH, self.collect)


class Voucher(Contract):
    """Vouchers of which a tenth stays with the issuer whenever they move, as long as it says so."""

    money: Var[Asset]

    @init
    def begin(self, to: Address, amount: Amount) -> None:
        """Make the vouchers."""
        self.money = self.create_asset("VOUCHER", 0)
        self.mint(self.money, to, amount)
        self.set_transfer_rule(self.money, self.keep_a_tenth)

    @transfer_rule
    def keep_a_tenth(self, source: Address, target: Address, amount: Amount) -> Amount:
        """Keep a tenth."""
        return amount // 10

    @view
    def which(self) -> Asset:
        """Return the asset."""
        return self.money
