"""`dure node status`: where a node stands, and in words why its chain advances or does not."""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.core.errors import ConfigurationError, Unavailable
from dure.node.configuration import load_configuration
from dure.sdk.connection.credentials import find_credentials

NodeArgument = Annotated[
    str, typer.Argument(metavar="NODE", help="The node's node.toml, or the address of its API.")
]
TIMEOUT_S = 10.0


def show_status(node: NodeArgument, *, json: JsonOption = False) -> None:
    """Say where a node stands, and why its chain advances or does not.

    The first sentence is what goes on; each later one is something that is wrong: who is missing,
    whether those who are here are enough, whether this validator may vote.

    Example: dure node status my-network/insurer/node.toml
    """
    answer = ask_node(find_address(node), "/v1/status")
    if json:
        print_json(answer)
        return
    print_facts(
        f"{answer['node']} on {answer['chain_name']}",
        [
            ("height", str(answer["height"])),
            ("state root", str(answer["state_root"])),
            ("validator", "yes" if answer["is_validator"] else "no, it follows"),
            ("waiting", _count(answer["waiting"], "transaction")),
            ("peers", f"{answer['peers_connected']} of {answer['peers']} connected"),
            ("event loop", _describe_turns(answer)),
        ],
    )
    for sentence in answer["explanation"]:
        out.print(sentence, highlight=False, soft_wrap=True)


def _describe_turns(answer: dict[str, Any]) -> str:
    usual, longest = answer["turn_ms_p99"], answer["turn_ms_max"]
    return f"99 of 100 turns within {usual:g} ms lately, the longest {longest:g} ms"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def find_address(node: str) -> str:
    """Return the address of a node's public API; raise `ConfigurationError`."""
    if node.startswith(("http://", "https://")):
        return node.rstrip("/")
    path = Path(node)
    if path.is_dir():
        path /= "node.toml"
    if not path.is_file():
        message = f"{node} is neither a node's configuration nor an address like http://127.0.0.1:1"
        raise ConfigurationError(message)
    settings = load_configuration(path)
    return f"http://{settings.api.host}:{settings.api.port}"


def ask_node(address: str, path: str) -> dict[str, Any]:
    """Return a node's answer to a GET request; raise `Unavailable` where there is none."""
    try:
        headers = find_credentials().build_headers([address])
        response = httpx.get(
            f"{address}{path}", headers=headers, timeout=TIMEOUT_S, trust_env=False
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as problem:
        message = f"no node answers at {address}: {str(problem) or 'it takes too long'}"
        raise Unavailable(message) from problem
    return answer
