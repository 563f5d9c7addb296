"""What is kept for pages and reports: consents, readings, emergencies and care."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

_RECORDS: Final = "HealthRecords"
_READER: Final = TableColumn("reader", ColumnType.ADDRESS)
_PATIENT: Final = TableColumn("patient", ColumnType.ADDRESS)
_CONSENT: Final = TableColumn("consent", ColumnType.INTEGER)
_KIND: Final = TableColumn("kind", ColumnType.TEXT)
_PURPOSE: Final = TableColumn("purpose", ColumnType.TEXT)

CONSENTS: Final = Table(
    "consents",
    _RECORDS,
    key=("consent",),
    columns=(
        _CONSENT,
        TableColumn("subject", ColumnType.ADDRESS),
        _READER,
        _KIND,
        _PURPOSE,
        TableColumn("begins", ColumnType.TIME),
        TableColumn("ends", ColumnType.TIME),
        TableColumn("standing", ColumnType.TEXT),
        TableColumn("uses", ColumnType.INTEGER),
    ),
    tells=(
        Told("ConsentGiven", sets={"standing": "GIVEN"}),
        Told("ConsentUsed"),
        Told("ConsentWithdrawn", sets={"standing": "WITHDRAWN"}),
    ),
    title_en="Consents",
    title_ko="동의",
)

ACCESSES: Final = Table(
    "accesses",
    _RECORDS,
    columns=(
        _PATIENT,
        _KIND,
        _READER,
        TableColumn("keeper", ColumnType.ADDRESS),
        TableColumn("basis", ColumnType.CHOICE),
        _PURPOSE,
        _CONSENT,
        TableColumn("emergency", ColumnType.INTEGER),
    ),
    tells=(Told("AccessLogged"),),
    title_en="Readings",
    title_ko="열람",
)

EMERGENCIES: Final = Table(
    "emergencies",
    _RECORDS,
    key=("emergency",),
    columns=(
        TableColumn("emergency", ColumnType.INTEGER),
        _PATIENT,
        _READER,
        TableColumn("ends", ColumnType.TIME),
        TableColumn("state", ColumnType.CHOICE),
    ),
    tells=(
        Told("EmergencyOpened", sets={"state": "OPENED"}),
        Told("EmergencyContested", sets={"state": "CONTESTED"}),
        Told("EmergencyDecided"),
    ),
    title_en="Emergencies",
    title_ko="응급 열람",
)

CARE: Final = Table(
    "care",
    "Care",
    key=("number",),
    columns=(
        TableColumn("number", ColumnType.INTEGER),
        _PATIENT,
        TableColumn("doctor", ColumnType.ADDRESS),
        TableColumn("pharmacy", ColumnType.ADDRESS),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("amount", ColumnType.AMOUNT, "money"),
    ),
    tells=(
        Told("ResultReported", sets={"state": "REPORTED"}),
        Told("ResultPassedOn"),
        Told("ResultMoved"),
        Told("MedicinePrescribed"),
        Told("PharmacyChosen"),
        Told("CareRewarded"),
    ),
    title_en="Care",
    title_ko="진료",
)

REWARDS: Final = Table(
    "rewards",
    "SharedSets",
    columns=(
        _PATIENT,
        TableColumn("set", ColumnType.BYTES),
        TableColumn("amount", ColumnType.AMOUNT, "money"),
    ),
    tells=(Told("SharingRewarded"),),
    title_en="Rewards for sharing",
    title_ko="나눔 보상",
)

TABLES: Final = (CONSENTS, ACCESSES, EMERGENCIES, CARE, REWARDS)
