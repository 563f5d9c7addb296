"""Shipments as the rest of Dure sees them."""

from dure.application import Application, Party
from dure.apps.shipment.contract import Shipments
from dure.apps.shipment.contract_personal import PersonalImports
from dure.apps.shipment.hottest import HOTTEST
from dure.apps.shipment.stories import (
    container_has_one_voyage_at_a_time,
    purchase_abroad_is_declared_at_its_price,
    reefer_warms_up_and_everybody_knows,
    transshipment_waits_for_customs,
)
from dure.apps.shipment.tables import TABLES

APP = Application(
    slug="shipment",
    title_en="Containers and their voyages",
    title_ko="컨테이너 운송",
    report_rows=("L1", "L4", "L5", "L6", "P6", "P7", "T16"),
    contracts=(Shipments, PersonalImports),
    roles=(
        Party("shipper", "송하인", "books and pays the freight, declares goods for export"),
        Party("carrier", "운송인", "confirms, names the device, plans legs, answers claims"),
        Party("terminal", "터미널", "takes in, loads, discharges and lets out, in its port only"),
        Party("customs", "세관", "clears, holds and lets go, in its country only"),
        Party("consignee", "수하인", "declares for import, accepts, claims damage"),
        Party("device", "장치", "signs temperature, door and position"),
        Party("surveyor", "검정인", "decides claims that the parties do not settle"),
        Party("buyer", "구매자", "buys abroad, declares at the price that was paid"),
        Party("seller", "판매자", "ships, is paid on delivery"),
        Party("courier", "배송업체", "brings what was bought abroad"),
        Party("operator", "운영자", "names terminals and customs offices"),
    ),
    stories=(
        reefer_warms_up_and_everybody_knows,
        transshipment_waits_for_customs,
        container_has_one_voyage_at_a_time,
        purchase_abroad_is_declared_at_its_price,
    ),
    pages=("index", "routes"),
    package="dure.apps.shipment",
    tables=TABLES,
    hottest=HOTTEST,
)
