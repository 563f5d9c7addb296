"""Containers on their way from shipper to consignee.

Each party does its own acts; a device watches the temperature. README.md has the rules R1 to R16.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    encode,
    init,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.anchors import Anchors
from dure.contract.library.claims import Claims
from dure.contract.library.conditions import Bounds, Conditions, Measurement, Reported
from dure.contract.library.payouts import Money
from dure.contract.library.ports import LEGS_MAX, Leg, Ports

CONFIRM_WITHIN = days(3)
NOTICE_WITHIN = days(3)
DEADLINE_GAS = 60_000


class Stage(Choice):
    """How far a booking has got."""

    REQUESTED = "waits for the carrier"
    CONFIRMED = "the carrier has confirmed it"
    ASHORE = "stands in a terminal"
    ABOARD = "is aboard a vessel"
    OUT = "has left the last terminal"
    DELIVERED = "the consignee has it"
    ENDED = "declined, withdrawn, or not confirmed in time"


class Booking(Record):
    """One container from a shipper to a consignee.

    `terms` is the salted digest of the sealed terms; `leg` counts the legs that are behind it.
    """

    shipper: Address
    carrier: Address
    consignee: Address
    container: str
    legs: list[Leg]
    terms: Hash
    bounds: Bounds
    freight: Amount[Money]
    leg: int
    stage: Stage


class BookingRequested(Event):
    """A shipper asked for a container to be carried, and paid the freight into the contract."""

    booking: int
    container: str
    shipper: Address
    carrier: Address
    consignee: Address
    freight: Amount[Money]


class BookingMoved(Event):
    """The carrier confirmed a booking, the consignee has it, or it ended without a voyage."""

    booking: int
    stage: Stage


class ContainerMoved(Event):
    """A terminal moved a container; `epcis` is the standard hash of its event.

    `legs_done` are behind it, and it is expected at its last port at `expected`.
    """

    booking: int
    container: str
    port: str
    stage: Stage
    legs_done: int
    expected: Time
    epcis: Hash


class AlertRaised(Event):
    """The agreed range was left for longer than agreed: all parties of the booking are told.

    `keeper` is who has the container: the terminal in a port, else the carrier.
    """

    booking: int
    container: str
    shipper: Address
    carrier: Address
    consignee: Address
    keeper: Address
    outside_since: Time


class Shipments(Anchors, Conditions, Claims, Ports):
    """What a port community keeps together about containers, their voyages and their state."""

    bookings_made: Var[int]
    bookings: Map[int, Booking]
    voyages: Map[str, int]

    @init
    def start(self, money: Asset[Money]) -> None:
        """Name the money in which freight is paid."""
        self.money = money

    # The shipper

    @call(pays="money")
    def book(
        self,
        container: str,
        carrier: Address,
        consignee: Address,
        legs: list[Leg],
        terms: Hash,
        bounds: Bounds,
    ) -> int:
        """Ask a carrier to carry a container, and pay the freight; return the booking's number."""
        require(self.is_container(container), "the container's number or check digit is wrong")
        is_other = carrier not in [self.sender, consignee]
        require(is_other, "the carrier is neither shipper nor consignee")
        require(self.paid > Money.of(0), "the freight is paid with the booking")
        self.require_legs(legs, legs[0].source if len(legs) > 0 else "")
        self.require_bounds(bounds)
        number = self.bookings_made + 1
        self.bookings_made = number
        self.money_held += self.paid
        self.bookings[number] = Booking(
            shipper=self.sender,
            carrier=carrier,
            consignee=consignee,
            container=container,
            legs=legs,
            terms=terms,
            bounds=bounds,
            freight=self.paid,
            leg=0,
            stage=Stage.REQUESTED,
        )
        self.emit(BookingRequested(number, container, self.sender, carrier, consignee, self.paid))
        self.tell_legs(number, legs, 0)
        self.schedule(self.now + CONFIRM_WITHIN, self.lapse, number, gas=DEADLINE_GAS)
        return number

    @call
    def withdraw(self, number: int) -> None:
        """Take a booking back that the carrier has not confirmed."""
        require(self.sender == self.bookings[number].shipper, "only the shipper may do this")
        self.end_request(number)

    # The carrier

    @call
    def confirm(self, number: int, device: Address) -> None:
        """Confirm a booking, and name the device that watches the container."""
        booking = self.booking_of_carrier(number)
        require(booking.stage == Stage.REQUESTED, "the booking does not wait for the carrier")
        is_free = booking.container not in self.voyages
        require(is_free, "the container is on another voyage")
        parties = [booking.shipper, booking.carrier, booking.consignee]
        require(device not in parties, "a device has an account of its own")
        self.voyages[booking.container] = number
        self.bookings[number] = booking.replace(stage=Stage.CONFIRMED)
        self.keep_back(number, booking.carrier, booking.consignee, booking.freight)
        self.emit(BookingMoved(number, Stage.CONFIRMED))
        self.begin_watch(number, device, booking.bounds)

    @call
    def decline(self, number: int) -> None:
        """Say that one does not carry this; the shipper gets the freight back."""
        self.booking_of_carrier(number)
        self.end_request(number)

    @call
    def change_legs(self, number: int, legs: list[Leg]) -> None:
        """Plan the rest of the way anew, from the port where the container is to the same end."""
        booking = self.booking_of_carrier(number)
        is_ashore = booking.stage in [Stage.CONFIRMED, Stage.ASHORE]
        require(is_ashore, "legs are changed while the container is ashore")
        require(booking.leg < len(booking.legs), "the container has arrived")
        self.require_legs(legs, booking.legs[booking.leg].source)
        is_same = legs[-1].target == booking.legs[-1].target
        require(is_same, "the last port stays the same")
        whole = booking.legs[: booking.leg] + legs
        require(len(whole) <= LEGS_MAX, "a route has 1 to 8 legs")
        self.bookings[number] = booking.replace(legs=whole)
        self.tell_legs(number, legs, booking.leg)

    # The terminals

    @call
    def gate_in(self, number: int, epcis: Hash) -> None:
        """Take a container in through the gate of the first port."""
        booking = self.bookings[number]
        require(booking.stage == Stage.CONFIRMED, "the container is not awaited at the gate")
        self.handle(number, booking.legs[0].source, Stage.ASHORE, 0, epcis)

    @call
    def load(self, number: int, epcis: Hash) -> None:
        """Load a container on the vessel of its next leg."""
        booking = self.bookings[number]
        require(booking.stage == Stage.ASHORE, "the container does not stand in a terminal")
        require(booking.leg < len(booking.legs), "the container has arrived")
        port = booking.legs[booking.leg].source
        if booking.leg == 0:
            self.require_cleared(number, port)
        self.handle(number, port, Stage.ABOARD, booking.leg, epcis)

    @call
    def discharge(self, number: int, epcis: Hash) -> None:
        """Take a container off the vessel, at its end or to be transshipped."""
        booking = self.bookings[number]
        require(booking.stage == Stage.ABOARD, "the container is not aboard")
        port = booking.legs[booking.leg].target
        self.handle(number, port, Stage.ASHORE, booking.leg + 1, epcis)

    @call
    def gate_out(self, number: int, epcis: Hash) -> None:
        """Let a container out through the gate of the last port."""
        booking = self.bookings[number]
        require(booking.stage == Stage.ASHORE, "the container does not stand in a terminal")
        require(booking.leg == len(booking.legs), "the container has not arrived")
        port = booking.legs[-1].target
        self.require_cleared(number, port)
        self.handle(number, port, Stage.OUT, booking.leg, epcis)
        self.schedule(self.now + NOTICE_WITHIN, self.end_notice, number, gas=DEADLINE_GAS)

    # Customs

    @call
    def declare(self, number: int, declaration: Hash) -> None:
        """Declare goods: the shipper to the first country, the consignee to the last."""
        booking = self.bookings[number]
        parties = [booking.shipper, booking.consignee]
        require(self.sender in parties, "only shipper or consignee declare")
        is_shipper = self.sender == booking.shipper
        port = booking.legs[0].source if is_shipper else booking.legs[-1].target
        self.note_declaration(number, port[:2], declaration)

    @call
    def hold(self, number: int, on_hold: bool, reason: Hash) -> None:
        """Hold a container that stands in the office's country, or let it go on."""
        is_ashore = self.bookings[number].stage == Stage.ASHORE
        require(is_ashore, "the container does not stand in a terminal")
        self.note_hold(number, self.port_of(number)[:2], on_hold, reason)

    # The device

    @call
    def report(self, number: int, reading: Measurement) -> None:
        """Say what the device measured; it signs with an account of its own."""
        said = self.note_reading(number, reading)
        if said == Reported.BEGAN:
            due = self.breach_due(number)
            self.schedule(due, self.end_patience, number, reading.taken, gas=DEADLINE_GAS)
        elif said == Reported.BREACHED:
            self.raise_alert(number)

    # The consignee

    @call
    def accept(self, number: int) -> None:
        """Say that the container is here; the carrier has earned what is not claimed."""
        self.require_handed_over(number)
        self.deliver(number)

    @call
    def give_notice(self, number: int, evidence: Hash) -> None:
        """Claim loss or damage within three days, by the digest of a survey or of photographs."""
        self.require_handed_over(number)
        self.open_claim(number, evidence)

    # Any party of a booking

    @call
    def anchor(self, number: int, epcis: Hash) -> None:
        """Anchor an event of the own records by its standard hash."""
        booking = self.bookings[number]
        parties = [booking.shipper, booking.carrier, booking.consignee]
        require(self.sender in parties, "only a party of the booking may do this")
        self.take_anchor(number, epcis)

    # What the contract does by itself

    @scheduled
    def lapse(self, number: int) -> None:
        """Give the freight back where no carrier has confirmed for three days."""
        if self.bookings[number].stage == Stage.REQUESTED:
            self.end_request(number)

    @scheduled
    def end_patience(self, number: int, began: Time) -> None:
        """Raise the alert where nobody reported that an excursion is over."""
        if self.note_silence(number, began):
            self.raise_alert(number)

    @scheduled
    def end_notice(self, number: int) -> None:
        """Take a container for accepted three days after it was handed over."""
        if self.bookings[number].stage == Stage.OUT:
            self.deliver(number)

    # What everybody may read

    @view
    def booking(self, number: int) -> Booking:
        """Return a booking; they are numbered from 1."""
        return self.bookings[number]

    @view
    def voyage_of(self, container: str) -> int:
        """Return the booking under which a container is on its way; 0 where it is on none."""
        return self.voyages.get(container, 0)

    # Shared parts

    def booking_of_carrier(self, number: int) -> Booking:
        booking = self.bookings[number]
        require(self.sender == booking.carrier, "only the carrier may do this")
        return booking

    def require_handed_over(self, number: int) -> None:
        booking = self.bookings[number]
        require(self.sender == booking.consignee, "only the consignee may do this")
        require(booking.stage == Stage.OUT, "the container is not handed over")

    def end_request(self, number: int) -> None:
        booking = self.bookings[number]
        is_waiting = booking.stage == Stage.REQUESTED
        require(is_waiting, "the booking does not wait for the carrier")
        self.bookings[number] = booking.replace(stage=Stage.ENDED)
        self.owe_money(booking.shipper, booking.freight)
        self.emit(BookingMoved(number, Stage.ENDED))

    def port_of(self, number: int) -> str:
        booking = self.bookings[number]
        is_first = booking.leg == 0
        return booking.legs[0].source if is_first else booking.legs[booking.leg - 1].target

    def handle(self, number: int, port: str, stage: Stage, legs_done: int, epcis: Hash) -> None:
        require(self.sender == self.terminal_of(port), "only the port's terminal may do this")
        booking = self.bookings[number]
        require(not self.held.get(number, False), "customs holds the container")
        self.take_anchor(number, epcis)
        self.bookings[number] = booking.replace(stage=stage, leg=legs_done)
        arrives = booking.legs[-1].arrives
        self.emit(ContainerMoved(number, booking.container, port, stage, legs_done, arrives, epcis))

    def raise_alert(self, number: int) -> None:
        booking = self.bookings[number]
        since = self.watches[number].outside_since
        is_ashore = booking.stage == Stage.ASHORE
        keeper = self.terminals[self.port_of(number)] if is_ashore else booking.carrier
        self.emit(
            AlertRaised(
                booking=number,
                container=booking.container,
                shipper=booking.shipper,
                carrier=booking.carrier,
                consignee=booking.consignee,
                keeper=keeper,
                outside_since=since,
            )
        )
        self.open_claim(number, sha256(encode("excursion", number, since)))

    def deliver(self, number: int) -> None:
        booking = self.bookings[number]
        self.bookings[number] = booking.replace(stage=Stage.DELIVERED)
        self.voyages.remove(booking.container)
        self.end_watch(number)
        self.emit(BookingMoved(number, Stage.DELIVERED))
        self.earn(number)


"""en:
epcis = hash of the event (EPCIS)
legs_done = legs behind it
lapse = end a request
end_patience = look whether an excursion is over
end_notice = end the time for notice
CONFIRM_WITHIN = time in which a carrier confirms
NOTICE_WITHIN = time in which a consignee gives notice
DEADLINE_GAS = computing work set aside for a deadline, in gas
"""

"""ko:
Shipments = 컨테이너 운송: 항만 공동체가 컨테이너와 그 항해와 상태에 대하여 함께 아는 것이다.
surveyor = 검정인
operator = 운영자
shipper = 송하인
carrier = 운송인
consignee = 수하인
keeper = 지금 보관하는 쪽
container = 컨테이너 번호
terms = 봉인된 조건의 해시
freight = 운임
number = 예약 번호
Booking = 예약
booking = 예약: 예약 하나의 내용. 번호는 1부터이다.
bookings = 예약 목록
leg = 지난 구간 수
legs_done = 지난 구간 수
stage = 단계
voyages = 진행 중인 항해
expected = 도착 예정
epcis = 사건의 해시(EPCIS)
evidence = 증거의 해시
began = 벗어나기 시작한 시각
start = 시작: 운임을 낼 돈을 정한다.
book = 예약: 운송인에게 컨테이너 운송을 청하고 운임을 낸다. 예약 번호를 받는다.
withdraw = 예약 철회: 운송인이 확정하지 않은 예약을 거두어들인다.
confirm = 예약 확정: 예약을 확정하고 컨테이너를 감시할 장치를 정한다.
decline = 예약 거절: 운송하지 않겠다고 알린다. 송하인은 운임을 돌려받는다.
change_legs = 구간 변경: 컨테이너가 있는 항구에서 같은 마지막 항구까지 남은 길을 다시 정한다.
gate_in = 반입: 첫 항구의 게이트로 컨테이너를 받는다.
load = 적재: 다음 구간의 선박에 컨테이너를 싣는다.
discharge = 양하: 도착하였거나 환적할 컨테이너를 선박에서 내린다.
gate_out = 반출: 마지막 항구의 게이트로 컨테이너를 내보낸다.
declare = 물품 신고: 송하인은 첫 나라에, 수하인은 마지막 나라에 물품을 신고한다.
hold = 세관 보류: 자기 나라에 있는 컨테이너를 붙잡거나 풀어 준다.
report = 측정 보고: 장치가 측정한 것을 자기 계정으로 서명하여 알린다.
accept = 인수: 컨테이너를 받았음을 알린다. 청구되지 않은 운임은 운송인의 것이 된다.
give_notice = 손해 통지: 검정서나 사진의 해시로 사흘 안에 손해를 청구한다.
anchor = 기록 고정: 자기 기록의 사건 하나를 표준 해시로 고정한다.
lapse = 예약 소멸: 사흘 동안 확정되지 않은 예약의 운임을 돌려준다.
end_patience = 이탈 확인: 온도가 돌아왔다는 보고가 없으면 경보를 울린다.
end_notice = 통지 기한 만료: 내준 지 사흘이 지나면 인수한 것으로 본다.
voyage_of = 진행 중인 예약: 컨테이너가 움직이고 있는 예약. 없으면 0.
booking_of_carrier = 운송인의 예약
require_handed_over = 인도 확인
end_request = 예약 종료
port_of = 있는 항구
handle = 하역
raise_alert = 경보
deliver = 인도

BookingRequested = 예약 신청: 송하인이 운송을 청하고 운임을 계약에 맡겼다.
BookingMoved = 예약 진행: 예약이 확정되었거나 인도되었거나 운송 없이 끝났다.
ContainerMoved = 컨테이너 이동: 터미널이 컨테이너를 옮겼다.
AlertRaised = 온도 경보: 약정 범위를 약정한 시간보다 오래 벗어나 모든 당사자에게 알렸다.

Stage = 단계: 예약이 어디까지 왔는지를 뜻한다.
waits for the carrier = 운송인의 확정 대기
the carrier has confirmed it = 운송인이 확정함
stands in a terminal = 터미널에 있음
is aboard a vessel = 선박에 실려 있음
has left the last terminal = 마지막 터미널에서 나감
the consignee has it = 수하인이 받음
declined, withdrawn, or not confirmed in time = 거절, 철회 또는 기한 내 미확정

the container's number or check digit is wrong = 컨테이너 번호나 검사 숫자가 틀렸다
the carrier is neither shipper nor consignee = 운송인은 송하인이나 수하인이 아니다
the freight is paid with the booking = 운임은 예약할 때 낸다
only the shipper may do this = 송하인만 할 수 있다
only the carrier may do this = 운송인만 할 수 있다
only the consignee may do this = 수하인만 할 수 있다
only the port's terminal may do this = 그 항구의 터미널만 할 수 있다
only a party of the booking may do this = 예약의 당사자만 할 수 있다
only shipper or consignee declare = 송하인이나 수하인만 신고한다
the booking does not wait for the carrier = 운송인의 확정을 기다리는 예약이 아니다
the container is on another voyage = 컨테이너가 다른 항해 중이다
a device has an account of its own = 장치는 자기 계정을 가진다
legs are changed while the container is ashore = 구간은 컨테이너가 뭍에 있을 때 바꾼다
the container has arrived = 컨테이너가 이미 도착하였다
the container has not arrived = 컨테이너가 아직 도착하지 않았다
the last port stays the same = 마지막 항구는 바뀌지 않는다
the container is not awaited at the gate = 게이트에서 기다리는 컨테이너가 아니다
the container does not stand in a terminal = 컨테이너가 터미널에 있지 않다
the container is not aboard = 컨테이너가 선박에 실려 있지 않다
the container is not handed over = 컨테이너가 인도되지 않았다
customs holds the container = 세관이 컨테이너를 붙잡고 있다

CONFIRM_WITHIN = 예약을 확정하는 기한
NOTICE_WITHIN = 손해를 통지하는 기한
DEADLINE_GAS = 기한 처리에 배정된 연산량(가스)
at = 앞 구간의 도착 항구
ready = 앞 구간의 입항 시각
"""
