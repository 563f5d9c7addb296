"""Money of several banks and its exchange keep their promises, whatever is called."""

from dure.contract.language import hours
from dure.contract.library.bank_money import MoneyFounded
from dure.contract.library.exchange_quotes import ExchangeQuotes
from dure.testing import Deployed, Person, World
from dure.testing.invariants import check_invariants


def open_exchange(world: World) -> Deployed:
    """Two banks and a customer who holds both monies; the first bank runs the house."""
    return open_between(world, *world.people("bank", "abroad", "customer"))


def open_between(world: World, bank: Person, abroad: Person, customer: Person) -> Deployed:
    money = world.deploy(ExchangeQuotes, by=bank)
    for each, bic, currency in ((bank, "BANKKRSE", "KRW"), (abroad, "ABRDUS33", "USD")):
        money.admit_bank(by=bank, bank=each, bic=bic)
        asset = money.found_money(by=each, currency=currency, decimals=0)
        for holder in (bank, customer):
            money.open_account(
                by=each, money=asset, holder=holder, payment_most=5_000, day_most=9_000
            )
            money.deposit(by=each, money=asset, holder=holder, amount=20_000)
    return money


test_no_call_breaks_a_promise = check_invariants(
    ExchangeQuotes, start=open_exchange, examples=6, steps=25
)


def test_a_bank_sets_off_one_currency_with_another_bank_only(world: World) -> None:
    bank, abroad = world.people("bank", "abroad")
    money = world.deploy(ExchangeQuotes, by=bank)
    assets = {}
    for each, bic, currency in ((bank, "BANKKRSE", "KRW"), (abroad, "ABRDUS33", "USD")):
        money.admit_bank(by=bank, bank=each, bic=bic)
        assets[currency] = money.found_money(by=each, currency=currency, decimals=0)
    with world.refused("only one currency is set off"):
        money.set_off(by=bank, money=assets["KRW"], other=assets["USD"])
    with world.refused("a bank owes itself nothing"):
        money.set_off(by=bank, money=assets["KRW"], other=assets["KRW"])


def test_what_makes_no_sense_of_banks_and_accounts_is_refused(world: World) -> None:
    bank, customer = world.people("bank", "customer")
    money = world.deploy(ExchangeQuotes, by=bank)
    with world.refused("a BIC has 8 or 11 characters"):
        money.admit_bank(by=bank, bank=bank, bic="BANK")
    money.admit_bank(by=bank, bank=bank, bic="BANKKRSE")
    with world.refused("the bank takes part already"):
        money.admit_bank(by=bank, bank=bank, bic="BANKKRSE")
    with world.refused("a currency has three letters"):
        money.found_money(by=bank, currency="WON!", decimals=0)
    won = money.found_money(by=bank, currency="KRW", decimals=0)
    account = {"money": won, "holder": customer}
    money.open_account(by=bank, **account, payment_most=10, day_most=10)
    with world.refused("the holder has an account already"):
        money.open_account(by=bank, **account, payment_most=10, day_most=10)
    with world.refused("the account is in that state already"):
        money.change_state(by=bank, **account, state="OPEN")
    with world.refused("an amount is above zero"):
        money.deposit(by=bank, **account, amount=0)
    with world.refused("an amount is above zero"):
        money.withdraw(by=customer, money=won, amount=0)


def test_a_quote_that_makes_no_sense_is_refused(world: World) -> None:
    bank, abroad, customer = world.people("bank", "abroad", "customer")
    money = open_between(world, bank, abroad, customer)
    won, dollar = (each.money for each in world.events(MoneyFounded))
    quote = {"takes": won, "gives": dollar, "rate": "0.1", "most": 100}
    soon = world.now + hours(1)
    with world.refused("a quote is about two monies"):
        money.make_quote(by=bank, **quote | {"gives": won}, until=soon)
    with world.refused("an amount is above zero"):
        money.make_quote(by=bank, **quote | {"most": 0}, until=soon)
    with world.refused("the time of the quote has passed"):
        money.make_quote(by=bank, **quote, until=world.now)
    with world.refused("there is no such quote"):
        money.exchange(by=customer, quote=1, amount=10)
    number = money.make_quote(by=bank, **quote, until=soon)
    with world.refused("that buys nothing"):
        money.exchange(by=customer, quote=number, amount=1)
    with world.refused("a dealer does not use an own quote"):
        money.exchange(by=bank, quote=number, amount=100)
