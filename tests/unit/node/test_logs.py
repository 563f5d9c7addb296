"""Logs are one event a line, without secrets, in one form for ours and for the libraries'."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dure.node.logs import configure_logs


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    structlog.get_logger("x").info("block_final", height=7, block_id=b"\xab\xcd", name="a\nb")
    [line] = read(stream)
    assert (
        line.items()
        >= {
            "event": "block_final",
            "height": 7,
            "block_id": "abcd",
            "name": "a\nb",
            "level": "info",
        }.items()
    )
    assert str(line["timestamp"]).endswith("Z")


def test_secrets_are_blotted_out() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    structlog.get_logger().info(
        "opened", passphrase="hunter2", api_token=b"hunter2", Seed="hunter2"
    )
    assert "hunter2" not in stream.getvalue()
    assert len(read(stream)) == 1


def test_what_is_less_important_than_the_level_is_left_out() -> None:
    stream = io.StringIO()
    configure_logs("warning", "json", stream)
    structlog.get_logger().info("unimportant")
    logging.getLogger("library").info("unimportant")
    structlog.get_logger().warning("important")
    assert [line["event"] for line in read(stream)] == ["important"]


def test_libraries_log_in_the_same_form() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    logging.getLogger("uvicorn").warning("port %d is busy", 80)
    [line] = read(stream)
    assert line.items() >= {"event": "port 80 is busy", "level": "warning"}.items()


def test_an_error_keeps_its_traceback_on_its_line() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    try:
        raise ValueError("why")
    except ValueError:
        structlog.get_logger().exception("failed")
    [line] = read(stream)
    assert "ValueError: why" in str(line["exception"])


def test_the_console_is_for_people() -> None:
    stream = io.StringIO()
    configure_logs("info", "console", stream)
    structlog.get_logger().info("block_final", height=7)
    assert "block_final" in stream.getvalue()
    assert "height=7" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
