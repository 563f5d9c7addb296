"""The closing report of an application's demo: what came out, what had to, and drawings of both."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from dure.application.reports import EXPECTED, Pair, list_pairs, read_report
from dure.console.applications.sections import Seen, look_at
from dure.console.facts.flow import BLOCKS_READ
from dure.console.pages.applications import count_events
from dure.console.site import Page, Site
from dure.core.errors import ConfigurationError, NotFound

VERDICTS: Final = ("money_conserved", "proof_verified", "state_roots_equal")
OF_EVERY_DEMO: Final = (
    "chain_id",
    "validators",
    "height",
    "transactions",
    "seconds",
    "date",
    "seed",
    "proof_file",
)
BARS_MAX: Final = 200
TEXT_MAX: Final = 400

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A pair as the page shows it."""

    name: str
    came: str
    expected: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A pair of many numbers: each row has its name, what had to come out, and what came."""

    name: str
    rows: Sequence[tuple[str, int, int]]


async def show_report(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    facts = await asyncio.to_thread(_read, site, seen.application.slug)
    if facts is None:
        raise NotFound("this node has no report of a demo of that application")
    pairs = list_pairs(facts)
    paired = {each.name for each in pairs} | {EXPECTED + each.name for each in pairs}
    blocks = await site.ask_index(lambda index: index.list_blocks(None, BLOCKS_READ))
    return site.renderer.render(
        request,
        "applications/report.html",
        application=seen.application,
        words=seen.words,
        seen=seen,
        verdicts=[(name, facts[name] is True) for name in VERDICTS if name in facts],
        all_right=all(each.is_right for each in pairs),
        lines=[_show(pair, seen) for pair in pairs],
        others=[
            (_name(seen, name), _write(value))
            for name, value in facts.items()
            if name not in paired and name not in VERDICTS and not isinstance(value, Mapping)
        ],
        drawings=[drawn for pair in pairs if (drawn := _draw(pair, seen)) is not None],
        counts=list((await count_events(site, seen)).items()),
        blocks=[(row.height, row.transactions) for row in blocks],
    )


def _read(site: Site, slug: str) -> dict[str, Any] | None:
    """Return a report's fields; what is wrong with its file is for the node's operator to read."""
    if site.reports is None:
        return None
    try:
        return read_report(site.reports, slug)
    except ConfigurationError as problem:
        _log.warning("report.unreadable", problem=problem.message)
        raise NotFound("this node's report of that demo cannot be read") from problem


def _name(seen: Seen, name: str) -> str:
    """Return what a field of the report is called, as the beginning of a line."""
    if name in OF_EVERY_DEMO:
        return seen.translate(f"report_{name}")
    return seen.words.texts.get(f"report_{name}") or seen.words.head(name)


def _show(pair: Pair, seen: Seen) -> Line:
    name = _name(seen, pair.name)
    return Line(name, _write(pair.came), _write(pair.expected), pair.is_right)


def _write(value: Any) -> str:
    """Return a value in one line; a long one is cut."""
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_write(each)}" for name, each in value.items())
    elif isinstance(value, list):
        text = ", ".join(map(_write, value))
    elif isinstance(value, int) and not isinstance(value, bool):
        text = f"{value:,}"
    else:
        text = "-" if value is None else str(value)
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + " …"


def _draw(pair: Pair, seen: Seen) -> Drawing | None:
    """Return the bars of a pair of several whole numbers each; None for any other."""
    came, expected = _name_numbers(pair.came), _name_numbers(pair.expected)
    names = list(came | expected)
    if not 2 <= len(names) <= BARS_MAX:
        return None
    rows = [(name, expected.get(name, 0), came.get(name, 0)) for name in names]
    return Drawing(_name(seen, pair.name), rows)


def _name_numbers(value: Any) -> dict[str, int]:
    if isinstance(value, list):
        value = {str(number): each for number, each in enumerate(value, 1)}
    if not isinstance(value, Mapping):
        return {}
    return {
        name: each
        for name, each in value.items()
        if isinstance(each, int) and not isinstance(each, bool)
    }


PAGES: Final = (Page("/apps/{slug}/report", show_report, is_live=False),)
