"""Elections and polls as the rest of Dure sees them."""

from dure.application import Application, Party
from dure.apps.ballot.contract import Elections
from dure.apps.ballot.hottest import HOTTEST
from dure.apps.ballot.stories import (
    ballots_stay_sealed_and_everybody_counts_again,
    poll_asks_whom_the_lot_falls_on,
    who_cheats_is_found_and_named,
)
from dure.apps.ballot.tables import TABLES

APP = Application(
    slug="ballot",
    title_en="Verifiable elections",
    title_ko="검증 가능한 선거",
    report_rows=("P2", "P12"),
    contracts=(Elections,),
    roles=(
        Party("organiser", "주관자", "announces, opens the box, declares the result"),
        Party("trustee", "수탁자", "makes the key with the others, opens the sum"),
        Party("voter", "투표인", "casts a sealed ballot, checks the receipt"),
        Party("observer", "참관인", "counts again, objects to who cheated"),
    ),
    stories=(
        ballots_stay_sealed_and_everybody_counts_again,
        who_cheats_is_found_and_named,
        poll_asks_whom_the_lot_falls_on,
    ),
    pages=("index", "box"),
    package="dure.apps.ballot",
    tables=TABLES,
    hottest=HOTTEST,
)
