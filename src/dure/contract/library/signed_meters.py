"""Meters that sign what they counted in a quarter-hour, each of one house on one feeder.

A contract that inherits it has a call that hands a reading to `self.note_reading`. A meter that was
stolen is withdrawn, and its key is never taken again.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    List,
    Map,
    Record,
    Time,
    Var,
    call,
    encode,
    init,
    minutes,
    only,
    require,
    verify_ed25519,
)

METERED_QUARTER = minutes(15)
METERED_HOUSES_MAX = 32
FEEDERS_MAX = 8
METERED_ENERGY_MAX = 100_000


class MeteredHouse(Record):
    """A household: the feeder that it hangs on, counted from 0, and its meter's key."""

    feeder: int
    meter: bytes
    is_metered: bool


class MeterReading(Record):
    """What a meter counted in a quarter-hour, in watt-hours."""

    consumed: int
    produced: int


class HouseAdmitted(Event):
    """A house takes part, on a feeder."""

    house: Address
    feeder: int


class MeterRegistered(Event):
    """Readings of a house are signed by this key from now on."""

    house: Address
    meter: bytes


class MeterWithdrawn(Event):
    """A meter was stolen or taken down: its signature counts no longer, and never again."""

    house: Address
    meter: bytes


class MeterRead(Event):
    """A meter's signed reading was accepted."""

    slot: int
    house: Address
    consumed: int
    produced: int


class SignedMeters(Contract):
    """Houses, their meters, and the readings that these signed."""

    operator: Var[Address]
    feeders: Var[int]
    houses: List[Address] = List(limit=METERED_HOUSES_MAX)
    house_of: Map[Address, MeteredHouse]
    meters_used: Map[bytes, bool]
    readings: Map[int, Map[Address, MeterReading]]

    @init
    def open_meters(self, operator: Address, feeders: int) -> None:
        """Begin with an operator of the grid, and a number of feeders."""
        require(0 < feeders <= FEEDERS_MAX, "1 to 8 feeders")
        self.operator = operator
        self.feeders = feeders

    @call
    @only(party="operator")
    def admit(self, house: Address, feeder: int) -> None:
        """Let a house take part, on a feeder that is counted from 0."""
        require(0 <= feeder < self.feeders, "there is no such feeder")
        require(house not in self.house_of, "that house takes part already")
        require(house != self.operator, "the operator is no house")
        self.houses.append(house)
        self.house_of[house] = MeteredHouse(feeder, b"", False)
        self.emit(HouseAdmitted(house, feeder))

    @call
    @only(party="operator")
    def register_meter(self, house: Address, meter: bytes) -> None:
        """Take readings of a house under this Ed25519 key; another meter is withdrawn first."""
        known = self.house_of[house]
        require(not known.is_metered, "withdraw the other meter first")
        require(len(meter) == 32, "a meter's key has 32 bytes")
        require(meter not in self.meters_used, "that key was registered before")
        self.meters_used[meter] = True
        self.house_of[house] = known.replace(meter=meter, is_metered=True)
        self.emit(MeterRegistered(house, meter))

    @call
    def withdraw_meter(self, house: Address) -> None:
        """Say that a meter was stolen or taken down; the operator or the house itself."""
        known = self.house_of[house]
        is_entitled = self.sender in [house, self.operator]
        require(is_entitled, "only the house or the operator")
        require(known.is_metered, "there is no meter")
        self.house_of[house] = known.replace(is_metered=False)
        self.emit(MeterWithdrawn(house, known.meter))

    # For contracts that inherit

    def begins(self, slot: int) -> Time:
        require(0 < slot < 10_000_000, "there is no such quarter-hour")
        return Time(0) + METERED_QUARTER * slot

    def note_reading(self, house: Address, slot: int, reading: MeterReading, seal: bytes) -> None:
        known = self.house_of[house]
        consumed = reading.consumed
        produced = reading.produced
        require(known.is_metered, "there is no meter")
        fits = 0 <= consumed <= METERED_ENERGY_MAX and 0 <= produced <= METERED_ENERGY_MAX
        require(fits, "a reading has 0 to 100000 watt-hours")
        ends = self.begins(slot + 1)
        require(ends <= self.now, "the quarter-hour has not ended")
        require(self.now < ends + METERED_QUARTER, "the quarter-hour is settled")
        require(house not in self.readings[slot], "there is a reading already")
        message = encode("energy reading", self.address, slot, consumed, produced)
        require(verify_ed25519(known.meter, message, seal), "the meter did not sign this")
        self.readings[slot][house] = reading
        self.emit(MeterRead(slot, house, consumed, produced))


"""ko:
SignedMeters = 서명하는 계량기: 가구와 그 계량기, 그리고 계량기가 서명한 값이다.
METERED_QUARTER = 계량 구간의 길이
METERED_HOUSES_MAX = 최대 가구 수
FEEDERS_MAX = 최대 배전선 수
METERED_ENERGY_MAX = 한 구간의 최대 전력량
MeteredHouse = 가구: 배전선과 계량기의 공개 열쇠.
feeder = 배전선
feeders = 배전선 수
meter = 계량기
is_metered = 계량기 사용 여부
MeterReading = 계량값: 한 구간에 잰 전력량으로, 단위는 와트시이다.
consumed = 소비량
produced = 생산량
house = 가구
houses = 가구 목록
house_of = 가구 내용
meters_used = 등록된 적 있는 계량기
readings = 계량값 목록
reading = 계량값
energy reading = 전력 계량값
slot = 구간
seal = 서명
operator = 배전망 운영자
open_meters = 계량 시작: 배전망 운영자와 배전선 수를 정한다.
admit = 가구 등록: 가구를 배전선에 등록한다. 배전선은 0부터 센다.
register_meter = 계량기 등록: 이 공개 열쇠로 서명한 값을 받는다. 다른 계량기는 먼저 등록을 푼다.
withdraw_meter = 계량기 등록 해제: 도난되거나 철거된 계량기를 알린다.
HouseAdmitted = 가구 등록: 가구가 배전선에 연결되어 참여한다.
MeterRegistered = 계량기 등록: 이때부터 이 열쇠로 서명한 값을 받는다.
MeterWithdrawn = 계량기 등록 해제: 이 계량기의 서명은 다시는 받지 않는다.
MeterRead = 계량값 접수: 계량기가 서명한 값을 받았다.
1 to 8 feeders = 배전선은 1개에서 8개까지이다
there is no such feeder = 그런 배전선이 없다
that house takes part already = 이미 참여하는 가구이다
the operator is no house = 운영자는 가구가 될 수 없다
withdraw the other meter first = 다른 계량기의 등록을 먼저 풀어야 한다
a meter's key has 32 bytes = 계량기의 열쇠는 32바이트이다
that key was registered before = 등록된 적이 있는 열쇠이다
only the house or the operator = 그 가구나 운영자만 할 수 있다
there is no meter = 등록된 계량기가 없다
there is no such quarter-hour = 그런 구간이 없다
a reading has 0 to 100000 watt-hours = 계량값은 0에서 100,000와트시까지이다
the quarter-hour has not ended = 구간이 아직 끝나지 않았다
the quarter-hour is settled = 이미 정산된 구간이다
there is a reading already = 계량값이 이미 있다
the meter did not sign this = 계량기가 서명한 값이 아니다
"""
