"""Conditions that a device watches: it signs readings, and being outside too long is a breach.

A contract that inherits it has the device's own account call a method that hands the reading to
`self.note_reading`, and does what that answers: `BEGAN` asks for a scheduled look at
`self.breach_due(thing)`, which then asks `self.note_silence`; `BREACHED` is the moment to tell.

Rules
-----
1. A thing has one device at a time. Only that device reports, in order of the time it measured.
2. An excursion begins with the first reading outside of the agreed range and ends with the next
   one inside. From the agreed tolerance on it is a breach, once.
3. Silence does not help: an excursion that nobody reported to be over goes on.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Duration,
    Event,
    Map,
    Record,
    Time,
    days,
    minutes,
    require,
    view,
)

COLDEST = -10_000
HOTTEST = 10_000
OUTSIDE_TIME_MIN = minutes(1)
OUTSIDE_TIME_MAX = days(7)


class Reported(Choice):
    """What a reading says."""

    INSIDE = "the temperature is inside of the agreed range"
    BEGAN = "the temperature has left the agreed range"
    LASTS = "the temperature is still outside"
    BREACHED = "the temperature was outside for longer than agreed"


class Bounds(Record):
    """What is agreed: hundredths of a degree Celsius, and how long it may be outside of them."""

    lowest: int
    highest: int
    tolerance: Duration


class Measurement(Record):
    """What a device measured: hundredths of a degree Celsius, millionths of a degree of the globe.

    Latitude counts to the north, longitude to the east.
    """

    taken: Time
    temperature: int
    door_open: bool
    latitude: int
    longitude: int


class Watch(Record):
    """One thing under watch; `outside_since` is the beginning of an excursion, 0 for none."""

    device: Address
    bounds: Bounds
    active: bool
    readings: int
    last: Time
    outside_since: Time
    breached: bool
    breaches: int


class WatchBegun(Event):
    """A device watches a thing from now on."""

    thing: int
    device: Address
    lowest: int
    highest: int
    tolerance: Duration


class WatchEnded(Event):
    """A device watches a thing no longer."""

    thing: int
    device: Address


class ReadingSigned(Event):
    """A device reported what it measured."""

    thing: int
    device: Address
    taken: Time
    temperature: int
    door_open: bool
    latitude: int
    longitude: int
    outside: bool


class Conditions(Contract):
    """Devices report temperature, door and place of things; breaches of what is agreed show."""

    watches: Map[int, Watch]

    @view
    def watch(self, thing: int) -> Watch:
        """Return how a thing is watched."""
        require(thing in self.watches, "nothing watches this")
        return self.watches[thing]

    # Shared parts

    def require_bounds(self, bounds: Bounds) -> None:
        require(COLDEST <= bounds.lowest < bounds.highest <= HOTTEST, "the range is no range")
        is_sound = OUTSIDE_TIME_MIN <= bounds.tolerance <= OUTSIDE_TIME_MAX
        require(is_sound, "the tolerance is a minute to seven days")

    def begin_watch(self, thing: int, device: Address, bounds: Bounds) -> None:
        self.end_watch(thing)
        self.watches[thing] = Watch(device, bounds, True, 0, Time(0), Time(0), False, 0)
        self.emit(WatchBegun(thing, device, bounds.lowest, bounds.highest, bounds.tolerance))

    def end_watch(self, thing: int) -> None:
        if thing in self.watches:
            watch = self.watches[thing]
            if watch.active:
                self.watches[thing] = watch.replace(active=False)
                self.emit(WatchEnded(thing, watch.device))

    def note_reading(self, thing: int, reading: Measurement) -> Reported:
        require(thing in self.watches, "nothing watches this")
        watch = self.watches[thing]
        require(self.sender == watch.device, "only the thing's device may report")
        require(watch.active, "the device watches no longer")
        require(watch.last < reading.taken, "readings come in order of time")
        require(reading.taken <= self.now, "that has not happened yet")
        require(COLDEST <= reading.temperature <= HOTTEST, "no such temperature is measured")
        is_north = -90_000_000 <= reading.latitude <= 90_000_000
        is_east = -180_000_000 <= reading.longitude <= 180_000_000
        require(is_north, "there is no such latitude")
        require(is_east, "there is no such longitude")
        bounds = watch.bounds
        is_inside = bounds.lowest <= reading.temperature <= bounds.highest
        self.tell_reading(thing, reading, not is_inside)
        seen = watch.replace(readings=watch.readings + 1, last=reading.taken)
        if is_inside:
            self.watches[thing] = seen.replace(outside_since=Time(0), breached=False)
            return Reported.INSIDE
        if watch.outside_since == Time(0):
            self.watches[thing] = seen.replace(outside_since=reading.taken)
            return Reported.BEGAN
        lasts = reading.taken - watch.outside_since >= bounds.tolerance
        if watch.breached or not lasts:
            self.watches[thing] = seen
            return Reported.LASTS
        self.watches[thing] = seen.replace(breached=True, breaches=watch.breaches + 1)
        return Reported.BREACHED

    def tell_reading(self, thing: int, reading: Measurement, outside: bool) -> None:
        self.emit(
            ReadingSigned(
                thing,
                self.sender,
                reading.taken,
                reading.temperature,
                reading.door_open,
                reading.latitude,
                reading.longitude,
                outside,
            )
        )

    def breach_due(self, thing: int) -> Time:
        watch = self.watches[thing]
        return max(self.now, watch.outside_since + watch.bounds.tolerance)

    def note_silence(self, thing: int, began: Time) -> bool:
        watch = self.watches[thing]
        is_open = watch.active and not watch.breached
        if is_open and watch.outside_since == began:
            self.watches[thing] = watch.replace(breached=True, breaches=watch.breaches + 1)
            return True
        return False


"""en:
thing = number of the thing
last = time of the newest reading
readings = number of readings
COLDEST = lowest temperature that is measured, in hundredths of a degree
HOTTEST = highest temperature that is measured, in hundredths of a degree
OUTSIDE_TIME_MIN = shortest tolerance
OUTSIDE_TIME_MAX = longest tolerance
"""

"""ko:
Conditions = 상태 감시: 장치가 물건의 온도와 문과 위치를 보고하고, 약정을 어긴 것이 드러난다.
Bounds = 약정 범위
bounds = 약정 범위
lowest = 최저 온도(0.01도)
highest = 최고 온도(0.01도)
tolerance = 허용 시간
Measurement = 측정값
reading = 측정값
taken = 측정 시각
temperature = 온도(0.01도)
door_open = 문 열림
latitude = 위도(백만분의 일도)
longitude = 경도(백만분의 일도)
Watch = 감시
watch = 감시 상태: 물건 하나가 어떻게 감시되고 있는지.
watches = 감시 목록
thing = 물건 번호
device = 장치
active = 감시 중
readings = 측정 횟수
last = 마지막 측정 시각
began = 벗어나기 시작한 시각
outside = 범위를 벗어남
outside_since = 범위를 벗어난 시각
breached = 약정 위반
breaches = 위반 횟수
require_bounds = 범위 확인
begin_watch = 감시 시작
end_watch = 감시 종료
note_reading = 측정값 적기
tell_reading = 측정값 알리기
breach_due = 위반이 되는 시각
note_silence = 침묵 확인
WatchBegun = 감시 시작: 장치가 물건을 감시하기 시작하였다.
WatchEnded = 감시 종료: 장치가 더는 감시하지 않는다.
ReadingSigned = 측정 보고: 장치가 측정한 것을 서명하여 알렸다.
Reported = 측정 결과: 측정값이 무엇을 말하는지를 뜻한다.
the temperature is inside of the agreed range = 온도가 약정 범위 안에 있음
the temperature has left the agreed range = 온도가 약정 범위를 벗어남
the temperature is still outside = 온도가 아직 범위를 벗어나 있음
the temperature was outside for longer than agreed = 온도가 약정한 시간보다 오래 벗어나 있었음
nothing watches this = 감시하는 장치가 없다
the range is no range = 온도 범위가 바르지 않다
the tolerance is a minute to seven days = 허용 시간은 1분에서 7일까지이다
only the thing's device may report = 그 물건의 장치만 보고할 수 있다
the device watches no longer = 장치가 더는 감시하지 않는다
readings come in order of time = 측정값은 시간 순서로 보고한다
that has not happened yet = 아직 일어나지 않은 일이다
no such temperature is measured = 잴 수 없는 온도이다
there is no such latitude = 그런 위도는 없다
there is no such longitude = 그런 경도는 없다
COLDEST = 잴 수 있는 최저 온도(0.01도)
HOTTEST = 잴 수 있는 최고 온도(0.01도)
OUTSIDE_TIME_MIN = 가장 짧은 허용 시간
OUTSIDE_TIME_MAX = 가장 긴 허용 시간
"""
