"""Payments as the rest of Dure sees them."""

from dure.application import Application, Party
from dure.apps.payments.cards import CardPayments
from dure.apps.payments.contract import Payments
from dure.apps.payments.directory import PhoneDirectory
from dure.apps.payments.hottest import HOTTEST
from dure.apps.payments.purchases import PurchaseEscrow
from dure.apps.payments.stories import (
    car_pays_at_the_charger_and_no_more,
    goods_are_paid_when_they_are_accepted,
    listed_payee_and_silent_bank,
    money_abroad_arrives_at_the_quoted_rate,
    order_travels_between_two_banks,
)
from dure.apps.payments.tables import TABLES

APP = Application(
    slug="payments",
    title_en="Payments between banks",
    title_ko="은행 사이의 지급",
    report_rows=("F1", "F5", "F6", "F17", "X1", "X2", "T12"),
    contracts=(Payments, CardPayments, PurchaseEscrow, PhoneDirectory),
    roles=(
        Party("clearing house", "청산 기관", "admits banks and services"),
        Party("bank", "은행", "issues its own money, screens and settles"),
        Party("customer", "고객", "orders payments, and is paid"),
        Party("dealer", "외환 딜러", "quotes rates, with the money set aside"),
        Party("shop", "가맹점", "captures, reverses, refunds"),
    ),
    stories=(
        order_travels_between_two_banks,
        money_abroad_arrives_at_the_quoted_rate,
        listed_payee_and_silent_bank,
        goods_are_paid_when_they_are_accepted,
        car_pays_at_the_charger_and_no_more,
    ),
    pages=("index", "orders"),
    package="dure.apps.payments",
    tables=TABLES,
    hottest=HOTTEST,
)
