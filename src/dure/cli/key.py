"""`dure key`: keys of people, organisations and validators."""

from pathlib import Path
from typing import Annotated

import typer

from dure.chain.transaction import KeyPolicy, compute_address
from dure.cli.output import JsonOption, print_facts, print_json
from dure.core.address import encode_address
from dure.core.types import PublicKey
from dure.identity.keys import generate_key, is_sealed, load_public_key, save_key

app = typer.Typer(no_args_is_help=True, help="Make and look at keys.")

KeyFile = Annotated[Path, typer.Argument(help="The key file, for example alice.json.")]


@app.command("new")
def new(
    file: KeyFile,
    *,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and seal the key with it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a new Ed25519 key and write it into FILE, readable by you alone.

    Example: dure key new alice.json --passphrase
    """
    secret = (
        typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
        if passphrase
        else None
    )
    key = generate_key()
    save_key(file, key, secret)
    _show(file, key.public, json=json)


@app.command("show")
def show(file: KeyFile, *, json: JsonOption = False) -> None:
    """Show the public key and the address of a key file. No passphrase is needed.

    Example: dure key show alice.json
    """
    _show(file, load_public_key(file), json=json)


def _show(file: Path, public: PublicKey, *, json: bool) -> None:
    address = encode_address(compute_address(KeyPolicy(public)))
    facts = {
        "file": str(file),
        "public_key": public.hex(),
        "address": address,
        "sealed": is_sealed(file),
    }
    if json:
        print_json(facts)
    else:
        print_facts("Key", facts.items())
