"""One copy of the page's modules for all tests here."""

import pytest

from tests.unit.console.proof_page.node import Node, find_missing, open_node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    missing = find_missing()
    if missing:
        pytest.skip(missing)
    return open_node(tmp_path_factory.mktemp("modules"))
