"""Chain ID on a live network: its register, its commands, and an institution's provider."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dure.apps.chain_id import contract as chain_id_contract
from dure.core.address import encode_address
from dure.identity.keys import load_public_key
from tests.e2e.processes import Outcome, Town, environment, run_here, wait_until

COMMAND = (sys.executable, "-P", "-m", "dure.apps.chain_id")
CONTRACT = Path(chain_id_contract.__file__)


def run(*arguments: object, typed: str = "") -> Outcome:
    """Run one of the application's commands to its end; a traceback fails the test."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
        env=environment(),
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


def succeed(*arguments: object, typed: str = "") -> str:
    """Run a command that has to succeed; return what it said."""
    done = run(*arguments, typed=typed)
    assert done.code == 0, done.said
    return done.out


def on(town: Town, command: str, *arguments: object) -> Outcome:
    """Run a command on contracts of a network."""
    return run_here("contract", command, *arguments, "--network", town.folder)


def find_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Register:
    """The contract, with two members in it, and the options by which commands reach it."""

    town: Town
    contract: str
    folder: Path

    @property
    def network(self) -> tuple[object, ...]:
        """The options that name the register."""
        chain = self.town.chain_id.hex()
        node = self.town.get_url("bank")
        return ("--chain", chain, "--contract", self.contract, "--node", node)

    @property
    def wallet(self) -> tuple[object, ...]:
        """The option that names the person's wallet."""
        return ("--wallet", self.folder / "wallet.json")

    def address(self, name: str) -> str:
        """Return a member's account."""
        return encode_address(self.town.get_address(name))

    def call(self, method: str, *arguments: str, by: str) -> None:
        """Have a member call the contract."""
        done = on(self.town, "call", self.contract, method, *arguments, "--as", by)
        assert done.code == 0, done.said

    def issue(self, account: str, claims: dict[str, object]) -> None:
        """Have the insurer verify a person who applied, and the person keep the certificate."""
        (self.folder / "claims.json").write_text(json.dumps(claims), "utf-8")
        (self.folder / "papers").write_bytes(b"a passport")
        issued = succeed(
            *("issue", account, *self.network),
            *("--key", self.town.folder / "insurer" / "account.json"),
            *("--claims", self.folder / "claims.json", "--evidence", self.folder / "papers"),
            *("--certificate", self.folder / "certificate"),
        )
        assert issued.startswith("Identity 1.")
        kept = succeed("keep", self.folder / "certificate", *self.wallet)
        assert kept.startswith("Identity 1")


def open_register(town: Town, folder: Path) -> Register:
    """Deploy the contract for the supervisor, and admit two members."""
    deployed = on(town, "deploy", CONTRACT, "--owner", "supervisor", "--json")
    made = Register(town, str(deployed.read_json()["contract"]), folder)
    for name in ("insurer", "bank"):
        key = load_public_key(town.folder / name / "account.json").hex()
        arguments = (f"institution={made.address(name)}", f"name={name}", f"key={key}")
        # By default who deploys is the bundle of members; the association is the contract's owner.
        made.call("admit", *arguments, "issues=true", by="supervisor")
    return made


@contextmanager
def serve(folder: Path, *arguments: object) -> Iterator[None]:
    """Run a command that serves pages, until the block ends."""
    log = folder / f"{arguments[0]}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=folder,
            stdout=output,
            stderr=output,
            env=environment(),
        )
        try:
            wait_until(
                lambda: "Serving" in log.read_text() or process.poll() is not None,
                f"{arguments[0]} serves",
            )
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def run_provider(register: Register, back: str, scopes: tuple[str, ...]) -> Iterator[str]:
    """Run the bank's provider for one shop, which is sent back to `back`; its address."""
    folder, port = register.folder, find_port()
    url = f"http://127.0.0.1:{port}"
    client = {
        "client_id": "shop",
        "name": "Corner Shop",
        "redirect_uris": [back],
        "scopes": list(scopes),
        "secret_sha256": None,
    }
    settings = {
        "url": url,
        "institution": register.address("bank"),
        "contract": register.contract,
        "chain_id": register.town.chain_id.hex(),
        "nodes": [register.town.get_url("bank")],
        "clients": [client],
    }
    (folder / "provider.json").write_text(json.dumps(settings), "utf-8")
    register.call("set_site", f"site={url}", by="bank")
    succeed("secrets", folder / "secrets.json")
    options = ("--settings", "provider.json", "--secrets", "secrets.json", "--port", port)
    with serve(folder, "provider", *options):
        yield url
