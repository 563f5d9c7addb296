"""Care from a test at home to the medicine: device, doctor, pharmacy, and the patient's reward.

The rules R15 to R21 are in README.md. Results and prescriptions are salted digests; the device's
key signs each result over its cartridge, so that nobody invents one.
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
    hours,
    init,
    invariant,
    only,
    require,
    scheduled,
    verify_ed25519,
    view,
)
from dure.contract.library.payouts import Money, Payouts

DEVICE_KEY_BYTES = 32
ANSWER_WITHIN = hours(24)
PRESCRIPTION_LENGTH_MAX = days(365)
PASSING_GAS = 60_000
RESULT_WORDS = "TEST RESULT"


class ResultState(Choice):
    """How far care has got."""

    REPORTED = "waits for the doctor"
    SEEN = "was seen by the doctor"
    PRESCRIBED = "has a prescription"
    DISPENSED = "the medicine was handed over"
    CLOSED = "needed no medicine"
    CANCELLED = "had its prescription cancelled"


class TestDevice(Record):
    """A device of a patient, and the doctors who are told its results."""

    patient: Address
    doctor: Address
    substitute: Address


class TestResult(Record):
    """One result. Before there is a prescription, `medicine` is the result's digest again."""

    patient: Address
    doctor: Address
    substitute: Address
    pharmacy: Address
    cartridge: Hash
    result: Hash
    medicine: Hash
    reported: Time
    ends: Time
    state: ResultState
    rewarded: bool


class DeviceEndorsed(Event):
    """A maker says that it made a device with that key."""

    device: bytes
    maker: Address


class DeviceTaken(Event):
    """A patient took a device into use."""

    device: bytes
    patient: Address
    doctor: Address


class ResultReported(Event):
    """A device signed a result; the doctor is told."""

    number: int
    patient: Address
    doctor: Address
    result: Hash


class ResultPassedOn(Event):
    """The doctor did not look for a day; another one is told."""

    number: int
    patient: Address
    doctor: Address


class ResultMoved(Event):
    """Care got one step further."""

    number: int
    patient: Address
    state: ResultState


class MedicinePrescribed(Event):
    """A doctor prescribed something for a result."""

    number: int
    patient: Address
    doctor: Address
    medicine: Hash
    ends: Time


class PharmacyChosen(Event):
    """The patient says where the medicine is fetched."""

    number: int
    patient: Address
    pharmacy: Address


class MedicineDispensed(Event):
    """A pharmacy handed the medicine over; that prescription is used up."""

    number: int
    patient: Address
    pharmacy: Address


class CareRewarded(Event):
    """A patient is paid for going through with it."""

    number: int
    patient: Address
    amount: Amount[Money]


class Care(Payouts):
    """Makers, patients, doctors and pharmacies, and a sponsor who rewards patients."""

    sponsor: Var[Address]
    reward: Var[Amount[Money]]
    free: Var[Amount[Money]]
    makers: Map[bytes, Address]
    devices: Map[bytes, TestDevice]
    cartridges: Map[Hash, int]
    results_reported: Var[int]
    results: Map[int, TestResult]

    @init
    def start(self, money: Asset[Money], reward: Amount[Money]) -> None:
        """Open the programme: who deploys is the sponsor."""
        self.sponsor = self.sender
        self.money = money
        self.reward = reward

    # The sponsor

    @call(pays="money")
    def fund(self) -> None:
        """Pay in money for rewards; anybody may."""
        require(self.paid > Money.of(0), "the payment is above zero")
        self.money_held += self.paid
        self.free += self.paid

    @call
    @only(party="sponsor")
    def take_back(self, amount: Amount[Money]) -> None:
        """Take back money with which nobody was rewarded."""
        require(amount <= self.free, "the fund has not so much")
        self.free -= amount
        self.owe_money(self.sponsor, amount)

    # The maker

    @call
    @only(role="maker")
    def endorse_device(self, device: bytes) -> None:
        """Say that a device with this Ed25519 key was made here."""
        require(len(device) == DEVICE_KEY_BYTES, "a device's key has 32 bytes")
        require(device not in self.makers, "the device is known already")
        self.makers[device] = self.sender
        self.emit(DeviceEndorsed(device, self.sender))

    # The patient

    @call
    def take_device(self, device: bytes, doctor: Address, substitute: Address) -> None:
        """Take a device into use, once, and say which doctors are told its results."""
        require(device in self.makers, "no maker knows the device")
        require(device not in self.devices, "somebody uses the device already")
        require(doctor != substitute, "the substitute is another doctor")
        for each in [doctor, substitute]:
            require(self.has_role("doctor", each), "that is no doctor")
            require(each != self.sender, "nobody is their own doctor")
        self.devices[device] = TestDevice(self.sender, doctor, substitute)
        self.emit(DeviceTaken(device, self.sender, doctor))

    @call
    def choose_pharmacy(self, number: int, pharmacy: Address) -> None:
        """Say where the medicine is fetched; another choice replaces it."""
        known = self.result_in(number, [ResultState.PRESCRIBED])
        require(self.sender == known.patient, "only the patient may do this")
        require(self.has_role("pharmacy", pharmacy), "that is no pharmacy")
        self.results[number] = known.replace(pharmacy=pharmacy)
        self.emit(PharmacyChosen(number, self.sender, pharmacy))

    @call
    def claim_reward(self, number: int) -> None:
        """Ask for a reward that the fund could not pay when it was earned."""
        known = self.result_in(number, [ResultState.DISPENSED, ResultState.CLOSED])
        require(self.sender == known.patient, "only the patient may do this")
        require(not known.rewarded, "the reward was paid before")
        require(self.reward <= self.free, "the fund has not so much")
        self.give_reward(number)

    @call
    def collect(self) -> None:
        """Take what the contract owes the caller and could not pay by itself."""
        self.hand_over_money(self.sender)

    # The device, through whoever relays what it signed

    @call
    def report(self, device: bytes, cartridge: Hash, result: Hash, signature: bytes) -> int:
        """Bring a signed result of an unused cartridge; the doctor is told. Return its number."""
        require(device in self.devices, "nobody uses the device")
        require(cartridge not in self.cartridges, "the cartridge was used before")
        signed = encode(RESULT_WORDS, self.address, cartridge, result)
        require(verify_ed25519(device, signed, signature), "the device did not sign this")
        owner = self.devices[device]
        number = self.results_reported + 1
        self.results_reported = number
        self.cartridges[cartridge] = number
        self.results[number] = TestResult(
            patient=owner.patient,
            doctor=owner.doctor,
            substitute=owner.substitute,
            pharmacy=owner.patient,
            cartridge=cartridge,
            result=result,
            medicine=result,
            reported=self.now,
            ends=self.now,
            state=ResultState.REPORTED,
            rewarded=False,
        )
        self.emit(ResultReported(number, owner.patient, owner.doctor, result))
        self.schedule(self.now + ANSWER_WITHIN, self.pass_on, number, gas=PASSING_GAS)
        return number

    # The doctor

    @call
    def acknowledge(self, number: int) -> None:
        """Say that one has seen the result."""
        self.result_of_doctor(number, [ResultState.REPORTED])
        self.move_on(number, ResultState.SEEN)

    @call
    def prescribe(self, number: int, medicine: Hash, ends: Time) -> None:
        """Prescribe a medicine for a result, until a moment; the digest is of what and a salt."""
        known = self.result_of_doctor(number, [ResultState.SEEN])
        require(ends > self.now, "the prescription would have ended already")
        longest = self.now + PRESCRIPTION_LENGTH_MAX
        require(ends <= longest, "a prescription holds for at most a year")
        self.results[number] = known.replace(medicine=medicine, ends=ends)
        self.move_on(number, ResultState.PRESCRIBED)
        self.emit(MedicinePrescribed(number, known.patient, self.sender, medicine, ends))

    @call
    def close(self, number: int) -> None:
        """Say that a result needs no medicine."""
        self.result_of_doctor(number, [ResultState.SEEN])
        self.move_on(number, ResultState.CLOSED)
        self.reward_if_possible(number)

    @call
    def cancel_prescription(self, number: int) -> None:
        """Cancel a prescription with which nothing was dispensed."""
        self.result_of_doctor(number, [ResultState.PRESCRIBED])
        self.move_on(number, ResultState.CANCELLED)

    # The pharmacy

    @call
    @only(role="pharmacy")
    def dispense(self, number: int, medicine: Hash) -> None:
        """Hand over the medicine that the patient's copy of the prescription names, once."""
        known = self.result_in(number, [ResultState.PRESCRIBED])
        require(self.sender == known.pharmacy, "the patient chose another pharmacy, or none")
        require(self.now < known.ends, "the prescription has ended")
        require(medicine == known.medicine, "the doctor prescribed something else")
        self.move_on(number, ResultState.DISPENSED)
        self.emit(MedicineDispensed(number, known.patient, self.sender))
        self.reward_if_possible(number)

    # What the contract does by itself

    @scheduled
    def pass_on(self, number: int) -> None:
        """Tell another doctor where the first has not looked for a day."""
        known = self.results[number]
        if known.state == ResultState.REPORTED:
            self.results[number] = known.replace(doctor=known.substitute)
            self.emit(ResultPassedOn(number, known.patient, known.substitute))

    # What everybody may read

    @view
    def test_result(self, number: int) -> TestResult:
        """Return a result; they are numbered from 1."""
        require(number in self.results, "there is no such result")
        return self.results[number]

    @view
    def device_of(self, device: bytes) -> TestDevice:
        """Return whose device it is."""
        require(device in self.devices, "nobody uses the device")
        return self.devices[device]

    @view
    def fund_left(self) -> Amount[Money]:
        """Return the money with which nobody was rewarded yet."""
        return self.free

    @invariant
    def money_is_kept(self) -> bool:
        """The contract holds all money that it took and has not paid out."""
        return self.balance_of(self.money) >= self.money_held and self.free <= self.money_held

    # Shared parts

    def result_in(self, number: int, states: list[ResultState]) -> TestResult:
        require(number in self.results, "there is no such result")
        known = self.results[number]
        require(known.state in states, "the result is not at that point")
        return known

    def result_of_doctor(self, number: int, states: list[ResultState]) -> TestResult:
        known = self.result_in(number, states)
        require(self.sender == known.doctor, "only the doctor of the result may do this")
        return known

    def move_on(self, number: int, state: ResultState) -> None:
        known = self.results[number].replace(state=state)
        self.results[number] = known
        self.emit(ResultMoved(number, known.patient, state))

    def reward_if_possible(self, number: int) -> None:
        if self.reward <= self.free:
            self.give_reward(number)

    def give_reward(self, number: int) -> None:
        known = self.results[number].replace(rewarded=True)
        self.results[number] = known
        self.free -= self.reward
        self.owe_money(known.patient, self.reward)
        self.emit(CareRewarded(number, known.patient, self.reward))


"""en:
number = number of the result
device = key of the device
result = salted digest of the result
medicine = salted digest of the prescription
free = money with which nobody was rewarded
cartridges = cartridges used
ends = end of the prescription
start = opening
move_on = step
DEVICE_KEY_BYTES = bytes of a device's key
ANSWER_WITHIN = time in which the doctor looks
PRESCRIPTION_LENGTH_MAX = longest time of a prescription
PASSING_GAS = computing work set aside for passing a result on, in gas
RESULT_WORDS = words that a device signs
"""

"""ko:
Care = 진료: 제조사와 환자, 의사, 약국이 참여하고 후원자가 환자에게 보상한다.
maker = 제조사
doctor = 의사
pharmacy = 약국
sponsor = 후원자
patient = 환자
substitute = 대신 볼 의사
device = 장치의 공개 키
reward = 보상액
free = 남은 보상 재원
makers = 장치별 제조사
devices = 장치 목록
cartridges = 쓰인 카트리지
cartridge = 카트리지
results_reported = 결과 수
results = 결과 목록
result = 결과의 소금 친 해시
medicine = 처방의 소금 친 해시
reported = 알린 시각
ends = 처방의 끝 시각
state = 상태
states = 상태들
rewarded = 보상 여부
number = 결과 번호
signature = 장치의 서명
signed = 서명한 내용
each = 의사
amount = 금액
money = 대금 통화
TestDevice = 검사 장치: 환자의 장치와 그 결과를 알릴 의사들.
TestResult = 검사 결과: 결과 하나. 처방이 있기 전에는 처방 자리에 결과의 해시가 있다.
ResultState = 진료 상태: 진료가 어디까지 왔는지를 뜻한다.
waits for the doctor = 의사를 기다림
was seen by the doctor = 의사가 봄
has a prescription = 처방이 있음
the medicine was handed over = 약을 건넴
needed no medicine = 약이 필요 없음
had its prescription cancelled = 처방이 취소됨
start = 시작: 사업을 연다. 이 계약을 체인에 올린 쪽이 후원자이다.
fund = 재원 내기: 보상에 쓸 돈을 낸다. 누구나 낼 수 있다.
take_back = 재원 거두기: 보상에 쓰이지 않은 돈을 거두어들인다.
endorse_device = 장치 보증: 이 공개 키를 가진 장치를 여기에서 만들었음을 밝힌다.
take_device = 장치 쓰기: 장치를 쓰기 시작하고, 결과를 알릴 의사를 정한다. 한 번만 할 수 있다.
choose_pharmacy = 약국 선택: 약을 받을 약국을 정한다. 다시 정하면 바뀐다.
claim_reward = 보상 청구: 재원이 모자라 받지 못한 보상을 청한다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
report = 결과 알리기: 쓰지 않은 카트리지의 서명된 결과를 올린다. 의사가 알게 되고 번호를 받는다.
acknowledge = 결과 확인: 결과를 보았음을 알린다.
prescribe = 처방: 결과에 대하여 언제까지 쓸 약을 처방한다. 내용은 소금 친 해시로만 적는다.
close = 종결: 약이 필요 없음을 알린다.
cancel_prescription = 처방 취소: 아직 약을 내주지 않은 처방을 취소한다.
dispense = 조제: 환자가 보인 처방의 약을 한 번 건넨다.
pass_on = 넘기기: 의사가 하루 동안 보지 않으면 다른 의사에게 알린다.
test_result = 결과 보기: 결과 하나. 번호는 1부터이다.
device_of = 장치 보기: 누구의 장치인지.
fund_left = 남은 재원: 아직 보상에 쓰이지 않은 돈.
money_is_kept = 돈이 있음: 받고 아직 내주지 않은 돈이 모두 계약에 있다.
result_in = 단계 확인
result_of_doctor = 담당 의사 확인
move_on = 한 단계
reward_if_possible = 보상 시도
give_reward = 보상 적기
DeviceEndorsed = 장치 보증: 제조사가 그 장치를 만들었음을 밝혔다.
DeviceTaken = 장치 사용: 환자가 장치를 쓰기 시작하였다.
ResultReported = 결과 알림: 장치가 결과에 서명하였고 의사가 알게 되었다.
ResultPassedOn = 결과 넘김: 의사가 하루 동안 보지 않아 다른 의사가 알게 되었다.
ResultMoved = 진료 진행: 진료가 한 단계 나아갔다.
MedicinePrescribed = 처방: 의사가 결과에 대하여 처방하였다.
PharmacyChosen = 약국 선택: 환자가 약을 받을 곳을 정하였다.
MedicineDispensed = 조제: 약국이 약을 건넸고 그 처방은 다 쓰였다.
CareRewarded = 진료 보상: 환자가 보상을 받는다.
the payment is above zero = 낸 돈은 0보다 커야 한다
the fund has not so much = 재원이 모자란다
a device's key has 32 bytes = 장치의 공개 키는 32바이트이다
the device is known already = 이미 알려진 장치이다
no maker knows the device = 어느 제조사도 모르는 장치이다
somebody uses the device already = 이미 쓰이는 장치이다
the substitute is another doctor = 대신 볼 의사는 다른 의사여야 한다
that is no doctor = 의사가 아니다
nobody is their own doctor = 자기의 의사가 될 수 없다
only the patient may do this = 환자만 할 수 있다
that is no pharmacy = 약국이 아니다
the reward was paid before = 이미 받은 보상이다
nobody uses the device = 쓰이지 않는 장치이다
the cartridge was used before = 이미 쓰인 카트리지이다
the device did not sign this = 장치가 서명하지 않은 내용이다
the prescription would have ended already = 이미 끝났을 처방이다
a prescription holds for at most a year = 처방은 일 년까지 유효하다
the patient chose another pharmacy, or none = 환자가 다른 약국을 골랐거나 고르지 않았다
the prescription has ended = 끝난 처방이다
the doctor prescribed something else = 의사가 처방한 것과 다르다
there is no such result = 없는 결과이다
the result is not at that point = 결과가 그 단계에 있지 않다
only the doctor of the result may do this = 그 결과의 담당 의사만 할 수 있다
DEVICE_KEY_BYTES = 장치 공개 키의 바이트 수
ANSWER_WITHIN = 의사가 볼 기한
PRESCRIPTION_LENGTH_MAX = 처방의 최장 기간
PASSING_GAS = 결과를 넘기는 데 배정된 연산량(가스)
RESULT_WORDS = 장치가 서명하는 말
"""
