"""One copy of the wallet's modules for all tests here."""

import shutil
from pathlib import Path

import pytest

from tests.unit.console.proof_page.node import Node, open_node

RUNNER = Path(__file__).with_name("runner.mjs")


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    if shutil.which("node") is None:
        pytest.skip("there is no node on the path")
    return open_node(tmp_path_factory.mktemp("modules"), RUNNER)
