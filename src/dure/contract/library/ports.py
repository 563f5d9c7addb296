"""Ports, who works there, routes between them, and the names of containers.

Ports have their UN/LOCODE (UNECE Recommendation 16: country and three letters or digits 2 to 9), a
container its number by ISO 6346: owner code, category, six digits and a check digit. A contract
that inherits it asks who may act: the terminal of a port, the customs office of a country, which
clears goods that were declared to it, and holds them.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Time,
    call,
    only,
    require,
    view,
)

LEGS_MAX = 8
VESSEL_LENGTH_MAX = 40
LOCODE_LENGTH = 5
COUNTRY_LENGTH = 2
CONTAINER_LENGTH = 11
LETTER_A = 65
LETTER_Z = 90
DIGIT_0 = 48
DIGIT_2 = 50
DIGIT_9 = 57
LETTER_OFFSET = 55


class Leg(Record):
    """One voyage of a route: ports by UN/LOCODE, vessel and voyage, and the timetable."""

    source: str
    target: str
    vessel: str
    departs: Time
    arrives: Time


class TerminalNamed(Event):
    """Somebody works the quay and the gates of a port from now on."""

    port: str
    terminal: Address


class CustomsNamed(Event):
    """An office clears goods for a country from now on."""

    country: str
    office: Address


class LegPlanned(Event):
    """A leg of a route, with its number of 0 on; a later event of the number replaces it."""

    booking: int
    leg: int
    source: str
    target: str
    vessel: str
    departs: Time
    arrives: Time


class GoodsDeclared(Event):
    """Somebody declared goods to a country's customs."""

    booking: int
    country: str
    by: Address
    declaration: Hash


class GoodsCleared(Event):
    """A customs office lets declared goods leave or enter its country."""

    booking: int
    country: str


class GoodsHeld(Event):
    """A customs office holds goods, or lets them go on."""

    booking: int
    country: str
    on_hold: bool
    reason: Hash


class Ports(Contract):
    """The operator of the port community says who is terminal and who is customs where."""

    terminals: Map[str, Address]
    offices: Map[str, Address]
    declared: Map[int, Map[str, Hash]]
    cleared: Map[int, Map[str, bool]]
    held: Map[int, bool]

    @call
    @only(role="operator")
    def name_terminal(self, port: str, terminal: Address) -> None:
        """Say whose gates and cranes stand in a port, by its UN/LOCODE such as KRPUS."""
        require(self.is_locode(port), "a port has a UN/LOCODE such as KRPUS")
        self.terminals[port] = terminal
        self.emit(TerminalNamed(port, terminal))

    @call
    @only(role="operator")
    def name_customs(self, country: str, office: Address) -> None:
        """Say which office clears goods of a country, by its two letters."""
        is_country = len(country) == COUNTRY_LENGTH and self.is_letters(country)
        require(is_country, "a country has two letters")
        self.offices[country] = office
        self.emit(CustomsNamed(country, office))

    @call
    def clear(self, number: int, country: str) -> None:
        """Let declared goods leave or enter the country."""
        self.require_customs(country)
        require(country in self.declared[number], "the goods are not declared")
        self.cleared[number][country] = True
        self.emit(GoodsCleared(number, country))

    @view
    def terminal_of(self, port: str) -> Address:
        """Return who works a port."""
        require(port in self.terminals, "no terminal is named for the port")
        return self.terminals[port]

    @view
    def customs_of(self, country: str) -> Address:
        """Return which office clears goods of a country."""
        require(country in self.offices, "no customs office is named for the country")
        return self.offices[country]

    @view
    def is_container(self, number: str) -> bool:
        """Say whether this is a number by ISO 6346 whose check digit is right."""
        if len(number) != CONTAINER_LENGTH or not self.is_letters(number[:4]):
            return False
        if number[3] not in ["U", "J", "Z"]:
            return False
        codes = number.encode()
        total = 0
        for place in range(CONTAINER_LENGTH - 1):
            code = codes[place]
            if place > 3 and not DIGIT_0 <= code <= DIGIT_9:
                return False
            # Letters count from 10 and leave out what divides by 11.
            letter = code - LETTER_OFFSET
            value = letter + (letter - 1) // 10 if place < 4 else code - DIGIT_0
            total += value << place
        return total % 11 % 10 == codes[CONTAINER_LENGTH - 1] - DIGIT_0

    # Shared parts

    def require_customs(self, country: str) -> None:
        require(self.sender == self.customs_of(country), "only the country's customs may do this")

    def note_declaration(self, number: int, country: str, declaration: Hash) -> None:
        require(country not in self.declared[number], "the goods are declared already")
        self.declared[number][country] = declaration
        self.emit(GoodsDeclared(number, country, self.sender, declaration))

    def note_hold(self, number: int, country: str, on_hold: bool, reason: Hash) -> None:
        self.require_customs(country)
        require(self.held.get(number, False) != on_hold, "that is decided already")
        self.held[number] = on_hold
        self.emit(GoodsHeld(number, country, on_hold, reason))

    def require_cleared(self, number: int, port: str) -> None:
        is_cleared = self.cleared[number].get(port[:2], False)
        require(is_cleared, "customs has not cleared the goods")

    def require_legs(self, legs: list[Leg], source: str) -> None:
        require(0 < len(legs) <= LEGS_MAX, "a route has 1 to 8 legs")
        at = source
        ready = self.now
        for leg in legs:
            require(leg.source == at, "a leg begins where the one before ends")
            require(leg.source in self.terminals, "no terminal is named for the port")
            require(leg.target in self.terminals, "no terminal is named for the port")
            require(leg.source != leg.target, "a leg goes to another port")
            require(0 < len(leg.vessel) <= VESSEL_LENGTH_MAX, "a vessel has 1 to 40 characters")
            require(ready <= leg.departs < leg.arrives, "the timetable runs backwards")
            at = leg.target
            ready = leg.arrives

    def tell_legs(self, number: int, legs: list[Leg], first: int) -> None:
        for place, leg in enumerate(legs):
            self.emit(
                LegPlanned(
                    number,
                    first + place,
                    leg.source,
                    leg.target,
                    leg.vessel,
                    leg.departs,
                    leg.arrives,
                )
            )

    def is_locode(self, port: str) -> bool:
        if len(port) != LOCODE_LENGTH or not self.is_letters(port[:2]):
            return False
        codes = port.encode()
        for place in range(COUNTRY_LENGTH, LOCODE_LENGTH):
            is_digit = DIGIT_2 <= codes[place] <= DIGIT_9
            if not is_digit and not LETTER_A <= codes[place] <= LETTER_Z:
                return False
        return True

    def is_letters(self, text: str) -> bool:
        codes = text.encode()
        found = True
        for place in range(len(codes)):
            found = found and LETTER_A <= codes[place] <= LETTER_Z
        return found


"""en:
number = number
source = port of departure
target = port of arrival
vessel = vessel and voyage
departs = departure
arrives = arrival
note_declaration = noting a declaration
note_hold = noting a hold
held = goods on hold
tell_legs = telling the route
LEGS_MAX = most legs of a route
VESSEL_LENGTH_MAX = longest name of a vessel
LOCODE_LENGTH = length of a UN/LOCODE
COUNTRY_LENGTH = length of a country's code
CONTAINER_LENGTH = length of a container's number
LETTER_A = code of the letter A
LETTER_Z = code of the letter Z
DIGIT_0 = code of the digit 0
DIGIT_2 = code of the digit 2
DIGIT_9 = code of the digit 9
LETTER_OFFSET = what the code of a letter is above its value
is_locode = form of a UN/LOCODE
is_letters = capital letters only
"""

"""ko:
Ports = 항만: 항만 공동체의 운영자가 어디에서 누가 터미널이고 누가 세관인지 정한다.
operator = 운영자
terminals = 터미널
offices = 세관
port = 항구
Leg = 구간
legs = 구간들
leg = 구간
source = 출발 항구
target = 도착 항구
vessel = 선박과 항차
departs = 출항 시각
arrives = 입항 시각
first = 첫 구간
declared = 신고된 물품
held = 보류된 물품
on_hold = 세관 보류
reason = 사유의 해시
note_hold = 보류 적기
cleared = 통관된 물품
declaration = 신고서의 해시
booking = 예약
by = 신고한 사람
terminal = 터미널
country = 나라
office = 세관
number = 번호
text = 글
name_terminal = 터미널 지정: KRPUS와 같은 항구 코드(UN/LOCODE)로 어느 항구의 터미널인지 정한다.
name_customs = 세관 지정: 두 글자 나라 코드로 어느 나라의 통관을 맡는지 정한다.
clear = 통관: 신고된 물품이 나라를 나가거나 들어오게 한다.
require_customs = 세관 확인
note_declaration = 신고 적기
require_cleared = 통관 확인
require_legs = 구간 확인
tell_legs = 구간 알리기
terminal_of = 터미널: 항구에서 일하는 터미널.
customs_of = 세관: 나라의 통관을 맡은 세관.
is_container = 컨테이너 번호인지: ISO 6346에 맞고 검사 숫자가 바른 번호인지.
is_locode = 항구 코드인지
is_letters = 대문자뿐인지
TerminalNamed = 터미널 지정: 이때부터 항구의 부두와 게이트를 맡는다.
CustomsNamed = 세관 지정: 이때부터 나라의 통관을 맡는다.
LegPlanned = 구간 계획: 경로의 한 구간. 같은 번호가 나중에 다시 오면 바뀐 것이다.
GoodsDeclared = 물품 신고: 누군가 나라의 세관에 물품을 신고하였다.
GoodsHeld = 세관 보류: 세관이 물품을 붙잡았거나 풀어 주었다.
that is decided already = 이미 그렇게 정해졌다
GoodsCleared = 통관: 세관이 신고된 물품이 나라를 나가거나 들어오게 하였다.
only the country's customs may do this = 그 나라의 세관만 할 수 있다
the goods are not declared = 신고되지 않은 물품이다
the goods are declared already = 이미 신고된 물품이다
customs has not cleared the goods = 세관이 아직 통관하지 않았다
a route has 1 to 8 legs = 경로는 1개에서 8개 구간까지이다
a leg begins where the one before ends = 구간은 앞 구간이 끝난 곳에서 시작한다
a leg goes to another port = 구간은 다른 항구로 간다
a vessel has 1 to 40 characters = 선박은 1자에서 40자까지로 적는다
the timetable runs backwards = 시각의 순서가 거꾸로이다
a port has a UN/LOCODE such as KRPUS = 항구는 KRPUS와 같은 UN/LOCODE로 적는다
a country has two letters = 나라는 두 글자로 적는다
no terminal is named for the port = 이 항구에는 정해진 터미널이 없다
no customs office is named for the country = 이 나라에는 정해진 세관이 없다
LEGS_MAX = 경로의 최대 구간 수
VESSEL_LENGTH_MAX = 선박 이름의 최대 길이
LOCODE_LENGTH = 항구 코드의 길이
COUNTRY_LENGTH = 나라 코드의 길이
CONTAINER_LENGTH = 컨테이너 번호의 길이
LETTER_A = 글자 A의 부호
LETTER_Z = 글자 Z의 부호
DIGIT_0 = 숫자 0의 부호
DIGIT_2 = 숫자 2의 부호
DIGIT_9 = 숫자 9의 부호
LETTER_OFFSET = 글자의 부호와 값의 차이
"""
