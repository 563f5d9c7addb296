"""Trade finance as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.trade.contracts.bills_of_lading import BillsOfLading
from dure.apps.trade.contracts.letters_of_credit import LettersOfCredit
from dure.apps.trade.contracts.receivables import Receivables
from dure.apps.trade.hottest import HOTTEST
from dure.apps.trade.stories import (
    discrepancy_is_waived,
    documents_and_title_move_against_payment,
    one_invoice_is_financed_once,
    refused_documents_come_again_and_silence_pays,
)

APP = Application(
    slug="trade",
    title_en="Letters of credit, bills of lading and receivables",
    title_ko="신용장과 선하증권, 외상 채권",
    report_rows=("F8", "F9", "F10", "L2", "L5"),
    contracts=(LettersOfCredit, BillsOfLading, Receivables),
    roles=(
        Party("importer", "수입자", "applies for credits, waives, owes invoices"),
        Party("exporter", "수출자", "presents documents, sells invoices, is paid"),
        Party("bank", "은행", "issues, advises and confirms credits, examines, buys invoices"),
        Party("carrier", "운송인", "issues bills of lading and takes them back"),
    ),
    stories=(
        documents_and_title_move_against_payment,
        discrepancy_is_waived,
        refused_documents_come_again_and_silence_pays,
        one_invoice_is_financed_once,
    ),
    pages=("index", "credits"),
    package="dure.apps.trade",
    hottest=HOTTEST,
)
