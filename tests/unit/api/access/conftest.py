"""A chain that reads out to known callers only, and one that is open."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from dure.chain.parameters import DEFAULT_PARAMETERS
from tests.unit.api import solo_chain
from tests.unit.api.access.callers import Gate
from tests.unit.api.serving import Desk


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    parameters = msgspec.structs.replace(DEFAULT_PARAMETERS, open_reading=False)
    monkeypatch.setattr(solo_chain, "DEFAULT_PARAMETERS", parameters)
    desk = Desk(tmp_path)
    yield Gate(desk)
    desk.index.close()


@pytest.fixture
def opened(desk: Desk) -> Gate:
    return Gate(desk)
