"""Asking a node by its admin socket, which only its operator can open."""

import socket
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated, Final

import typer

from dure.core.errors import Unavailable
from dure.node.configuration import load_configuration, locate_files
from dure.sdk.errors import read_error

ANSWER_BYTES_MAX: Final = 64 * 1024
TIMEOUT_S: Final = 10.0

OwnNode = Annotated[Path, typer.Argument(help="The node's configuration, node.toml.")]


def ask_admin(configuration: Path, path: str) -> bytes:
    """Return the answer of the node that runs by this configuration to a POST request.

    Raise `Unavailable` where it does not run, or the error that it answered with.
    """
    settings = load_configuration(configuration)
    connection = _AdminConnection(locate_files(configuration, settings).admin_socket)
    try:
        connection.request("POST", path)
        response = connection.getresponse()
        content = response.read(ANSWER_BYTES_MAX)
    except (OSError, HTTPException) as problem:
        message = f"the node of {configuration} does not run, or is not yours: {problem}"
        raise Unavailable(message) from problem
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise read_error(response.status, content)
    return content


class _AdminConnection(HTTPConnection):
    """To a node's admin socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        # Kept before it is connected, so that it is closed where that fails.
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))
