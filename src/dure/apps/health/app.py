"""Health records and care as the rest of Dure sees them."""

from dure.application import Application, Party
from dure.apps.health.contracts.care import Care
from dure.apps.health.contracts.records import HealthRecords
from dure.apps.health.contracts.sets import SharedSets
from dure.apps.health.hottest import HOTTEST
from dure.apps.health.stories import (
    emergency_is_seen_and_contested,
    patient_decides_who_reads,
    researcher_earns_a_set,
    result_at_home_leads_to_the_medicine,
)
from dure.apps.health.tables import TABLES

APP = Application(
    slug="health",
    title_en="Health records that the patient governs",
    title_ko="환자가 다스리는 건강 기록",
    report_rows=("H1", "H3", "H5", "H7", "H9"),
    contracts=(HealthRecords, SharedSets, Care),
    roles=(
        Party("patient", "환자", "consents, withdraws, sees every reading, contests, is rewarded"),
        Party("hospital", "병원", "seals records, keeps them, makes de-identified sets"),
        Party("doctor", "의사", "reads with consent, or in an emergency; prescribes"),
        Party("pharmacy", "약국", "hands a prescribed medicine over, once"),
        Party("researcher", "연구자", "helps keep the ledger and is given de-identified sets"),
        Party("sponsor", "후원자", "pays the rewards"),
        Party("maker", "제조사", "makes devices and names their keys"),
        Party("ombudsman", "심의관", "decides whether an emergency was one"),
    ),
    stories=(
        patient_decides_who_reads,
        emergency_is_seen_and_contested,
        researcher_earns_a_set,
        result_at_home_leads_to_the_medicine,
    ),
    pages=("index", "patient"),
    package="dure.apps.health",
    tables=TABLES,
    hottest=HOTTEST,
)
