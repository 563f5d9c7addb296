"""A node's errors come back as the classes that it raised."""

import msgspec
import pytest

from dure.core.errors import DureError, NotFound, QuotaExhausted, Unavailable, ViewRefused
from dure.sdk import RequestRefused
from dure.sdk.errors import read_error


def answer(code: str, message: str = "no", /, **facts: object) -> bytes:
    return msgspec.json.encode({"error": {"code": code, "message": message, "facts": facts}})


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (404, answer("not_found"), NotFound),
        (422, answer("quota_exhausted", left=5), QuotaExhausted),
        (422, answer("view_refused", refusal="out_of_gas"), ViewRefused),
        (418, answer("of_a_later_version"), RequestRefused),
        (500, answer("internal_error"), Unavailable),
        (502, b"<html>bad gateway</html>", Unavailable),
        (404, b"", RequestRefused),
    ],
)
def test_each_answer_has_its_class(status: int, content: bytes, expected: type[DureError]) -> None:
    assert type(read_error(status, content)) is expected


def test_facts_and_codes_are_kept() -> None:
    assert read_error(422, answer("quota_exhausted", left=5)).facts == {"left": 5}
    unknown = read_error(418, answer("of_a_later_version"))
    assert unknown.facts == {"code": "of_a_later_version", "status": 418}
    refused = read_error(422, answer("view_refused", refusal="out_of_gas"))
    assert refused.facts == {"refusal": "out_of_gas"}


def test_a_node_cannot_overwrite_the_message_through_the_facts() -> None:
    problem = read_error(404, answer("not_found", "none", message="other", self="other"))
    assert (problem.message, problem.facts) == ("none", {})


def test_a_long_message_is_cut() -> None:
    assert len(read_error(404, answer("not_found", "x" * 100_000)).message) <= 2000
