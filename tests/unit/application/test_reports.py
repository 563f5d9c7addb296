"""A demo's closing report is written whole, read within bounds, and paired by name."""

from pathlib import Path

import pytest

from dure.application.reports import (
    REPORT_SIZE_MAX,
    Pair,
    has_report,
    list_pairs,
    read_report,
    write_report,
)
from dure.core.errors import ConfigurationError

FACTS = {"sold": 3, "expected_sold": 3, "money": [1, 2], "expected_money": [1, 3], "seconds": 1.5}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    assert not has_report(folder, "energy")
    assert read_report(folder, "energy") is None
    write_report(folder, "energy", {"sold": 1})
    file = write_report(folder, "energy", FACTS)
    assert has_report(folder, "energy")
    assert read_report(folder, "energy") == FACTS
    assert list(folder.iterdir()) == [file], "no draft is left"


def test_a_name_stands_beside_what_had_to_come_out() -> None:
    pairs = list_pairs(FACTS)
    assert pairs == [Pair("sold", 3, 3), Pair("money", [1, 2], [1, 3])]
    assert [each.is_right for each in pairs] == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"a": 1',
        b'{"a": ' + b"[" * 9_000 + b"]" * 9_000 + b"}",
        b" " * (REPORT_SIZE_MAX + 1),
    ],
    ids=["nothing", "a list", "no text", "cut", "deep", "long"],
)
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "energy.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"energy\.json"):
        read_report(tmp_path, "energy")


def test_a_folder_in_its_place_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "energy.json").mkdir()
    assert not has_report(tmp_path, "energy")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_report(tmp_path, "energy")


def test_a_report_that_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="over"):
        write_report(tmp_path, "energy", {"text": "x" * REPORT_SIZE_MAX})
    assert list(tmp_path.iterdir()) == []
