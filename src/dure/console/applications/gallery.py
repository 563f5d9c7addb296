"""The values with which the gallery shows every piece: usual, extreme, hostile.

Hostile ones are what somebody might put on a chain to have a reader's browser do something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

HOSTILE: Final = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}${7*7}';--"
LONG_WORD: Final = "Donaudampfschifffahrtsgesellschaftskapitän" * 6
BACKWARDS: Final = "\u202egnp.exe\u202c 한국어 עברית"
LARGEST: Final = 2**256 - 1
MOMENT: Final = 1_767_603_600_000
HOUR: Final = 3_600_000

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece with values: its macro is called with them."""

    steppers: Sequence[Sequence[Values]]
    phases: Sequence[str]
    parties: Sequence[Values]
    timelines: Sequence[Sequence[Values]]
    amounts: Sequence[tuple[object, int, str, bool]]
    names: Sequence[tuple[str, str, str]]
    charts: Sequence[tuple[str, str, Sequence[str], Sequence[Sequence[object]], int, bool]]
    maps: Sequence[tuple[str, Sequence[Values]]]
    documents: Sequence[tuple[str, str, str]]


def build_gallery(address: str) -> Shown:
    """Return all values; `address` is one that this chain knows."""
    return Shown(
        steppers=_STEPPERS,
        phases=("Application", "Issue", "Shipment", "Documents", "Payment"),
        parties=_PARTIES,
        timelines=_TIMELINES,
        amounts=_AMOUNTS,
        names=(
            ("Minji Kim", address, "traveller"),
            ("한빛은행", "", "은행"),
            ("", "", ""),
            (HOSTILE, "", HOSTILE),
            (LONG_WORD, address, ""),
            (BACKWARDS, "", ""),
        ),
        charts=_CHARTS,
        maps=_MAPS,
        documents=(
            ("notes.txt", sha256(b"a document").hexdigest(), ""),
            ("console.css", "00" * 32, "/static/console.css"),
            (HOSTILE, HOSTILE, "javascript:alert(3)"),
        ),
    )


_STEPPERS: Final[Sequence[Sequence[Values]]] = (
    (
        {"label": "Sold", "state": "done", "who": "traveller", "time": MOMENT},
        {"label": "Flown", "state": "done", "time": MOMENT + 9 * HOUR, "note": "131 minutes late"},
        {"label": "Paid", "state": "current"},
        {"label": "Closed", "state": "waiting"},
    ),
    (
        {"label": "신청", "state": "done", "who": "수입업자"},
        {"label": "서류 심사", "state": "returned", "note": "선하증권 사본이 아니라 원본이 필요함"},
        {"label": "지급", "state": "refused", "note": "기한 경과"},
        {"label": "이의 신청", "state": "skipped"},
    ),
    (
        {"label": HOSTILE, "state": HOSTILE, "who": HOSTILE, "note": LONG_WORD, "time": -1},
        {"label": LONG_WORD, "state": "current", "time": 10**20},
    ),
    ({"label": "Alone", "state": "current"},),
)
_PARTIES: Final[Sequence[Values]] = (
    {
        "name": "Importer",
        "cells": [{"state": "done", "time": MOMENT}, None, None, None, {"state": "waiting"}],
    },
    {
        "name": "Issuing bank",
        "cells": [
            {"state": "done"},
            {"state": "done"},
            None,
            {"state": "returned", "note": "the invoice names another ship"},
            {"state": "waiting"},
        ],
    },
    {
        "name": "Exporter",
        "cells": [
            None,
            None,
            {"state": "done"},
            {"state": "current", "note": "sends them again"},
            None,
        ],
    },
    {"name": HOSTILE, "cells": [{"state": "refused", "note": HOSTILE}, None, None, None, None]},
)
_TIMELINES: Final[Sequence[Sequence[Values]]] = (
    (
        {"title": "Policy 7 sold", "time": MOMENT, "who": "traveller", "href": "/"},
        {"title": "Landed late", "time": MOMENT + 9 * HOUR, "tone": "warn", "note": "131 minutes"},
        {"title": "Paid", "time": MOMENT + 9 * HOUR + 1, "note": "200 000 won"},
        {"title": HOSTILE, "tone": "bad", "who": LONG_WORD, "note": BACKWARDS},
    ),
    (),
)
_AMOUNTS: Final[Sequence[tuple[object, int, str, bool]]] = (
    (200_000, 0, "won", False),
    ("123456789", 2, "usd", False),
    (-5_000, 0, "won", True),
    (195_000, 0, "won", True),
    (0, 2, "usd", True),
    (1, 18, "wei", False),
    (LARGEST, 18, "max", False),
    (-LARGEST, 0, HOSTILE, True),
    (HOSTILE, 2, "usd", False),
)
_CHARTS: Final[Sequence[tuple[str, str, Sequence[str], Sequence[Sequence[object]], int, bool]]] = (
    (
        "line",
        "Transactions an hour",
        ("Time", "sent", "refused"),
        [(MOMENT + hour * HOUR, 40 + 7 * hour % 23, hour % 5) for hour in range(24)],
        0,
        True,
    ),
    (
        "bar",
        "Paid by carrier, in won",
        ("Carrier", "premiums", "covers"),
        [("UA", 500_000, 1_200_000), ("AA", 450_000, 400_000), ("항공사", 90_000, None)],
        0,
        False,
    ),
    (
        "candlestick",
        "Price of a bond",
        ("Day", "open", "close", "lowest", "highest"),
        [
            ("1 June", 9_950, 9_990, 9_940, 10_010),
            ("2 June", 9_990, 9_960, 9_950, 10_000),
            ("3 June", 9_960, 10_020, 9_955, 10_030),
        ],
        2,
        False,
    ),
    (
        "sankey",
        "How money moved",
        ("From", "To", "won"),
        [
            ("insurer", "contract", 500_000),
            ("traveller", "contract", 5_000),
            ("contract", "traveller again", 200_000),
        ],
        0,
        False,
    ),
    ("line", HOSTILE, (HOSTILE, LONG_WORD), [(HOSTILE, LARGEST), ("", None)], 18, False),
    ("bar", "Nothing yet", ("Day", "won"), [], 0, False),
)
_NEWARK: Final[Values] = {"name": "EWR", "latitude": "40.6925", "longitude": "-74.168667"}
_HOUSTON: Final[Values] = {"name": "IAH", "latitude": "29.984433", "longitude": "-95.341442"}
_SEOUL: Final[Values] = {"name": "ICN", "latitude": 37.46, "longitude": 126.44}
_HONOLULU: Final[Values] = {"name": "HNL", "latitude": 21.32, "longitude": -157.92}
_UNKNOWN: Final[Values] = {"name": HOSTILE, "latitude": None, "longitude": None}
_FAR: Final[Values] = {"name": LONG_WORD, "latitude": "1e9", "longitude": "NaN"}
_MAPS: Final[Sequence[tuple[str, Sequence[Values]]]] = (
    (
        "Flights of a day",
        (
            {"source": _NEWARK, "target": _HOUSTON, "state": "late", "note": "131 minutes late"},
            {"source": _SEOUL, "target": _HONOLULU, "state": "current", "share": 60},
            {"source": _HONOLULU, "target": _NEWARK, "state": "waiting"},
            {"source": _NEWARK, "target": _UNKNOWN, "state": "stopped", "note": HOSTILE},
            {"source": _FAR, "target": _SEOUL, "state": HOSTILE, "share": -5},
        ),
    ),
    ("Nothing on the way", ()),
)
