# mypy: disable-error-code="empty-body"
"""Over the counter: two sides agree on a trade, each confirms it, and it settles at once.

Who proposes puts in what is promised: the units are held back at the depository, or the money waits
here. When the other side confirms, units and money change hands in that very call. A pledge holds
units back for a lender until the lender lets go, or takes them when the claim was not paid.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Event,
    Hash,
    Interface,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    encode,
    init,
    invariant,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.pledges import Pledge, Pledges

OPEN_AT_MOST = days(30)
LAPSE_GAS = 200_000
NOTHING = Amount(0)


class Obstacle(Choice):
    """Why units did not move."""

    NONE = "they moved"
    SELLER = "they may not leave the account of their holder"
    BUYER = "the receiver may not take them"


class Depository(Interface):
    """The depository, as this contract sees it."""

    @view
    def may_hold(self, holder: Address) -> bool: ...

    @call
    def block(self, isin: str, holder: Address, units: int) -> int: ...

    @call
    def unblock(self, isin: str, holder: Address, units: int, scale: int) -> None: ...

    @call
    def deliver(
        self, isin: str, source: Address, target: Address, units: int, scale: int
    ) -> Obstacle: ...


class TradeState(Choice):
    """How far a trade is."""

    PROPOSED = "waits for the other side"
    SETTLED = "units and money have changed hands"
    WITHDRAWN = "its proposer took it back"
    REJECTED = "the other side does not want it"
    LAPSED = "nobody confirmed it in time"


class Trade(Record):
    """What two sides agree on; `scale` is that of units held back, 0 where the buyer proposed."""

    isin: str
    seller: Address
    buyer: Address
    units: int
    price: Amount
    scale: int
    lapse: int
    state: TradeState


class PledgeState(Choice):
    """How far a pledge is."""

    HELD = "the units secure the claim"
    FREED = "the lender let go"
    TAKEN = "the lender took the units"


class UnitPledge(Record):
    """Units that secure a lender's claim, which falls due at `due`."""

    isin: str
    owner: Address
    lender: Address
    units: int
    scale: int
    claim: Amount
    due: Time
    asset: Hash
    state: PledgeState


class TradeProposed(Event):
    """One side has confirmed a trade, and put in what it promises."""

    deal: int
    isin: str
    seller: Address
    buyer: Address
    units: int
    price: Amount


class TradeEnded(Event):
    """A trade was settled, or will not be."""

    deal: int
    state: TradeState


class UnitsPledged(Event):
    """Units secure a lender's claim."""

    pledge: int
    isin: str
    owner: Address
    lender: Address
    units: int
    claim: Amount
    due: Time


class PledgeEnded(Event):
    """Units secure the claim no longer."""

    pledge: int
    state: PledgeState


class Counter(Pledges):
    """Where two sides trade with each other, and pledge to each other."""

    depository: Var[Address]
    money: Var[Asset]
    trades_made: Var[int]
    trades: Map[int, Trade]
    pledges_made: Var[int]
    unit_pledges: Map[int, UnitPledge]
    money_held: Var[Amount]

    @init
    def begin(self, depository: Address, money: Asset) -> None:
        """Begin with the depository whose units are traded, and the money they are paid with."""
        self.depository = depository
        self.money = money

    # Trades

    @call
    def propose_sale(
        self, isin: str, buyer: Address, units: int, price: Amount, until: Time
    ) -> int:
        """Offer units to one buyer for a price for all of them; return the trade's number."""
        scale = Depository(self.depository).block(isin, self.sender, units)
        lapse = self.order_lapse(until)
        return self.propose(
            Trade(isin, self.sender, buyer, units, price, scale, lapse, TradeState.PROPOSED)
        )

    @call(pays="money")
    def propose_purchase(
        self, isin: str, seller: Address, units: int, price: Amount, until: Time
    ) -> int:
        """Offer one seller a price for units, which comes with it; return the trade's number."""
        require(units > 0, "a trade is for at least one unit")
        require(self.paid == price, "the payment is not the price")
        require(Depository(self.depository).may_hold(self.sender), "the buyer is not admitted")
        self.money_held += self.paid
        lapse = self.order_lapse(until)
        return self.propose(
            Trade(isin, seller, self.sender, units, price, 0, lapse, TradeState.PROPOSED)
        )

    @call(pays="money")
    def confirm_purchase(self, number: int) -> None:
        """Confirm as the buyer, with the price: the units are the buyer's at once."""
        trade = self.find_open(number)
        require(self.sender == trade.buyer and trade.scale > 0, "the trade waits for another")
        require(self.paid == trade.price, "the payment is not the price")
        self.settle(number, trade, trade.scale)

    @call
    def confirm_sale(self, number: int) -> None:
        """Confirm as the seller, out of the free units: the money is the seller's at once."""
        trade = self.find_open(number)
        require(self.sender == trade.seller and trade.scale == 0, "the trade waits for another")
        scale = Depository(self.depository).block(trade.isin, self.sender, trade.units)
        self.money_held -= trade.price
        self.settle(number, trade, scale)

    @call
    def withdraw_trade(self, number: int) -> None:
        """Take back a trade that one proposed, before it is confirmed."""
        trade = self.find_open(number)
        require(self.sender == self.proposer(trade), "only its proposer takes a trade back")
        self.undo(number, trade, TradeState.WITHDRAWN)

    @call
    def reject_trade(self, number: int) -> None:
        """Say no to a trade."""
        trade = self.find_open(number)
        other = trade.buyer if trade.scale > 0 else trade.seller
        require(self.sender == other, "only the other side rejects a trade")
        self.undo(number, trade, TradeState.REJECTED)

    # Pledges

    @call
    def pledge_units(self, isin: str, lender: Address, units: int, claim: Amount, due: Time) -> int:
        """Hold units back for a lender's claim, due at that time; return the pledge's number."""
        require(lender != self.sender, "a pledge has two sides")
        require(claim > NOTHING and due > self.now, "a claim is above zero and due in the future")
        require(Depository(self.depository).may_hold(lender), "the lender is not admitted")
        scale = Depository(self.depository).block(isin, self.sender, units)
        number = self.pledges_made + 1
        self.pledges_made = number
        pledge = Pledge(self.sender, sha256(encode(isin, units, number)))
        self.pledge_assets(number, [pledge])
        asset = sha256(encode("asset", pledge.holder, pledge.sealed))
        self.unit_pledges[number] = UnitPledge(
            isin, self.sender, lender, units, scale, claim, due, asset, PledgeState.HELD
        )
        self.emit(UnitsPledged(number, isin, self.sender, lender, units, claim, due))
        return number

    @call(pays="money")
    def repay(self, number: int) -> None:
        """Pay the claim to the lender; the units are free at once."""
        pledge = self.find_held(number)
        require(self.paid == pledge.claim, "the payment is not the claim")
        self.pay(self.money, pledge.lender, pledge.claim)
        self.free(number, pledge)

    @call
    def free_pledge(self, number: int) -> None:
        """Let go of the units, as the lender."""
        pledge = self.find_held(number)
        require(self.sender == pledge.lender, "only the lender lets go")
        self.free(number, pledge)

    @call
    def take_pledged(self, number: int) -> None:
        """Take the units, as the lender, when the claim was not paid until it was due."""
        pledge = self.find_held(number)
        require(self.sender == pledge.lender, "only the lender takes the units")
        require(self.now >= pledge.due, "the claim is not due")
        obstacle = Depository(self.depository).deliver(
            pledge.isin, pledge.owner, pledge.lender, pledge.units, pledge.scale
        )
        require(obstacle == Obstacle.NONE, "the units cannot move")
        self.end_pledge(number, pledge, PledgeState.TAKEN)

    # What the contract does by itself

    @scheduled
    def lapse_trade(self, number: int) -> None:
        """End a trade that nobody confirmed."""
        self.undo(number, self.trades[number], TradeState.LAPSED)

    # What everybody may read

    @view
    def trade(self, number: int) -> Trade:
        """Return a trade."""
        return self.trades[number]

    @view
    def unit_pledge(self, number: int) -> UnitPledge:
        """Return a pledge."""
        return self.unit_pledges[number]

    @invariant
    def all_money_is_there(self) -> bool:
        """The contract holds what buyers put in for trades that wait."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def order_lapse(self, until: Time) -> int:
        is_soon = self.now < until <= self.now + OPEN_AT_MOST
        require(is_soon, "a trade waits for at most thirty days")
        return self.schedule(until, self.lapse_trade, self.trades_made + 1, gas=LAPSE_GAS)

    def propose(self, trade: Trade) -> int:
        require(trade.buyer != trade.seller, "a trade has two sides")
        require(trade.price > NOTHING, "a price is above zero")
        number = self.trades_made + 1
        self.trades_made = number
        self.trades[number] = trade
        self.emit(
            TradeProposed(number, trade.isin, trade.seller, trade.buyer, trade.units, trade.price)
        )
        return number

    def find_open(self, number: int) -> Trade:
        require(number in self.trades, "there is no such trade")
        trade = self.trades[number]
        require(trade.state == TradeState.PROPOSED, "the trade is over")
        return trade

    def proposer(self, trade: Trade) -> Address:
        return trade.seller if trade.scale > 0 else trade.buyer

    def settle(self, number: int, trade: Trade, scale: int) -> None:
        obstacle = Depository(self.depository).deliver(
            trade.isin, trade.seller, trade.buyer, trade.units, scale
        )
        require(obstacle == Obstacle.NONE, "the units cannot move")
        self.pay(self.money, trade.seller, trade.price)
        self.end_trade(number, trade, TradeState.SETTLED)

    def undo(self, number: int, trade: Trade, state: TradeState) -> None:
        if trade.scale > 0:
            depository = Depository(self.depository)
            depository.unblock(trade.isin, trade.seller, trade.units, trade.scale)
        else:
            self.money_held -= trade.price
            self.pay(self.money, trade.buyer, trade.price)
        self.end_trade(number, trade, state)

    def end_trade(self, number: int, trade: Trade, state: TradeState) -> None:
        self.cancel(trade.lapse)
        self.trades[number] = trade.replace(state=state)
        self.emit(TradeEnded(number, state))

    def find_held(self, number: int) -> UnitPledge:
        require(number in self.unit_pledges, "there is no such pledge")
        pledge = self.unit_pledges[number]
        require(pledge.state == PledgeState.HELD, "the pledge is over")
        return pledge

    def free(self, number: int, pledge: UnitPledge) -> None:
        depository = Depository(self.depository)
        depository.unblock(pledge.isin, pledge.owner, pledge.units, pledge.scale)
        self.end_pledge(number, pledge, PledgeState.FREED)

    def end_pledge(self, number: int, pledge: UnitPledge, state: PledgeState) -> None:
        self.free_assets(number, [pledge.asset])
        self.unit_pledges[number] = pledge.replace(state=state)
        self.emit(PledgeEnded(number, state))


"""en:
isin = ISIN
claim = claim of the lender
lapse = scheduled end
due = when the claim is due
money = money of the trades
money_held = money held
trades = trades
until = end of the offer
LAPSE_GAS = computing work set aside for the end of a trade, in gas
OPEN_AT_MOST = longest time that a trade waits
"""

"""ko:
Counter = 장외 거래: 두 쪽이 확인하면 그 자리에서 증권과 대금을 맞바꾼다. 증권을 담보로 묶기도 한다.
depository = 예탁결제원
Depository = 예탁결제원: 이 계약이 보는 예탁결제원.
Obstacle = 인도 장애: 증권이 움직이지 않은 까닭을 뜻한다.
they moved = 인도됨
they may not leave the account of their holder = 보유자의 계좌에서 나갈 수 없음
the receiver may not take them = 받는 사람이 가질 수 없음
holder = 보유자
source = 보내는 사람
target = 받는 사람
isin = 종목 코드(ISIN)
money = 결제 통화
money_held = 맡아 둔 돈
Trade = 장외 거래
trade = 장외 거래: 거래 하나의 내용.
trades = 장외 거래 목록
trades_made = 장외 거래 수
deal = 거래 번호
TradeState = 거래 상태: 거래가 어디까지 왔는지를 뜻한다.
state = 상태
waits for the other side = 상대방 확인 대기
units and money have changed hands = 결제 완료
its proposer took it back = 철회
the other side does not want it = 거절
nobody confirmed it in time = 기한 지남
seller = 매도인
buyer = 매수인
units = 수량
price = 대금
scale = 누적 분할 비율
lapse = 예약된 종료
until = 기한
number = 번호
PledgeState = 담보 상태: 담보가 어디까지 왔는지를 뜻한다.
the units secure the claim = 담보 설정
the lender let go = 담보 해제
the lender took the units = 담보 취득
UnitPledge = 증권 담보
unit_pledge = 증권 담보: 담보 하나의 내용.
unit_pledges = 증권 담보 목록
pledges_made = 담보 수
pledge = 담보
owner = 담보 제공자
lender = 채권자
claim = 채권액
due = 변제 기한
asset = 담보 자산
begin = 시작: 예탁결제원과 결제 통화를 정한다.
propose_sale = 매도 제안: 한 매수인에게 증권을 제안하고 거래 번호를 받는다. 증권은 묶인다.
propose_purchase = 매수 제안: 한 매도인에게 대금을 함께 내어 제안하고 거래 번호를 받는다.
confirm_purchase = 매수 확인: 매수인이 대금과 함께 확인하면 증권이 바로 그의 것이 된다.
confirm_sale = 매도 확인: 매도인이 확인하면 대금이 바로 그의 것이 된다.
withdraw_trade = 제안 철회: 확인되기 전에 자기 제안을 거둔다.
reject_trade = 거절: 제안을 받아들이지 않는다.
pledge_units = 담보 설정: 채권자의 채권을 위하여 증권을 묶고 담보 번호를 받는다.
repay = 변제: 채권자에게 갚는다. 증권은 바로 풀린다.
free_pledge = 담보 해제: 채권자가 증권을 풀어 준다.
take_pledged = 담보 취득: 기한까지 갚지 않으면 채권자가 증권을 가진다.
lapse_trade = 기한 지남: 아무도 확인하지 않은 거래를 끝낸다.
all_money_is_there = 모든 돈이 있음: 기다리는 거래에 낸 돈이 모두 계약에 있다.
TradeProposed = 거래 제안: 한쪽이 확인하고 약속한 것을 맡겼다.
TradeEnded = 거래 종료: 거래가 결제되었거나 이루어지지 않게 되었다.
UnitsPledged = 담보 설정: 증권이 채권자의 채권을 담보한다.
PledgeEnded = 담보 종료: 증권이 더는 담보하지 않는다.
a trade is for at least one unit = 거래는 한 단위 이상이다
the payment is not the price = 낸 돈이 대금과 다르다
the buyer is not admitted = 등록되지 않은 매수인이다
the trade waits for another = 다른 사람의 확인을 기다린다
only its proposer takes a trade back = 제안한 사람만 거둘 수 있다
only the other side rejects a trade = 상대방만 거절할 수 있다
a pledge has two sides = 담보에는 두 쪽이 있다
a claim is above zero and due in the future = 채권액은 0보다 크고 기한은 앞날이다
the lender is not admitted = 등록되지 않은 채권자이다
the payment is not the claim = 낸 돈이 채권액과 다르다
only the lender lets go = 채권자만 풀어 준다
only the lender takes the units = 채권자만 증권을 가진다
the claim is not due = 변제 기한이 되지 않았다
the units cannot move = 증권이 움직일 수 없다
a trade waits for at most thirty days = 거래는 30일까지 기다린다
a trade has two sides = 거래에는 두 쪽이 있다
a price is above zero = 대금은 0보다 커야 한다
there is no such trade = 그런 거래가 없다
the trade is over = 끝난 거래이다
there is no such pledge = 그런 담보가 없다
the pledge is over = 끝난 담보이다
LAPSE_GAS = 거래를 끝내는 데 배정된 연산량(가스)
OPEN_AT_MOST = 거래가 기다리는 최대 시간
proposer = 제안자
unblock = 묶음 풀기
obstacle = 장애 사유
deliver = 인도
block = 묶기
may_hold = 보유 자격
NOTHING = 없음
"""
