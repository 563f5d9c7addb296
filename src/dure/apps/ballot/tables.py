"""What is kept for pages and reports: elections, ballots by their digests, trustees, objections."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

ELECTIONS: Final = Table(
    "elections",
    "Elections",
    key=("number",),
    columns=(
        TableColumn("number", ColumnType.INTEGER),
        TableColumn("title", ColumnType.TEXT),
        TableColumn("organiser", ColumnType.ADDRESS),
        TableColumn("closes", ColumnType.TIME),
        TableColumn("phase", ColumnType.CHOICE),
        TableColumn("turnout", ColumnType.INTEGER),
        TableColumn("ballots", ColumnType.INTEGER),
        TableColumn("counted", ColumnType.INTEGER),
    ),
    tells=(
        Told("ElectionAnnounced", sets={"phase": "KEYS"}),
        Told("VotingOpened", sets={"phase": "VOTING"}),
        Told("VotingClosed", sets={"phase": "COUNTING"}),
        Told("ResultDeclared", sets={"phase": "DECLARED"}),
        Told("ElectionEnded"),
    ),
    title_en="Elections",
    title_ko="선거",
)

BALLOTS: Final = Table(
    "ballots",
    "Elections",
    columns=(
        TableColumn("number", ColumnType.INTEGER),
        TableColumn("voter", ColumnType.ADDRESS),
        TableColumn("digest", ColumnType.BYTES),
        TableColumn("turnout", ColumnType.INTEGER),
    ),
    tells=(Told("BallotCast"),),
    title_en="Sealed ballots",
    title_ko="봉인한 표",
)

OBJECTIONS: Final = Table(
    "objections",
    "Elections",
    columns=(
        TableColumn("number", ColumnType.INTEGER),
        TableColumn("observer", ColumnType.ADDRESS),
        TableColumn("accused", ColumnType.ADDRESS),
        TableColumn("finding", ColumnType.CHOICE),
        TableColumn("report", ColumnType.BYTES),
    ),
    tells=(Told("ObjectionRaised"),),
    title_en="Objections of observers",
    title_ko="참관인의 이의",
)

TABLES: Final = (ELECTIONS, BALLOTS, OBJECTIONS)
"""All tables, in the order of the page."""
