"""An application as data: its module `app.py` holds one `APP = Application(…)`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dure.contract.language import Contract
from dure.core.errors import ConfigurationError
from dure.index import Table
from dure.testing import DraftCall, World

Story = Callable[[World], None]
"""A narrated run: a function whose docstring says what the reader is about to see."""

SLUG: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SLUG_LENGTH_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part. `name` is the contract's role, or the word that the README uses."""

    name: str
    name_ko: str
    does: str


@dataclass(frozen=True, slots=True)
class HottestCall:
    """The call that an application gets most, which `dure bench apps` sends as fast as it can."""

    method: str
    """Contract and method: `FlightDelay.buy`."""
    begin: Callable[[World], Iterator[DraftCall]]
    """Makes everything ready on a chain of its own, then yields such calls without an end.

    None of them may be refused, in whatever order they come; several people sign them in turn.
    """


@dataclass(frozen=True, slots=True)
class Application:
    """What everybody else needs to know of an application."""

    slug: str
    """What people type: `flight-delay`. Its folder is the same with underscores."""
    title_en: str
    title_ko: str
    report_rows: tuple[str, ...]
    """Systems of the report that it realises, such as `X15`."""
    contracts: tuple[type[Contract], ...]
    roles: tuple[Party, ...]
    stories: tuple[Story, ...]
    pages: tuple[str, ...]
    """Names of its pages; each has its texts in `pages/<name>.<language>.toml`."""
    package: str
    """Import name of the folder, by which its files are found."""
    tables: tuple[Table, ...] = ()
    """Its own tables, kept by every node from its contracts' events.

    Where there are none, `dure.application.tables` makes them from the contracts' interfaces.
    """
    hottest: HottestCall | None = None
    """Its hottest call; None where nobody has said, and then it is not measured."""

    def __post_init__(self) -> None:
        validate_slug(self.slug)

    @property
    def folder_name(self) -> str:
        """The folder's name."""
        return self.slug.replace("-", "_")


def validate_slug(slug: str) -> None:
    """Raise `ConfigurationError` unless `slug` can name an application."""
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH_MAX:
        raise ConfigurationError(
            f"{slug!r} cannot name an application: use small letters, digits and single hyphens, "
            f"at most {SLUG_LENGTH_MAX} characters, a letter first",
            slug=slug,
        )
