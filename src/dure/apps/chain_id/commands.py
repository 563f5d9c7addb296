"""The commands of `python -m dure.apps.chain_id`: what people and institutions do, on any network.

| who | commands |
|---|---|
| a person | `wallet`, `apply`, `keep`, `show`, `sign-in`, `phone` |
| an institution | `issue`, `secrets`, `provider` |

The contract is deployed and its institutions are admitted with `dure contract`.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import typer
from starlette.types import ASGIApp

from dure.api.listeners import bind_public
from dure.api.server import serve
from dure.api.settings import ApiSettings
from dure.apps.chain_id.contract import Claim
from dure.apps.chain_id.issuing import Verified, issue_to
from dure.apps.chain_id.offchain import CLAIM_NAMES, SALT_BYTES
from dure.apps.chain_id.phone import answering
from dure.apps.chain_id.phone.passkey_pages import PasskeyPhone, build_passkey_phone
from dure.apps.chain_id.phone.passkeys import PasskeyDesk, WalletFile
from dure.apps.chain_id.phone.wallet import (
    KeyFile,
    PasskeyRing,
    Wallet,
    build_wallet,
    load_wallet,
    save_wallet,
)
from dure.apps.chain_id.phone.web import Phone, build_phone
from dure.apps.chain_id.presentations import ClaimValue, read_presentation
from dure.apps.chain_id.provider.desk import Desk, require_site
from dure.apps.chain_id.provider.settings import (
    generate_secrets,
    load_secrets,
    load_settings,
    save_secrets,
)
from dure.apps.chain_id.provider.web import build_provider
from dure.apps.chain_id.register import NodeRegister
from dure.apps.chain_id.rendering import show_time
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId
from dure.identity.keys import Key, is_sealed, open_key
from dure.identity.tokens import Pin
from dure.sdk import AsyncClient, LocalAccount

T = TypeVar("T")

LIFE_DAYS: Final = 1_095
CLAIMS_BYTES_MAX: Final = 65_536
EVIDENCE_BYTES_MAX: Final = 256 * 1024 * 1024
HTTP_TIMEOUT_S: Final = 10
PHONE_PORT: Final = 8790

app = typer.Typer(
    no_args_is_help=True,
    help="Chain ID: verified at one institution, accepted at all.",
    pretty_exceptions_enable=False,
)

WalletOption = Annotated[Path, typer.Option("--wallet", help="The wallet's file.")]
NodeOption = Annotated[list[str], typer.Option("--node", help="A node's address; may stand again.")]
ContractOption = Annotated[str, typer.Option("--contract", help="The register's address.")]
ChainOption = Annotated[str, typer.Option("--chain", help="The chain's id, in hexadecimal.")]
KeyOption = Annotated[Path, typer.Option("--key", help="The key file that signs.")]
PortOption = Annotated[int, typer.Option("--port", help="The port.", min=1, max=65_535)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


@app.command("wallet")
def make_wallet(  # noqa: PLR0913 - what a person types
    *,
    wallet: WalletOption,
    key: Annotated[Path | None, typer.Option("--key", help="The key file that signs.")] = None,
    passkey: Annotated[bool, typer.Option("--passkey", help="Passkeys sign, on a page.")] = False,
    port: PortOption = PHONE_PORT,
    chain: ChainOption,
    contract: ContractOption,
    node: NodeOption,
) -> None:
    """Make a wallet for a key file (`dure key new minji.json --passphrase`), or for passkeys.

    A passkey belongs to the pages that `phone` serves on this device's port: it stays the same.

    Example: … wallet --wallet w.json --key minji.json --chain ID --contract ADDRESS --node URL
    """
    if (key is None) != passkey:
        raise ConfigurationError("say what signs: --key FILE, or --passkey")
    origin = f"http://localhost:{port}"
    signs_with = PasskeyRing(origin, ()) if key is None else KeyFile(str(key.resolve()))
    save_wallet(wallet, build_wallet(chain, tuple(node), contract, signs_with), is_new=True)
    if isinstance(signs_with, KeyFile):
        typer.echo(f"Account {encode_address(signs_with.compute_account())}")
    else:
        typer.echo(f"Make the passkey on its page: phone --wallet {wallet}")


@app.command("apply")
def apply(
    institution: Annotated[str, typer.Argument(help="The institution's address.")],
    *,
    wallet: WalletOption,
) -> None:
    """Ask an institution to verify you; it needs your account's address and your papers.

    Example: … apply ADDRESS --wallet minji.wallet
    """
    opened = load_wallet(wallet)
    key = unlock(opened.key_file)

    async def run(register: NodeRegister) -> None:
        await answering.apply(register, LocalAccount(key), key, decode_address(institution))

    ask(opened, run)
    typer.echo("Applied. The institution verifies you and gives you a certificate: `keep` it.")


@app.command("keep")
def keep(
    certificate: Annotated[Path, typer.Argument(help="The file that the institution gave out.")],
    *,
    wallet: WalletOption,
) -> None:
    """Put a certificate into the wallet, after a look whether the register has it for this key.

    Example: … keep minji.sd-jwt --wallet minji.wallet
    """
    opened = load_wallet(wallet)
    text = read_file(certificate).strip()
    read_presentation(text)
    checked = msgspec.structs.replace(opened, certificate=text)
    holder = opened.signs_with.compute_account()

    async def run(register: NodeRegister) -> answering.Standing:
        return await answering.read_standing(register, holder, checked)

    standing = ask(opened, run)
    if not standing.is_certificate_here:
        raise ConfigurationError("the register has another certificate for this account")
    # The pages may have put a passkey into the file while the network was asked.
    kept = msgspec.structs.replace(load_wallet(wallet), certificate=text)
    save_wallet(wallet, kept, is_new=False)
    typer.echo(f"Identity {standing.number}, valid until {show_time(standing.identity.expires)}")


@app.command("show")
def show(*, wallet: WalletOption, json_form: JsonOption = False) -> None:
    """Show your identity, and who used or looked at it.

    Example: … show --wallet minji.wallet --json
    """
    opened = load_wallet(wallet)
    holder = opened.signs_with.compute_account()

    async def run(register: NodeRegister) -> answering.Standing:
        return await answering.read_standing(register, holder, opened)

    standing = ask(opened, run)
    entries = [
        {
            "at": show_time(entry.at),
            "institution": standing.names[entry.institution],
            "purpose": entry.purpose.name,
            "claims": [claim.name for claim in entry.claims],
        }
        for entry in standing.entries
    ]
    facts = {
        "identity": standing.number,
        "status": standing.status.name,
        "issuer": standing.names[standing.identity.issuer],
        "expires": show_time(standing.identity.expires),
        "history": entries,
        "left_out": standing.left_out,
    }
    if json_form:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name in ("identity", "status", "issuer", "expires"):
        typer.echo(f"{name:10} {facts[name]}")
    if standing.left_out:
        typer.echo(f"The newest entries; {standing.left_out} older ones are not shown.")
    for entry in entries:
        typer.echo(f"{entry['at']}  {entry['institution']}  {entry['purpose']}  {entry['claims']}")


@app.command("sign-in")
def sign_in(
    link: Annotated[str, typer.Argument(help="The link.")], *, wallet: WalletOption
) -> None:
    """Answer the link that a page shows you: see who asks, say yes, unlock the key.

    Example: … sign-in https://id.bank.example/sign-in/… --wallet minji.wallet
    """
    opened = load_wallet(wallet)
    key_file = opened.key_file

    async def run(register: NodeRegister) -> None:
        async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_S) as http:
            asked = await answering.fetch_sign_in(http, register, link, opened)
            through = await answering.get_institution_name(register, asked)
            typer.echo(f"{asked.application} ({asked.application_url})")
            typer.echo(f"through {through}, at its site {asked.audience}")
            typer.echo(f"will be shown: {', '.join(asked.claims) or 'nothing'}")
            typer.confirm("Did you begin this yourself, and do you agree?", abort=True)
            key = unlock(key_file)
            signer = answering.Signer(LocalAccount(key), key)
            order = answering.Order(link, asked, asked.claims, int(time.time()))
            await answering.answer_sign_in(http, register, opened, signer, order)

    ask(opened, run)
    typer.echo("Signed in. The page goes on by itself.")


@app.command("phone")
def phone(*, wallet: WalletOption, port: PortOption = PHONE_PORT) -> None:
    """Serve your identity's pages to this device alone, until Ctrl-C.

    Passkeys sign on the port that their wallet was made for, whatever `--port` says.

    Example: … phone --wallet minji.wallet
    """
    opened = load_wallet(wallet)
    ring = opened.signs_with
    origin = ring.origin if isinstance(ring, PasskeyRing) else f"http://localhost:{port}"
    place = urlsplit(origin)

    async def run(register: NodeRegister) -> None:
        async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_S) as http:
            if isinstance(ring, PasskeyRing):
                pages = build_passkey_pages(wallet, register, http, place.netloc)
            else:
                pages = build_key_pages(opened, register, http, place.netloc)
            await serve_until_stopped(pages, "127.0.0.1", place.port or PHONE_PORT, origin)

    ask(opened, run)


def build_key_pages(
    wallet: Wallet, register: NodeRegister, http: httpx.AsyncClient, host: str
) -> ASGIApp:
    """Return the pages of a wallet whose key file signs."""
    path = wallet.key_file

    def open_signer(secret: str) -> answering.Signer:
        key = open_key(path, Pin(secret, is_typed=True), find_library())
        return answering.Signer(LocalAccount(key), key)

    holder = wallet.signs_with.compute_account()
    return build_phone(Phone(wallet, holder, register, http, open_signer, time.time, host))


def build_passkey_pages(
    path: Path, register: NodeRegister, http: httpx.AsyncClient, host: str
) -> ASGIApp:
    """Return the pages of a wallet with which passkeys sign."""
    file = WalletFile(partial(load_wallet, path), partial(save_wallet, path, is_new=False))
    return build_passkey_phone(PasskeyPhone(PasskeyDesk(file, register, http, time.time), host))


@app.command("issue")
def issue(  # noqa: PLR0913 - what a person types
    applicant: Annotated[str, typer.Argument(help="The account of the person who applied.")],
    *,
    key: KeyOption,
    chain: ChainOption,
    contract: ContractOption,
    node: NodeOption,
    claims: Annotated[Path, typer.Option(help="JSON: adult, resident, name, birthdate.")],
    evidence: Annotated[Path, typer.Option(help="The papers, as one file.")],
    certificate: Annotated[Path, typer.Option(help="Where the certificate is written.")],
    days: Annotated[int, typer.Option(help="Days of validity.", min=1, max=1_096)] = LIFE_DAYS,
) -> None:
    """Issue a certificate to a person whom you verified: the first, or the next one.

    Beside the certificate lies its evidence's salt, in ….salt: seal it with the papers. Whoever has
    neither cannot tell what the digest on the chain stands for.

    Example: … issue ADDRESS --key firm.json --claims minji.json --evidence papers.zip …
    """
    signing = unlock(key)
    verified = Verified(
        applicant=decode_address(applicant),
        claims=read_claims(claims),
        evidence=read_evidence(evidence),
        salt=os.urandom(SALT_BYTES),
        days=days,
    )

    async def run(register: NodeRegister) -> int:
        return await issue_to(register, signing, verified, certificate, now_s=int(time.time()))

    number = run_with(node, chain, decode_address(contract), run)
    typer.echo(f"Identity {number}. Give {certificate} to the person, and to nobody else.")


@app.command("secrets")
def make_secrets(file: Annotated[Path, typer.Argument(help="The new file.")]) -> None:
    """Make the provider's key and its secret for subjects, readable by you alone.

    Example: … secrets provider.secrets
    """
    save_secrets(file, generate_secrets())
    typer.echo(f"Written: {file}. Back it up: with a new one everybody is a stranger everywhere.")


@app.command("provider")
def run_provider(
    *,
    settings: Annotated[Path, typer.Option(help="The provider's settings, as JSON.")],
    secrets: Annotated[Path, typer.Option(help="The file that `secrets` made.")],
    host: Annotated[
        str, typer.Option(help="Where to listen; TLS ends in front of it.")
    ] = "127.0.0.1",
    port: PortOption = 8780,
) -> None:
    """Serve the OpenID provider until Ctrl-C, beside this institution's node.

    Example: … provider --settings provider.json --secrets provider.secrets
    """
    loaded = load_settings(settings)
    made = load_secrets(secrets)

    async def run(register: NodeRegister) -> None:
        await require_site(register, loaded)
        desk = Desk(loaded, made, register, time.time)
        await serve_until_stopped(build_provider(desk), host, port, loaded.url)

    run_with(list(loaded.nodes), loaded.chain_id, loaded.contract_address, run)


def ask(wallet: Wallet, run: Callable[[NodeRegister], Awaitable[T]]) -> T:
    """Return what came of something done with a wallet's register."""
    return run_with(list(wallet.nodes), wallet.chain_id, wallet.contract_address, run)


def run_with(
    nodes: list[str], chain: str, contract: Address, run: Callable[[NodeRegister], Awaitable[T]]
) -> T:
    """Return what came of something done with a register."""

    async def connected() -> T:
        async with AsyncClient(nodes, chain_id=read_chain(chain)) as client:
            return await run(NodeRegister(client, contract))

    return asyncio.run(connected())


async def serve_until_stopped(pages: ASGIApp, host: str, port: int, url: str) -> None:
    """Serve until the process is stopped."""
    limits = ApiSettings(allowed_hosts=frozenset())
    async with serve(pages, bind_public(host, port), limits):
        typer.echo(f"Serving {url} on {host}:{port}; Ctrl-C ends it.")
        await asyncio.Event().wait()


def read_chain(text: str) -> ChainId:
    """Return a chain's id; raise `ConfigurationError`."""
    try:
        chain = bytes.fromhex(text)
    except ValueError:
        chain = b""
    if len(chain) != 32:
        raise ConfigurationError("a chain's id has 64 hexadecimal digits: `dure network show`")
    return ChainId(chain)


def read_claims(path: Path) -> dict[Claim, ClaimValue]:
    """Return what an institution found out about a person; raise `ConfigurationError`."""
    try:
        given = msgspec.json.decode(read_file(path), type=dict[str, str | bool])
    except msgspec.DecodeError as problem:
        raise ConfigurationError(f"{path} holds no claims: {problem}") from problem
    known = {name: claim for claim, name in CLAIM_NAMES.items()}
    if given.keys() - known.keys():
        raise ConfigurationError(f"claims are {', '.join(known)}")
    return {known[name]: value for name, value in given.items()}


def read_file(path: Path) -> str:
    """Return a text file of bounded size; raise `ConfigurationError`."""
    try:
        return path.read_bytes()[:CLAIMS_BYTES_MAX].decode()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{path} cannot be read: {problem}") from problem


def read_evidence(path: Path) -> bytes:
    """Return a person's papers, of bounded size; raise `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            data = file.read(EVIDENCE_BYTES_MAX + 1)
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be read: {problem}") from problem
    if len(data) > EVIDENCE_BYTES_MAX:
        raise ConfigurationError(f"{path} has more than {EVIDENCE_BYTES_MAX} bytes")
    return data


def unlock(path: Path) -> Key:
    """Return what signs as the key of a file; ask for its PIN or password where it is sealed."""
    if not is_sealed(path):
        return open_key(path, None, find_library())
    secret = typer.prompt(f"PIN or password of {path.name}", hide_input=True)
    return open_key(path, Pin(secret, is_typed=True), find_library())


def find_library() -> Path | None:
    """Return the library that speaks to hardware tokens, where the environment names one."""
    named = os.environ.get("DURE_PKCS11_MODULE")
    return Path(named) if named else None
