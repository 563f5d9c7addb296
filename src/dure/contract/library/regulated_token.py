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


"""en:
to = receiver
registered = register of holders
fee_share = rate of the fee
fee_most = highest fee
share = rate of the fee
most = highest fee
"""

"""ko:
RegulatedToken = 규제 토큰: 등록된 보유자만 주고받는 돈이다. 이체할 때마다 징수인에게 줄 수수료를
    뺀다.
registrar = 등록 담당자
issuer = 발행인
collector = 수수료 징수인
holder = 보유자
registered = 보유자 명부
share = 수수료율
most = 수수료 상한
fee_share = 수수료율
fee_most = 수수료 상한
source = 보내는 사람
target = 받는 사람
open = 시작: 돈을 만들고 수수료 징수인과 수수료를 정한다.
check_transfer = 이체 심사: 정지 중이 아니면 등록된 보유자의 이체를 허용한다. 수수료는 계약에
    남는다.
register = 보유자 등록: 어떤 사람이 이 돈을 가질 수 있게 한다. 이 돈을 가질 계약도 등록한다.
strike = 등록 말소: 더는 이 돈을 주고받지 못하게 한다. 가진 돈은 그의 것으로 남아 그대로 있다.
issue = 발행: 등록된 보유자에게 돈을 발행한다.
set_fee = 수수료 변경: 앞으로의 이체에 붙는 수수료를 정한다.
transfer_from = 대신 이체: 위임한 보유자 대신 그의 돈을 옮긴다. 수수료는 그 돈에서 뺀다.
collect_fees = 수수료 수령: 쌓인 수수료를 모두 받는다. 징수인은 등록하지 않아도 된다.
is_registered = 등록 여부: 어떤 사람이 이 돈을 가질 수 있는지.
fee_of = 수수료: 그만큼 이체할 때의 수수료.
HolderRegistered = 보유자 등록: 이때부터 이 돈을 가질 수 있다.
HolderStruck = 등록 말소: 더는 이 돈을 주고받을 수 없다.
FeeSet = 수수료 변경: 이때부터 이체에 이 비율의 수수료가 상한까지 붙는다.
FeesCollected = 수수료 수령: 징수인이 수수료를 받았다.
the sender is not a registered holder = 보내는 사람이 등록된 보유자가 아니다
the receiver is not a registered holder = 받는 사람이 등록된 보유자가 아니다
the holder is registered already = 이미 등록된 보유자이다
the holder is not registered = 등록되지 않은 보유자이다
there are no fees to collect = 받을 수수료가 없다
a fee is not below zero = 수수료율은 0 이상이어야 한다
a fee is at most a tenth = 수수료율은 10분의 1까지이다
"""
