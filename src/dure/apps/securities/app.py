"""The securities market as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.securities.contracts.agent import PayingAgent
from dure.apps.securities.contracts.counter import Counter
from dure.apps.securities.contracts.cross_delivery import CrossDelivery
from dure.apps.securities.contracts.cross_payment import CrossPayment
from dure.apps.securities.contracts.depository import Depository
from dure.apps.securities.contracts.market import Market
from dure.apps.securities.contracts.offering import Offering
from dure.apps.securities.hottest import HOTTEST
from dure.apps.securities.stories import (
    commercial_paper_is_paid_back_by_itself,
    dividend_split_and_pledge_reach_every_holder,
    new_shares_are_offered_to_the_public,
    shares_change_hands_at_the_same_instant,
)
from dure.apps.securities.tables import TABLES

APP = Application(
    slug="securities",
    title_en="Securities market",
    title_ko="증권 시장",
    report_rows=("F2", "F4", "F11", "F12", "F13", "P10"),
    contracts=(Depository, Market, Counter, PayingAgent, Offering, CrossDelivery, CrossPayment),
    roles=(
        Party("registrar", "등록 담당자", "registers securities, admits holders and systems"),
        Party("court", "법원", "freezes holdings and releases them"),
        Party("issuer", "발행인", "makes units, funds coupons, declares dividends"),
        Party("holder", "보유자", "trades, pledges, is paid"),
    ),
    stories=(
        shares_change_hands_at_the_same_instant,
        commercial_paper_is_paid_back_by_itself,
        dividend_split_and_pledge_reach_every_holder,
        new_shares_are_offered_to_the_public,
    ),
    pages=("index", "market", "offering"),
    package="dure.apps.securities",
    tables=TABLES,
    hottest=HOTTEST,
)
