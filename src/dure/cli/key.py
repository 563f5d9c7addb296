"""`dure key`: keys of people, organisations and validators."""

from pathlib import Path
from typing import Annotated, Final

import typer

from dure.chain.transaction import KeyPolicy, compute_address
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.cli.unlocking import LIBRARY_VARIABLE, ask_new_passphrase, ask_passphrase, ask_pin
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.identity.keys import (
    change_passphrase,
    find_token,
    generate_key,
    is_sealed,
    load_public_key,
    save_key,
    save_token_key,
)
from dure.identity.tokens import TokenFacts, open_reader

app = typer.Typer(no_args_is_help=True, help="Make and look at keys, in files and in tokens.")

KeyFile = Annotated[Path, typer.Argument(help="The key file, for example alice.json.")]
Library = Annotated[
    Path | None,
    typer.Option(
        "--module",
        envvar=LIBRARY_VARIABLE,
        help="The PKCS #11 library that speaks to the token: the whole path of a .so file.",
    ),
]

_KEY_ID_DIGITS_MAX: Final = 128


@app.command("new")
def new(
    file: KeyFile,
    *,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and seal the key with it.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option("--token", help="Make the key in the hardware token with this label."),
    ] = None,
    key_id: Annotated[
        str | None,
        typer.Option("--key-id", help="Make none: take the key with this id (hex) in the token."),
    ] = None,
    module: Library = None,
    json: JsonOption = False,
) -> None:
    """Make a new Ed25519 key and write it into FILE, readable by you alone.

    With --token the secret is made in the token and never leaves it; FILE says where it lies. The
    PIN is the first line of the file that DURE_PASSPHRASE_FILE names, or is asked for.

    Example: dure key new alice.json --passphrase

    Example: dure key new alice.json --token alice --module /usr/lib/softhsm/libsofthsm2.so
    """
    if token is not None:
        if passphrase:
            raise ConfigurationError("a key in a token has a PIN: leave --passphrase out")
        _make_in_token(file, token, key_id, module)
    elif key_id is not None:
        raise ConfigurationError("--key-id names a key in a token: say which with --token")
    else:
        secret = ask_new_passphrase() if passphrase else None
        save_key(file, generate_key(), secret)
    _show(file, load_public_key(file), json=json)


@app.command("show")
def show(file: KeyFile, *, json: JsonOption = False) -> None:
    """Show the public key and the address of a key file, and where its secret lies.

    No passphrase is needed.

    Example: dure key show alice.json
    """
    _show(file, load_public_key(file), json=json)


@app.command("encrypt")
def encrypt(file: KeyFile, *, json: JsonOption = False) -> None:
    """Seal a key that lies in FILE in clear under a passphrase.

    A copy of the old file, in a backup or in a corner of the disk, is still in clear: where one may
    have been taken, make a new key instead.

    Example: dure key encrypt alice.json
    """
    _validate_in_file(file)
    if is_sealed(file):
        raise ConfigurationError(f"{file} is sealed already: use `dure key change-passphrase`")
    change_passphrase(file, None, ask_new_passphrase())
    _show(file, load_public_key(file), json=json)


@app.command("change-passphrase")
def change(file: KeyFile, *, json: JsonOption = False) -> None:
    """Seal the key in FILE under another passphrase.

    Whoever has a copy of the old file can still open that with the old passphrase.

    Example: dure key change-passphrase alice.json
    """
    _validate_in_file(file)
    if not is_sealed(file):
        raise ConfigurationError(f"{file} has no passphrase yet: use `dure key encrypt`")
    change_passphrase(file, ask_passphrase(file), ask_new_passphrase())
    _show(file, load_public_key(file), json=json)


@app.command("tokens")
def tokens(*, module: Library = None, json: JsonOption = False) -> None:
    """List the hardware tokens that are plugged in, and whether they can hold keys for Dure.

    Example: dure key tokens --module /usr/lib/softhsm/libsofthsm2.so
    """
    found = open_reader(module).list_tokens()
    if json:
        print_json({"tokens": [_describe(each) for each in found]})
        return
    if not found:
        out.print("no token is plugged in")
    for each in found:
        print_facts(each.label or "a token without a label", _describe(each).items())


def _make_in_token(file: Path, label: str, key_id: str | None, module: Path | None) -> None:
    if file.exists():
        raise ConfigurationError(
            f"{file} exists already and is not overwritten: move it away first"
        )
    reader = open_reader(module)
    known = None if key_id is None else _parse_key_id(key_id)
    pin = ask_pin(label)
    if known is None:
        place, key = reader.create_key(label, pin)
    else:
        place, key = reader.find_key(label, known, pin)
    save_token_key(file, key.public, place)


def _parse_key_id(text: str) -> bytes:
    try:
        given = bytes.fromhex(text)
    except ValueError as problem:
        raise ConfigurationError("a key's id is hexadecimal digits, two a byte") from problem
    if not 0 < len(text) <= _KEY_ID_DIGITS_MAX:
        raise ConfigurationError(f"a key's id has 2 to {_KEY_ID_DIGITS_MAX} digits")
    return given


def _validate_in_file(file: Path) -> None:
    if find_token(file) is not None:
        raise ConfigurationError(f"the key of {file} lies in a token: change the token's PIN")


def _describe(token: TokenFacts) -> dict[str, object]:
    pin = "wrong last time" if token.is_pin_low else "ready"
    return {
        "label": token.label,
        "serial": token.serial,
        "maker": token.maker,
        "ed25519": token.signs_ed25519,
        "pin": "locked" if token.is_pin_locked else pin,
    }


def _show(file: Path, public: PublicKey, *, json: bool) -> None:
    place = find_token(file)
    facts: dict[str, object] = {
        "file": str(file),
        "public_key": public.hex(),
        "address": encode_address(compute_address(KeyPolicy(public))),
        "sealed": is_sealed(file),
        "token": None if place is None else place.token,
        "key_id": None if place is None else place.key_id.hex(),
    }
    if json:
        print_json(facts)
    else:
        print_facts("Key", ((name, "-" if fact is None else fact) for name, fact in facts.items()))
