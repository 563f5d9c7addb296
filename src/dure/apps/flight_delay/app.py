"""Flight delay cover as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.flight_delay.contract import FlightDelay
from dure.apps.flight_delay.hottest import HOTTEST
from dure.apps.flight_delay.stories import (
    cancelled_flight_gives_the_premium_back,
    late_flight_pays_by_itself,
    silent_oracle_costs_the_traveller_nothing,
)
from dure.apps.flight_delay.tables import TABLES

APP = Application(
    slug="flight-delay",
    title_en="Flight delay cover",
    title_ko="항공 지연 보험",
    report_rows=("X15",),
    contracts=(FlightDelay,),
    roles=(
        Party("insurer", "보험사", "names premium and cover, puts the reserve in"),
        Party("traveller", "여행자", "buys a policy, is paid"),
        Party("flight oracle", "운항 정보 제공자", "reports arrivals and cancellations"),
    ),
    stories=(
        late_flight_pays_by_itself,
        cancelled_flight_gives_the_premium_back,
        silent_oracle_costs_the_traveller_nothing,
    ),
    pages=("index", "flights"),
    package="dure.apps.flight_delay",
    tables=TABLES,
    hottest=HOTTEST,
)
