"""Units of several series, in whose accounts they stand, and who holds them back from leaving.

Each series is an asset of the ledger that this contract alone moves: the ledger refuses every other
transfer. So the list of a series' holders is always the ledger's own truth, and what an order, a
pledge or a court holds back cannot leave.

Rules
-----
1. Only who is admitted receives units; who is struck off keeps what they have.
2. A holder moves what is free: units less what settlement systems hold back for the holder.
3. A settlement system is a contract that the registrar appointed. It holds back, gives back and
   delivers units for holders who called it.
4. Under a court's order units come and do not leave.
5. `deliver` says what stands in the way instead of refusing, so a system can go on with others.
6. A split multiplies what is held back with the rest; systems name the scale at which they held it
   back.
7. A series has at most `HOLDERS_MAX` holders, so that one call walks through all of them.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Currency,
    Event,
    Map,
    Record,
    call,
    only,
    require,
    transfer_rule,
    view,
)

HOLDERS_MAX = 50


class Unit(Currency):
    """What a series consists of."""


class Standing(Choice):
    """Whether a series moves."""

    ACTIVE = "may be moved"
    SUSPENDED = "stands still"
    REDEEMED = "was paid back"


class Obstacle(Choice):
    """Why units did not move."""

    NONE = "they moved"
    SELLER = "they may not leave the account of their holder"
    BUYER = "the receiver may not take them"


class Series(Record):
    """Units that are alike.

    `scale` is into how many units of today one of the beginning was split.
    """

    asset: Asset[Unit]
    standing: Standing
    issued: int
    holders: int
    scale: int


class Holding(Record):
    """A place in the register of holders; `blocked` units wait for a trade or secure a claim."""

    holder: Address
    units: int
    blocked: int
    is_frozen: bool


class StandingChanged(Event):
    """A series moves, stands still, or was paid back."""

    isin: str
    standing: Standing


class HolderAdmitted(Event):
    """Somebody may hold units."""

    holder: Address


class HolderExcluded(Event):
    """Somebody may not receive units any longer; what they hold stays theirs."""

    holder: Address


class SystemAppointed(Event):
    """A contract may hold back and deliver units for their holders."""

    system: Address


class SystemDismissed(Event):
    """A contract may not move units any longer."""

    system: Address


class UnitsIssued(Event):
    """Units came into being in somebody's account."""

    isin: str
    holder: Address
    units: int


class UnitsMoved(Event):
    """Units changed hands; the balances are those afterwards."""

    isin: str
    source: Address
    target: Address
    units: int
    source_after: int
    target_after: int


class UnitsSplit(Event):
    """Each unit became so many."""

    isin: str
    factor: int


class UnitsRedeemed(Event):
    """A holder's units were paid back and are no more."""

    isin: str
    holder: Address
    units: int


class HoldingFrozen(Event):
    """A court ordered that a holder's units do not leave."""

    isin: str
    holder: Address
    order: str


class HoldingReleased(Event):
    """A court lifted its order."""

    isin: str
    holder: Address
    order: str


class Holdings(Contract):
    """Keeps the holders of every series."""

    series: Map[str, Series]
    admitted: Map[Address, bool]
    systems: Map[Address, bool]
    register_places: Map[str, Map[int, Address]]
    place_of: Map[str, Map[Address, int]]
    blocked: Map[str, Map[Address, int]]
    court_orders: Map[str, Map[Address, str]]

    @transfer_rule
    def move_here_only(
        self, source: Address, target: Address, amount: Amount[Unit]
    ) -> Amount[Unit]:
        """Refuse every transfer that this contract does not make itself."""
        require(False, "units move through their register")
        return Unit.of(0)

    # The registrar

    @call
    @only(role="registrar")
    def admit(self, holder: Address) -> None:
        """Let somebody hold units."""
        require(holder not in self.admitted, "the holder is admitted already")
        self.admitted[holder] = True
        self.emit(HolderAdmitted(holder))

    @call
    @only(role="registrar")
    def strike(self, holder: Address) -> None:
        """Let somebody receive units no longer."""
        require(holder in self.admitted, "the holder is not admitted")
        self.admitted.remove(holder)
        self.emit(HolderExcluded(holder))

    @call
    @only(role="registrar")
    def appoint(self, system: Address) -> None:
        """Let a contract hold back and deliver units for those who call it."""
        self.systems[system] = True
        self.emit(SystemAppointed(system))

    @call
    @only(role="registrar")
    def dismiss(self, system: Address) -> None:
        """Let a contract move units no longer."""
        require(system in self.systems, "the system is not appointed")
        self.systems.remove(system)
        self.emit(SystemDismissed(system))

    # The court

    @call
    @only(role="court")
    def freeze_holding(self, isin: str, holder: Address, order: str) -> None:
        """Keep a holder's units from leaving, by the order of this number."""
        require(isin in self.series, "the ISIN is not registered")
        require(0 < len(order) <= 64, "an order has a number of 1 to 64 characters")
        require(holder not in self.court_orders[isin], "the holding is frozen already")
        self.court_orders[isin][holder] = order
        self.emit(HoldingFrozen(isin, holder, order))

    @call
    @only(role="court")
    def release_holding(self, isin: str, holder: Address) -> None:
        """Lift the order over a holder's units."""
        require(holder in self.court_orders[isin], "the holding is not frozen")
        order = self.court_orders[isin][holder]
        self.court_orders[isin].remove(holder)
        self.emit(HoldingReleased(isin, holder, order))

    # Holders

    @call
    def transfer(self, isin: str, to: Address, units: int) -> None:
        """Give units away, free of payment."""
        require(units > 0, "at least one unit moves")
        require(units <= self.free_units(isin, self.sender), "not so many free units")
        obstacle = self.find_obstacle(isin, self.sender, to)
        require(obstacle != Obstacle.SELLER, "the units may not leave")
        require(obstacle == Obstacle.NONE, "the receiver may not hold them")
        self.carry(isin, self.sender, to, units)

    # Settlement systems

    @call
    def block(self, isin: str, holder: Address, units: int) -> int:
        """Hold back units of a holder who called the system; return the scale of now."""
        require(self.sender in self.systems, "only a settlement system holds units back")
        require(units > 0, "at least one unit is held back")
        require(units <= self.free_units(isin, holder), "not so many free units")
        require(self.can_leave(isin, holder), "the units may not leave")
        self.blocked[isin][holder] = self.blocked[isin].get(holder, 0) + units
        return self.series[isin].scale

    @call
    def unblock(self, isin: str, holder: Address, units: int, scale: int) -> None:
        """Give back what was held back at a scale; what was redeemed meanwhile is no more."""
        require(self.sender in self.systems, "only a settlement system gives units back")
        self.loosen(isin, holder, self.at_scale(isin, units, scale))

    @call
    def deliver(
        self, isin: str, source: Address, target: Address, units: int, scale: int
    ) -> Obstacle:
        """Move what was held back, or say what stands in the way and move nothing."""
        require(self.sender in self.systems, "only a settlement system delivers units")
        obstacle = self.find_obstacle(isin, source, target)
        if obstacle == Obstacle.NONE:
            number = self.at_scale(isin, units, scale)
            self.loosen(isin, source, number)
            self.carry(isin, source, target, number)
        return obstacle

    # What everybody may read

    @view
    def series_of(self, isin: str) -> Series:
        """Return how a series stands."""
        return self.series[isin]

    @view
    def holdings(self, isin: str) -> list[Holding]:
        """Return the register of a series' holders."""
        found: list[Holding] = []
        for place in range(self.series[isin].holders):
            found.append(self.holding(isin, self.register_places[isin][place]))
        return found

    @view
    def holding(self, isin: str, holder: Address) -> Holding:
        """Return what one holder has."""
        is_frozen = holder in self.court_orders[isin]
        held_back = self.blocked[isin].get(holder, 0)
        return Holding(holder, self.units_of(isin, holder), held_back, is_frozen)

    @view
    def may_hold(self, holder: Address) -> bool:
        """Say whether somebody may receive units."""
        return holder in self.admitted

    # Shared parts

    def begin_series(self, isin: str) -> None:
        asset: Asset[Unit] = self.create_asset(isin, 0)
        self.set_transfer_rule(asset, self.move_here_only)
        self.series[isin] = Series(asset, Standing.ACTIVE, 0, 0, 1)

    def set_standing(self, isin: str, standing: Standing) -> None:
        self.series[isin] = self.series[isin].replace(standing=standing)
        self.emit(StandingChanged(isin, standing))

    def issue_to(self, isin: str, holder: Address, units: int) -> None:
        require(self.series[isin].standing == Standing.ACTIVE, "the series does not move")
        self.enter(isin, holder)
        series = self.series[isin]
        self.series[isin] = series.replace(issued=series.issued + units)
        self.mint(series.asset, holder, Unit.of(units))
        self.emit(UnitsIssued(isin, holder, units))

    def split_all(self, isin: str, factor: int) -> None:
        series = self.series[isin]
        for place in range(series.holders):
            holder = self.register_places[isin][place]
            units = self.units_of(isin, holder)
            self.mint(series.asset, holder, Unit.of(units * (factor - 1)))
            if holder in self.blocked[isin]:
                self.blocked[isin][holder] = self.blocked[isin][holder] * factor
        self.series[isin] = series.replace(
            issued=series.issued * factor, scale=series.scale * factor
        )
        self.emit(UnitsSplit(isin, factor))

    def redeem_all(self, isin: str) -> None:
        series = self.series[isin]
        for place in range(series.holders):
            holder = self.register_places[isin][place]
            units = self.units_of(isin, holder)
            self.burn(series.asset, holder, Unit.of(units))
            self.blocked[isin].remove(holder)
            self.place_of[isin].remove(holder)
            self.emit(UnitsRedeemed(isin, holder, units))
        self.series[isin] = series.replace(issued=0, holders=0)
        self.set_standing(isin, Standing.REDEEMED)

    def units_of(self, isin: str, holder: Address) -> int:
        return self.holding_of(self.series[isin].asset, holder) // Unit.of(1)

    def free_units(self, isin: str, holder: Address) -> int:
        return self.units_of(isin, holder) - self.blocked[isin].get(holder, 0)

    def can_leave(self, isin: str, holder: Address) -> bool:
        is_active = self.series[isin].standing == Standing.ACTIVE
        return is_active and holder not in self.court_orders[isin]

    def find_obstacle(self, isin: str, source: Address, target: Address) -> Obstacle:
        if not self.can_leave(isin, source):
            return Obstacle.SELLER
        has_room = self.series[isin].holders < HOLDERS_MAX or target in self.place_of[isin]
        return Obstacle.NONE if target in self.admitted and has_room else Obstacle.BUYER

    def at_scale(self, isin: str, units: int, scale: int) -> int:
        return units * self.series[isin].scale // scale

    def loosen(self, isin: str, holder: Address, units: int) -> None:
        held_back = self.blocked[isin].get(holder, 0)
        if held_back > units:
            self.blocked[isin][holder] = held_back - units
        else:
            self.blocked[isin].remove(holder)

    def carry(self, isin: str, source: Address, target: Address, units: int) -> None:
        self.enter(isin, target)
        self.move(self.series[isin].asset, source, target, Unit.of(units))
        source_after = self.units_of(isin, source)
        if source_after == 0:
            self.leave(isin, source)
        target_after = self.units_of(isin, target)
        self.emit(UnitsMoved(isin, source, target, units, source_after, target_after))

    def enter(self, isin: str, holder: Address) -> None:
        series = self.series[isin]
        if holder not in self.place_of[isin]:
            require(series.holders < HOLDERS_MAX, "the register of holders is full")
            self.register_places[isin][series.holders] = holder
            self.place_of[isin][holder] = series.holders
            self.series[isin] = series.replace(holders=series.holders + 1)

    def leave(self, isin: str, holder: Address) -> None:
        series = self.series[isin]
        place = self.place_of[isin][holder]
        last = self.register_places[isin][series.holders - 1]
        self.register_places[isin][place] = last
        self.place_of[isin][last] = place
        self.place_of[isin].remove(holder)
        self.series[isin] = series.replace(holders=series.holders - 1)


"""en:
isin = ISIN
to = receiver
scale = scale of splits
register_places = register of holders
"""

"""ko:
Holdings = 계좌부: 종목마다 누가 몇 단위를 가졌는지 적는다. 단위는 이 계약 안에서만 움직인다.
registrar = 등록 담당자
court = 법원
Unit = 단위 증권
isin = 종목 코드(ISIN)
Standing = 종목의 상태: 종목이 움직일 수 있는지를 뜻한다.
standing = 종목의 상태
may be moved = 이전할 수 있음
stands still = 이전 정지
was paid back = 상환됨
Obstacle = 인도 장애: 단위가 움직이지 않은 까닭을 뜻한다.
they moved = 인도됨
they may not leave the account of their holder = 보유자의 계좌에서 나갈 수 없음
the receiver may not take them = 받는 사람이 가질 수 없음
Series = 종목 현황
series = 종목
asset = 원장 자산
issued = 발행 수량
holders = 보유자 수
scale = 누적 분할 비율
Holding = 보유 내역
holder = 보유자
units = 수량
blocked = 묶인 수량
is_frozen = 동결 여부
system = 결제 시스템
systems = 결제 시스템 목록
admitted = 등록된 보유자
register_places = 보유자 명부
place_of = 명부의 자리
court_orders = 법원 명령
order = 명령 번호
source = 보내는 사람
target = 받는 사람
to = 받는 사람
source_after = 보낸 사람의 남은 수량
target_after = 받은 사람의 수량
factor = 분할 배수
amount = 수량
move_here_only = 이전 심사: 이 계약이 하지 않는 이전은 모두 거절한다.
admit = 보유자 등록: 증권을 가질 수 있게 한다.
strike = 등록 말소: 더는 증권을 받지 못하게 한다.
appoint = 결제 시스템 지정: 계약이 이용자를 위하여 증권을 묶고 인도할 수 있게 한다.
dismiss = 결제 시스템 해임: 계약이 더는 증권을 움직이지 못하게 한다.
freeze_holding = 동결: 이 번호의 명령으로 보유자의 증권이 나가지 못하게 한다.
release_holding = 동결 해제: 보유자의 증권에 대한 명령을 거둔다.
transfer = 무상 이전: 대금 없이 증권을 넘긴다.
block = 묶기: 시스템을 이용하는 보유자의 증권을 묶고 지금의 누적 분할 비율을 돌려준다.
unblock = 풀기: 묶은 증권을 돌려준다. 그사이 상환된 것은 없다.
deliver = 인도: 묶은 증권을 옮긴다. 옮길 수 없으면 까닭을 말하고 아무것도 옮기지 않는다.
series_of = 종목 현황: 종목이 어떤 상태인지.
holdings = 보유자 명부: 종목의 모든 보유자.
holding = 보유 내역: 보유자 한 사람의 것.
may_hold = 보유 자격: 증권을 받을 수 있는지.
StandingChanged = 종목 상태 변경: 종목이 움직이거나, 멈추거나, 상환되었다.
HolderAdmitted = 보유자 등록: 증권을 가질 수 있게 되었다.
HolderExcluded = 등록 말소: 더는 증권을 받을 수 없다. 가진 것은 그대로이다.
SystemAppointed = 결제 시스템 지정: 계약이 보유자를 위하여 증권을 묶고 인도할 수 있다.
SystemDismissed = 결제 시스템 해임: 계약이 더는 증권을 움직일 수 없다.
UnitsIssued = 발행: 어떤 사람의 계좌에 증권이 생겼다.
UnitsMoved = 이전: 증권의 주인이 바뀌었다. 잔고는 이전 뒤의 것이다.
UnitsSplit = 분할: 한 단위가 여러 단위가 되었다.
UnitsRedeemed = 상환 소멸: 보유자의 증권이 상환되어 없어졌다.
HoldingFrozen = 동결: 법원이 보유자의 증권이 나가지 못하게 하였다.
HoldingReleased = 동결 해제: 법원이 명령을 거두었다.
units move through their register = 증권은 계좌부를 거쳐서만 움직인다
the holder is admitted already = 이미 등록된 보유자이다
the holder is not admitted = 등록되지 않은 보유자이다
the system is not appointed = 지정되지 않은 시스템이다
the ISIN is not registered = 등록되지 않은 종목이다
an order has a number of 1 to 64 characters = 명령 번호는 1자에서 64자까지이다
the holding is frozen already = 이미 동결되어 있다
the holding is not frozen = 동결되어 있지 않다
at least one unit moves = 한 단위 이상을 옮겨야 한다
not so many free units = 자유로운 수량이 그만큼 없다
the units may not leave = 증권이 나갈 수 없다
the receiver may not hold them = 받는 사람이 가질 수 없다
only a settlement system holds units back = 결제 시스템만 증권을 묶는다
at least one unit is held back = 한 단위 이상을 묶어야 한다
only a settlement system gives units back = 결제 시스템만 증권을 푼다
only a settlement system delivers units = 결제 시스템만 증권을 인도한다
the series does not move = 움직이지 않는 종목이다
the register of holders is full = 보유자 명부가 가득 찼다
HOLDERS_MAX = 한 종목의 최대 보유자 수
place = 명부의 자리
free_units = 자유로운 수량
find_obstacle = 장애 사유
can_leave = 나갈 수 있는지
at_scale = 분할 뒤의 수량
"""
