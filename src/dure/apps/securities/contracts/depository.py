"""A central securities depository: which securities there are, who issues them, who holds them.

Holders, what is held back and courts' orders are `dure.contract.library.holdings`. The rules are
in README.md.
"""

from dure.contract.language import (
    Address,
    Choice,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    init,
    only,
    require,
    view,
)
from dure.contract.library.holdings import Holdings, Standing

UNITS_MAX = 1_000_000_000_000
SCALE_MAX = 1_000


class Kind(Choice):
    """What a security is."""

    SHARE = "a share in a company"
    BOND = "a debt with interest"
    PAPER = "commercial paper, a short debt sold at a discount"


class Security(Record):
    """What is registered under an ISIN.

    `nominal` is money for each unit, `authorised` the most units, `matures` 0 for shares.
    """

    kind: Kind
    name: str
    issuer: Address
    nominal: int
    authorised: int
    matures: Time


class SecurityRegistered(Event):
    """A security has its ISIN and its issuer."""

    isin: str
    kind: Kind
    name: str
    issuer: Address
    nominal: int
    authorised: int
    matures: Time


class AgentNamed(Event):
    """A contract pays for the issuers, splits and redeems."""

    agent: Address


class Depository(Holdings):
    """Keeps the register of securities and of their holders."""

    agent: Var[Address]
    securities: Map[str, Security]

    @init
    def open(self, operator: Address) -> None:
        """Open the depository, empty; until a paying agent is named, nobody pays."""
        self.agent = operator

    # The registrar

    @call
    @only(role="registrar")
    def register_security(self, isin: str, security: Security) -> None:
        """Enter a security; a share has the maturity 0, everything else one in the future."""
        require(self.is_isin(isin), "the ISIN has a wrong form or check digit")
        require(isin not in self.securities, "the ISIN is registered already")
        require(0 < len(security.name) <= 64, "a name has 1 to 64 characters")
        require(0 < security.nominal <= UNITS_MAX, "a nominal is 1 to 1,000,000,000,000")
        is_bounded = 0 < security.authorised <= UNITS_MAX
        require(is_bounded, "1 to 1,000,000,000,000 units are authorised")
        require(security.issuer in self.admitted, "the issuer is not admitted")
        is_share = security.kind == Kind.SHARE
        require(is_share or security.matures > self.now, "a debt matures in the future")
        require(not is_share or security.matures == Time(0), "a share does not mature")
        self.begin_series(isin)
        self.securities[isin] = security
        self.emit(
            SecurityRegistered(
                isin,
                security.kind,
                security.name,
                security.issuer,
                security.nominal,
                security.authorised,
                security.matures,
            )
        )

    @call
    @only(role="registrar")
    def name_agent(self, agent: Address) -> None:
        """Name the paying agent, who splits and redeems."""
        self.agent = agent
        self.emit(AgentNamed(agent))

    @call
    @only(role="registrar")
    def suspend(self, isin: str) -> None:
        """Have a security stand still."""
        require(self.series[isin].standing == Standing.ACTIVE, "the security stands still already")
        self.set_standing(isin, Standing.SUSPENDED)

    @call
    @only(role="registrar")
    def resume(self, isin: str) -> None:
        """Have a security move again."""
        require(self.series[isin].standing == Standing.SUSPENDED, "the security is not suspended")
        self.set_standing(isin, Standing.ACTIVE)

    # The issuers

    @call
    def issue(self, isin: str, units: int) -> None:
        """Make units in the issuer's own account, from which they are allotted against money."""
        security = self.securities[isin]
        require(self.sender == security.issuer, "only the issuer makes units")
        left = security.authorised - self.series[isin].issued
        require(0 < units <= left, "more than is authorised")
        self.issue_to(isin, self.sender, units)

    # The paying agent

    @call
    @only(party="agent")
    def split(self, isin: str, factor: int) -> None:
        """Make several units of each; what is held back is split with the rest."""
        security = self.securities[isin]
        require(security.kind == Kind.SHARE, "only shares are split")
        is_sound = factor >= 2 and self.series[isin].scale * factor <= SCALE_MAX
        require(is_sound and security.authorised * factor <= UNITS_MAX, "not such a split")
        self.split_all(isin, factor)
        self.securities[isin] = security.replace(authorised=security.authorised * factor)

    @call
    @only(party="agent")
    def redeem(self, isin: str) -> None:
        """End all units of a debt that is being paid back."""
        require(self.securities[isin].kind != Kind.SHARE, "shares are not paid back")
        self.redeem_all(isin)

    # What everybody may read

    @view
    def security(self, isin: str) -> Security:
        """Return what is registered under an ISIN."""
        return self.securities[isin]

    @view
    def is_isin(self, isin: str) -> bool:
        """Say whether a text is an ISIN (ISO 6166): letters, digits, and the right check digit."""
        data = isin.encode()
        if len(data) != 12 or not 65 <= data[0] <= 90 or not 65 <= data[1] <= 90:
            return False
        total = 0
        doubled = True
        for place in range(10, -1, -1):
            code = data[place]
            if not (48 <= code <= 57 or 65 <= code <= 90):
                return False
            value = code - 48 if code <= 57 else code - 55
            low = value % 10
            total += low * 2 // 10 + low * 2 % 10 if doubled else low
            doubled = not doubled
            if value > 9:
                high = value // 10
                total += high * 2 // 10 + high * 2 % 10 if doubled else high
                doubled = not doubled
        return data[11] - 48 == (10 - total % 10) % 10


"""en:
isin = ISIN
operator = operator of the depository
nominal = nominal of a unit
matures = maturity
issuer = issuer
agent = paying agent
UNITS_MAX = most units of a security
SCALE_MAX = most units that one may be split into
"""

"""ko:
Depository = 예탁결제원: 어떤 증권이 있고, 누가 발행하였고, 누가 가졌는지를 적는 장부이다.
registrar = 등록 담당자
court = 법원
operator = 운영자
agent = 지급 대리인
issuer = 발행인
isin = 종목 코드(ISIN)
Kind = 증권 종류: 증권이 무엇인지를 뜻한다.
kind = 증권 종류
a share in a company = 주식
a debt with interest = 채권
commercial paper, a short debt sold at a discount = 기업어음
Security = 증권
security = 증권: 종목 코드에 등록된 것.
securities = 등록된 증권
name = 종목명
nominal = 액면가
authorised = 발행 한도
matures = 만기
open = 시작: 빈 장부를 연다. 지급 대리인이 정해지기 전에는 아무도 지급하지 않는다.
register_security = 종목 등록: 증권을 등록한다. 주식의 만기는 0이고 나머지는 앞날이다.
name_agent = 지급 대리인 지정: 발행인을 대신하여 지급하고 분할하고 상환할 계약을 정한다.
suspend = 이전 정지: 종목이 움직이지 못하게 한다.
resume = 정지 해제: 종목이 다시 움직이게 한다.
issue = 발행: 발행인 자신의 계좌에 증권을 만든다. 거기에서 대금과 맞바꾸어 배정한다.
split = 분할: 한 단위를 여러 단위로 나눈다. 묶인 것도 함께 나뉜다.
redeem = 상환: 갚는 채권의 모든 단위를 없앤다.
is_isin = 종목 코드 검사: ISO 6166의 꼴이고 검사 숫자가 맞는지.
SecurityRegistered = 종목 등록: 증권에 종목 코드와 발행인이 있다.
AgentNamed = 지급 대리인 지정: 계약이 발행인을 대신하여 지급하고 분할하고 상환한다.
the ISIN has a wrong form or check digit = 종목 코드의 꼴이나 검사 숫자가 틀렸다
the ISIN is registered already = 이미 등록된 종목이다
a name has 1 to 64 characters = 종목명은 1자에서 64자까지이다
a nominal is 1 to 1,000,000,000,000 = 액면가는 1에서 1,000,000,000,000까지이다
1 to 1,000,000,000,000 units are authorised = 발행 한도는 1에서 1,000,000,000,000까지이다
the issuer is not admitted = 등록되지 않은 발행인이다
a debt matures in the future = 채권의 만기는 앞날이어야 한다
a share does not mature = 주식에는 만기가 없다
the security stands still already = 이미 정지된 종목이다
the security is not suspended = 정지되지 않은 종목이다
only the issuer makes units = 발행인만 증권을 발행한다
more than is authorised = 발행 한도를 넘는다
only shares are split = 주식만 분할한다
not such a split = 그렇게 분할할 수 없다
shares are not paid back = 주식은 상환하지 않는다
factor = 분할 배수
units = 수량
UNITS_MAX = 한 종목의 최대 수량
SCALE_MAX = 한 단위가 나뉠 수 있는 최대 단위 수
"""
