"""The energy market as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.energy.contract import EnergyMarket
from dure.apps.energy.contract_sharing import MeterSharing
from dure.apps.energy.hottest import HOTTEST
from dure.apps.energy.stories import (
    data_are_read_with_permission_only,
    neighbours_sell_to_neighbours,
)

APP = Application(
    slug="energy",
    title_en="Neighbourhood energy",
    title_ko="이웃 전력 거래",
    report_rows=("E1", "E2", "E4", "E6", "E7"),
    contracts=(EnergyMarket, MeterSharing),
    roles=(
        Party("operator", "배전망 운영자", "admits houses, registers meters and withdraws them"),
        Party("supplier", "전력 공급사", "announces prices, sells and buys what is not traded"),
        Party("house", "가구", "orders, meters, is paid, shares data"),
        Party("reader", "열람자", "reads metering data with permission"),
    ),
    stories=(neighbours_sell_to_neighbours, data_are_read_with_permission_only),
    pages=("index", "day"),
    package="dure.apps.energy",
    hottest=HOTTEST,
)
