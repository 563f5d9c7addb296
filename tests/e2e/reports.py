"""What a demo leaves behind for the console."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dure.application import LANGUAGES, find_application, load_texts
from dure.application.reports import EXPECTED, read_report
from dure.console.pages.reports import OF_EVERY_DEMO, VERDICTS


def check_report(folder: Path, slug: str, told: Mapping[str, Any]) -> None:
    """Fail unless every node has the report that was told, with a name for each field."""
    homes = [path.parent for path in folder.glob("*/node.toml")]
    assert len(homes) == 4
    for home in homes:
        assert read_report(home / "reports", slug) == told
    application = find_application(slug)
    named = {
        name
        for name, value in told.items()
        if not name.startswith(EXPECTED)
        and name not in OF_EVERY_DEMO + VERDICTS
        and (not isinstance(value, dict) or EXPECTED + name in told)
    }
    for language in LANGUAGES:
        texts = load_texts(application, application.pages[0], language)
        assert {name for name in named if f"report_{name}" not in texts} == set()
