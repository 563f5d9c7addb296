"""A real node keeps what its OpenAPI document promises, whatever is asked of it.

schemathesis reads the document from the node and makes requests from it, good and bad ones, for a
bounded time. No answer may be an error of the server's, or have a status, a content type or a shape
that the document does not name.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dure.cli.access import load_authority
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.address import encode_address
from tests.e2e.processes import Town, environment, run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

MEMBER = "insurer"
SECONDS = 25
"""Of asking in each of the two runs, which end a little later."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One node that decides alone, so that few processes share the machine with what asks."""
    folder = tmp_path_factory.mktemp("alone") / "net"
    asked = ("--members", MEMBER, "--engine", "solo", "--first-api-port", "0")
    made = run_dure("network", "init", folder, *asked)
    assert made.code == 0, made.said
    town = Town(folder)
    town.start()
    try:
        yield town
    finally:
        town.close()


@pytest.fixture(scope="module")
def known(alone: Town) -> dict[str, str]:
    """What requests can name, because it is on the chain."""
    owner = alone.get_address(MEMBER)
    with alone.connect() as client:
        token = client.deploy(
            read_source(Token),
            by=load_authority(alone.folder),
            owner=owner,
            arguments={"code": "KRW", "decimals": 0},
        )
        paid = client.enrol([owner], by=alone.get_account(MEMBER))
    return {
        "path.id": paid.transaction_id.hex(),
        "path.address": encode_address(token.address),
        "path.height": str(paid.height),
        "path.version": "1",
    }


@pytest.mark.parametrize("is_named", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_every_answer_of_a_real_node_is_one_that_its_document_names(
    alone: Town, known: dict[str, str], tmp_path: Path, *, is_named: bool
) -> None:
    named = known if is_named else {}
    lines = [f'"{name}" = "{value}"' for name, value in named.items()]
    (tmp_path / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]))
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run"),
            f"{alone.get_url(MEMBER)}/openapi.json",
            *("--phases", "coverage,fuzzing", "--checks", ",".join(CHECKS)),
            *("--max-examples", "20", "--max-time", str(SECONDS), "--continue-on-failure"),
            *("--generation-database", "none", "--request-timeout", "20", "--no-color"),
        ],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 generated" not in done.stdout
    assert alone.get_health(MEMBER) == httpx.codes.OK
