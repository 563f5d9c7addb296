"""The file of callers: strict, private, written whole; and what a node says of its changes."""

import json
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dure.api.access.callers import (
    CALLERS_MAX,
    NO_CALLERS,
    CallersFile,
    add_caller,
    describe_change,
    load_callers,
    remove_caller,
    save_callers,
)
from dure.api.access.roles import Role
from dure.api.access.tokens import generate_token
from dure.core.errors import ConfigurationError
from tests.unit.api.access.callers import build_record

READER = build_record(generate_token(), Role.READER, name="reporting")


def test_the_file_comes_back_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "callers.json"
    assert load_callers(path) == NO_CALLERS
    file = add_caller(NO_CALLERS, READER)
    save_callers(path, file)
    assert load_callers(path) == file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "callers.json"
    save_callers(path, NO_CALLERS)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_callers(path)


@pytest.mark.parametrize(
    "change",
    [
        {"role": "owner"},
        {"id": "0"},
        {"name": ""},
        {"name": "a b"},
        {"name": "a\nb"},
        {"token_digest": "00"},
        {"expires": -1},
        {"requests_per_second": 0},
        {"requests_burst": 1e300},
        {"more": 1},
    ],
)
def test_what_the_file_may_not_say_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "callers.json"
    record = msgspec.to_builtins(READER) | change
    path.write_text(json.dumps({"version": 1, "callers": [record]}))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no file of callers"):
        load_callers(path)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"version": 2, "callers": []}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "callers.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        load_callers(path)


def test_a_caller_stands_there_once(tmp_path: Path) -> None:
    path = tmp_path / "callers.json"
    with pytest.raises(ConfigurationError, match="already"):
        add_caller(add_caller(NO_CALLERS, READER), READER)
    other = build_record(generate_token(), Role.READER, name="other")
    for twice in (
        msgspec.structs.replace(other, name=READER.name),
        msgspec.structs.replace(other, id=READER.id),
    ):
        save_callers(path, CallersFile(1, (READER, twice)))
        with pytest.raises(ConfigurationError, match="twice"):
            load_callers(path)


def test_callers_are_removed_by_name_or_id() -> None:
    file = add_caller(NO_CALLERS, READER)
    assert remove_caller(file, "reporting") == remove_caller(file, READER.id) == NO_CALLERS
    with pytest.raises(ConfigurationError, match="no caller"):
        remove_caller(file, "somebody")


def test_a_node_knows_a_bounded_number() -> None:
    full = CallersFile(1, (READER,) * CALLERS_MAX)
    with pytest.raises(ConfigurationError, match="at most"):
        add_caller(full, build_record(generate_token(), Role.READER, name="one-more"))


def test_a_change_is_told_by_names() -> None:
    gone, new = (build_record(generate_token(), Role.AUDITOR, name=n) for n in ("gone", "new"))
    raised = msgspec.structs.replace(READER, role=Role.OPERATOR)
    told = describe_change(CallersFile(1, (READER, gone)), CallersFile(1, (raised, new)))
    assert told == {
        "added": "new (auditor)",
        "removed": "gone (auditor)",
        "changed": "reporting (operator)",
    }
    assert describe_change(CallersFile(1, (READER,)), CallersFile(1, (READER,))) == {}
