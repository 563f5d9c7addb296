"""Pages that an application brings itself: `pages.py` beside its folder `pages`.

```python
async def show_flights(reader: Reader) -> Mapping[str, object]:
    (contract, *_) = await reader.list_contracts()
    return {"sold": await reader.view(contract, "sold")}

PAGES = (ApplicationPage("flights", show_flights),)
```

Rules
-----
1. A page `flights` is the template `pages/flights.html`, which extends `frame.html` of the console,
   and the texts `pages/flights.<language>.toml`; it stands at `/apps/<slug>/pages/flights`.
2. Its handler asks the `Reader` and returns what the template shows; it reads, and changes nothing.
3. Whatever the template loads lies in `pages/static` and is found at `/apps/<slug>/static/…`.
4. Templates of an application see the console's and their own, never those of another application.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from dure.application.description import Application, validate_slug
from dure.core.errors import ConfigurationError

EVENTS_MAX: Final = 2_000
"""As many events of a contract as a page may ask for."""


@dataclass(frozen=True, slots=True)
class DeployedContract:
    """A contract of the application on this chain."""

    address: str
    """`dure1…`."""
    name: str
    """Its class."""
    version: int
    deployed: int
    """Height of the block that brought it."""


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """Something that a contract said."""

    name: str
    fields: Mapping[str, Any]
    """In the API's JSON form; empty where the present code does not know the event."""
    height: int
    time: int
    """Of the block, in milliseconds."""


@dataclass(frozen=True, slots=True)
class KnownMoney:
    """An asset that a contract's state names."""

    code: str
    decimals: int


class Reader(Protocol):
    """What a page may ask: about its own application's contracts, and nothing else."""

    @property
    def language(self) -> str:
        """The language of the page: `en` or `ko`."""
        ...

    @property
    def ledger_time(self) -> int:
        """Ledger time in milliseconds."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the `?` of the address; whatever somebody typed."""
        ...

    async def list_contracts(self) -> Sequence[DeployedContract]:
        """Return the application's contracts, the oldest first."""
        ...

    async def list_events(
        self, contract: DeployedContract, names: Collection[str] = (), limit: int = EVENTS_MAX
    ) -> Sequence[ToldEvent]:
        """Return a contract's newest events (of these names), the newest first."""
        ...

    async def find_money(self, contract: DeployedContract) -> Mapping[str, KnownMoney]:
        """Return the assets in a contract's state, by the name of the field."""
        ...

    async def view(self, contract: DeployedContract, method: str, **arguments: object) -> Any:
        """Return the JSON form of a read-only method's result; raise `ViewRefused`."""
        ...


Handler = Callable[[Reader], Awaitable[Mapping[str, object]]]


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """A page's name and what its template shows."""

    name: str
    """Small letters, digits and single hyphens; the name of template and texts."""
    handler: Handler

    def __post_init__(self) -> None:
        validate_slug(self.name)


def find_pages(application: Application) -> tuple[ApplicationPage, ...]:
    """Return an application's own pages; none where it brings none.

    Raise `ConfigurationError` where what it brings cannot be shown.
    """
    name = f"{application.package}.pages"
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        # A folder `pages` alone has texts, and no page of its own.
        return ()
    found = getattr(import_module(name), "PAGES", None)
    if not isinstance(found, tuple) or not all(isinstance(p, ApplicationPage) for p in found):
        raise ConfigurationError(f"{name}.PAGES is no tuple of ApplicationPage")
    for page in found:
        if page.name not in application.pages:
            raise ConfigurationError(f"{name}: {page.name} has no texts; list it in APP's pages")
        if not (get_pages_folder(application) / f"{page.name}.html").is_file():
            raise ConfigurationError(f"{name}: there is no template {page.name}.html")
    return found


def get_pages_folder(application: Application) -> Path:
    """Return where an application's templates, texts and static files lie."""
    return Path(str(files(application.package))) / "pages"
