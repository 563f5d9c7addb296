"""Exchange between the money of banks: payment versus payment, at quotes that dealers stand by.

A dealer sets aside what a quote offers, so whoever takes it is served: both monies change hands in
one instant, or neither does. What nobody bought goes back to the dealer when the quote ends.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Decimal,
    Event,
    Map,
    Record,
    Rounding,
    Time,
    Var,
    call,
    days,
    require,
    scheduled,
    view,
)
from dure.contract.library.bank_money import BankMonies

NOTHING_BOUGHT = Amount(0)
QUOTE_LASTS = days(1)
QUOTE_GAS = 60_000


class ExchangeRate(Decimal):
    """Minor units of the money given for one minor unit of the money taken."""

    places = 10
    rounding = Rounding.DOWN


class FirmQuote(Record):
    """A dealer's firm offer; `left` is the money that it set aside and nobody has bought yet."""

    dealer: Address
    takes: Asset
    gives: Asset
    rate: ExchangeRate
    left: Amount
    until: Time
    end: int


class QuoteMade(Event):
    """A dealer offers money of one kind for another."""

    quote: int
    dealer: Address
    takes: Asset
    gives: Asset
    rate: ExchangeRate
    most: Amount
    until: Time


class QuoteEnded(Event):
    """A quote is over, and the dealer has back what nobody bought."""

    quote: int
    left: Amount


class Exchanged(Event):
    """Two monies changed hands in one instant."""

    quote: int
    customer: Address
    taken: Amount
    given: Amount


class ExchangeQuotes(BankMonies):
    """Bank money, and quotes at which one is exchanged for another."""

    quotes_made: Var[int]
    quotes: Map[int, FirmQuote]

    # Dealers, and those who exchange

    @call
    def make_quote(
        self, takes: Asset, gives: Asset, rate: ExchangeRate, most: Amount, until: Time
    ) -> int:
        """Offer `most` of one money, set aside until then, for another at a rate."""
        require(takes != gives, "a quote is about two monies")
        require(rate > ExchangeRate("0"), "a rate is above zero")
        require(most > NOTHING_BOUGHT, "an amount is above zero")
        require(self.now < until, "the time of the quote has passed")
        require(until <= self.now + QUOTE_LASTS, "a quote lasts a day at most")
        self.require_open(takes, self.sender)
        self.take(gives, self.sender, most)
        number = self.quotes_made + 1
        self.quotes_made = number
        end = self.schedule(until, self.end_quote, number, gas=QUOTE_GAS)
        self.quotes[number] = FirmQuote(self.sender, takes, gives, rate, most, until, end)
        self.emit(QuoteMade(number, self.sender, takes, gives, rate, most, until))
        return number

    @call
    def withdraw_quote(self, number: int) -> None:
        """End one's own quote early."""
        require(self.open_quote(number).dealer == self.sender, "only the dealer may end a quote")
        self.finish_quote(number)

    @call
    def exchange(self, quote: int, amount: Amount) -> Amount:
        """Pay a dealer and be paid in the same instant; return what was bought."""
        offer = self.open_quote(quote)
        self.require_open(offer.gives, self.sender)
        bought = self.use_quote(quote, amount)
        self.take(offer.takes, self.sender, amount)
        self.let_go(offer.takes, offer.dealer, amount)
        self.let_go(offer.gives, self.sender, bought)
        self.emit(Exchanged(quote, self.sender, amount, bought))
        return bought

    # What the contract does by itself

    @scheduled
    def end_quote(self, number: int) -> None:
        """Give the dealer back what nobody bought."""
        self.finish_quote(number)

    # What everybody may read

    @view
    def find_quote(self, number: int) -> FirmQuote:
        """Return a quote; they are numbered from 1."""
        require(number in self.quotes, "there is no such quote")
        return self.quotes[number]

    # Shared parts

    def open_quote(self, number: int) -> FirmQuote:
        quote = self.find_quote(number)
        require(self.now < quote.until, "the quote has expired")
        return quote

    def use_quote(self, number: int, amount: Amount) -> Amount:
        quote = self.quotes[number]
        bought = amount * quote.rate
        require(bought > NOTHING_BOUGHT, "that buys nothing")
        require(bought <= quote.left, "the quote has not so much left")
        require(quote.dealer != self.sender, "a dealer does not use an own quote")
        self.quotes[number] = quote.replace(left=quote.left - bought)
        return bought

    def finish_quote(self, number: int) -> None:
        quote = self.quotes[number]
        self.cancel(quote.end)
        self.quotes[number] = quote.replace(left=NOTHING_BOUGHT, until=self.now)
        if quote.left > NOTHING_BOUGHT:
            self.let_go(quote.gives, quote.dealer, quote.left)
        self.emit(QuoteEnded(number, quote.left))


"""en:
takes = money taken
gives = money given
left = money set aside and not bought
until = end of the quote
end = scheduled end
quotes_made = number of quotes
NOTHING_BOUGHT = nothing
QUOTE_LASTS = longest time of a quote
QUOTE_GAS = computing work set aside for the end of a quote, in gas
"""

"""ko:
ExchangeQuotes = 환전: 딜러가 책임지는 호가로 은행 화폐를 서로 바꾼다.
FirmQuote = 호가: 딜러가 책임지는 호가. 아직 팔리지 않은 돈은 따로 떼어 둔다.
ExchangeRate = 환율: 받는 돈의 최소 단위 하나에 내주는 돈의 최소 단위.
quote = 호가 번호
quotes = 호가 목록
quotes_made = 호가 수
number = 번호
dealer = 딜러
customer = 고객
takes = 받는 돈
gives = 내주는 돈
rate = 환율
most = 최대 금액
left = 남은 돈
until = 유효 기한
end = 예약된 종료
taken = 받은 금액
given = 내준 금액
bought = 산 돈
make_quote = 호가 내기: 한 돈을 따로 떼어 두고 기한까지 정해진 환율로 다른 돈과 바꾸어 준다.
withdraw_quote = 호가 거두기: 자기 호가를 일찍 끝낸다.
exchange = 환전: 딜러에게 돈을 주는 순간 다른 돈을 받고, 산 금액을 돌려받는다.
use_quote = 호가에서 산 돈
end_quote = 호가 종료: 아무도 사지 않은 돈을 딜러에게 돌려준다.
find_quote = 호가 조회: 호가 하나의 내용. 번호는 1부터이다.
QuoteMade = 호가: 딜러가 한 돈을 다른 돈과 바꾸어 준다고 하였다.
QuoteEnded = 호가 종료: 호가가 끝나 팔리지 않은 돈이 딜러에게 돌아갔다.
Exchanged = 환전: 두 돈이 한순간에 서로 바뀌었다.
a quote is about two monies = 호가는 서로 다른 두 돈에 대한 것이다
a rate is above zero = 환율은 0보다 커야 한다
the time of the quote has passed = 호가의 기한이 이미 지났다
a quote lasts a day at most = 호가는 길어야 하루이다
only the dealer may end a quote = 호가를 낸 딜러만 끝낼 수 있다
there is no such quote = 그런 호가가 없다
the quote has expired = 기한이 지난 호가이다
that buys nothing = 그 금액으로는 아무것도 살 수 없다
the quote has not so much left = 호가에 그만큼 남아 있지 않다
a dealer does not use an own quote = 딜러는 자기 호가를 쓸 수 없다
NOTHING_BOUGHT = 없음
QUOTE_LASTS = 호가의 최대 기간
QUOTE_GAS = 호가 종료에 배정된 연산량(가스)
"""
