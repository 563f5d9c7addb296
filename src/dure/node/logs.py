"""Logs: one event a line on standard error, as JSON for machines or as text for people.

An event has a name in snake case and fields (`log.info("block_final", height=7)`). Bytes are
written as hexadecimal digits. Fields whose name says that they hold a secret are blotted out: a
secret in a log is a mistake of ours, and this is the second line of defence. Lines of the libraries
(uvicorn, asyncio) come out in the same form.
"""

import logging
import sys
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_WORDS: Final = ("passphrase", "password", "secret", "seed", "token", "authorization")
BLOT: Final = "(not logged)"


def configure_logs(level: str, format_: str, stream: TextIO | None = None) -> None:
    """Set up logging for the whole process; `level` and `format_` are those of `[log]`."""
    target = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        blot_secrets,
        write_bytes_as_hex,
    ]
    renderer = _build_renderer(format_, target)
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)


def blot_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says that it is a secret."""
    return {
        name: BLOT if any(word in name.lower() for word in SECRET_WORDS) else value
        for name, value in event.items()
    }


def write_bytes_as_hex(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn bytes into text, so that hashes and keys can be searched for."""
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in event.items()
    }


def _build_renderer(format_: str, target: TextIO) -> list[Any]:
    if format_ == "console":
        return [structlog.dev.ConsoleRenderer(colors=target.isatty())]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
