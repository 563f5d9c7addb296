"""`dure bench apps`: the hottest call of an application, through real processes."""

import json

import pytest
from typer.testing import CliRunner

from dure.cli.main import build_app


@pytest.mark.e2e
def test_an_application_is_measured_on_real_nodes() -> None:
    options = ["--app", "flight-delay", "--validators", "1", "--seconds", "1", "--in-flight", "20"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "apps", *options, "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    (row,) = figures["applications"]
    assert (row["application"], row["method"]) == ("flight-delay", "FlightDelay.buy")
    assert row["validators"] == 1
    assert row["final"] == row["sent"] > 0
    assert row["gas"] > 10_000
    assert (row["lost"], row["doubled"], row["refused"]) == (0, 0, 0)
    assert row["state_roots_equal"]
    assert figures["none_declared"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--app", "no-such"], "there is no application 'no-such'"),
        (["--validators", "3"], "with 1 validator or with 4"),
    ],
)
def test_wrong_options_are_refused_in_words(options: list[str], words: str) -> None:
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "apps", *options, "--json"])
    assert result.exit_code != 0
    assert words in str(result.exception) + result.output
