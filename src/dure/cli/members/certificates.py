"""`dure member authority|token|request|enrol|renew|list`: certificates, without any chain."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from dure.cli.members.opening import open_by_passphrase, parse_span, read_now
from dure.cli.operating.noting import note_at_authority, write_down
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.cli.unlocking import ask_new_passphrase
from dure.core.errors import ConfigurationError
from dure.identity.authorities.authority import (
    CERTIFICATE_FILE,
    create_authority,
    list_issued,
    load_authority,
    read_pem,
)
from dure.identity.authorities.enrolment import (
    REQUEST_BYTES_MAX,
    Renewal,
    build_renewal,
    build_request,
    enrol,
    issue_token,
    renew,
)
from dure.identity.authorities.holding import (
    install_certificate,
    load_holder_key,
    renew_in_place,
    write_holder_key,
)
from dure.identity.authorities.profile import Certificate, Kind, Subject, read_certificate
from dure.identity.certificates import encode_certificate
from dure.identity.files import replace_file, write_new_file
from dure.identity.keys import generate_key
from dure.node.configuration import load_configuration, locate_files

FILE_BYTES_MAX: Final = 3 * REQUEST_BYTES_MAX

Authority = Annotated[Path, typer.Argument(help="The authority's folder.")]
KindOption = Annotated[Kind, typer.Option(help="What the certificate makes of its holder.")]
Out = Annotated[Path, typer.Option("--out", help="File to write.")]


def authority(
    folder: Authority,
    *,
    organisation: Annotated[str, typer.Option(help="The organisation that it certifies for.")],
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and seal the key with it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make an organisation's certificate authority: a key, a certificate, and what it remembers.

    Keep FOLDER on a machine that runs no node, and sealed: whoever has the key can make nodes of
    the organisation. `dure member publish` tells the chain.

    Example: dure member authority echo-authority --organisation echo --passphrase
    """
    secret = ask_new_passphrase() if passphrase else None
    made = create_authority(folder, organisation, read_now(), secret)
    facts = {
        "organisation": made.organisation,
        "folder": str(folder),
        "key": made.key.hex(),
        "ends": f"{made.not_after:%Y-%m-%d}",
    }
    note_at_authority(folder, "authority_created", {"key": facts["key"]})
    if json:
        print_json(facts)
    else:
        print_facts("Authority", facts.items())


def token(
    folder: Authority,
    *,
    name: Annotated[str, typer.Option(help="Whom the certificate is for.")],
    out_file: Out,
    kind: KindOption = Kind.NODE,
    lasts: Annotated[str, typer.Option(help="How long the token counts, at most 30d.")] = "24h",
    certified: Annotated[
        str | None, typer.Option(help="How long the certificate counts; else what is usual.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a token for one certificate, and write it into a file that only you can read.

    Give it to the holder on a way that nobody else reads. It counts once, for this name and kind,
    and a bounded time. The authority keeps its hash alone.

    Example: dure member token my-network/bank/authority --name bank-2 --out bank-2.token
    """
    subject = Subject(load_authority(folder).organisation, kind, name)
    note_at_authority(folder, "holder_invited", {"for": str(subject), "lasts": lasts})
    made = issue_token(
        folder,
        subject,
        now=read_now(),
        lifetime=parse_span(lasts),
        certified=None if certified is None else parse_span(certified),
    )
    write_new_file(out_file, made.encode() + b"\n", mode=0o600)
    facts = {"for": str(subject), "file": str(out_file), "lasts": lasts}
    if json:
        print_json(facts)
    else:
        print_facts("One-time token", facts.items())


def request(
    key: Annotated[Path, typer.Argument(help="The holder's key file; made where it is missing.")],
    *,
    organisation: Annotated[str, typer.Option(help="The holder's organisation.")],
    name: Annotated[str, typer.Option(help="The holder's name, as the token has it.")],
    token_file: Annotated[Path, typer.Option("--token", help="The file with the token.")],
    out_file: Out,
    kind: KindOption = Kind.NODE,
    json: JsonOption = False,
) -> None:
    """Ask for a certificate: make a key that never leaves this machine, and a signed request.

    The request holds the token, so send it to the authority, and to nobody else.

    Example: dure member request tls.key --organisation bank --name bank-2 --token bank-2.token
    --out bank-2.csr
    """
    if not key.exists():
        write_holder_key(key, generate_key())
    subject = Subject(organisation, kind, name)
    text = build_request(load_holder_key(key), subject, _read_text(token_file).strip())
    write_new_file(out_file, text.encode(), mode=0o600)
    facts = {"for": str(subject), "key": str(key), "request": str(out_file)}
    if json:
        print_json(facts)
    else:
        print_facts("Request", facts.items())


def enrol_holder(
    folder: Authority,
    request_file: Annotated[Path, typer.Argument(help="A request, or a request for renewal.")],
    *,
    out_file: Out,
    json: JsonOption = False,
) -> None:
    """Certify who asks with a token, or renew the certificate of who holds one that counts.

    The certificate is no secret: send it back on any way.

    Example: dure member enrol my-network/bank/authority bank-2.csr --out bank-2.pem
    """
    opened, text = open_by_passphrase(folder), _read_text(request_file)
    request_hash = sha256(text.encode()).hexdigest()
    note_at_authority(folder, "certificate_asked", {"request": request_hash})
    if text.lstrip().startswith("{"):
        made = renew(opened, _read_renewal(request_file, text), read_now())
    else:
        made = enrol(opened, text, read_now())
    note_at_authority(folder, "certificate_issued", _describe_for_log(made))
    replace_file(out_file, encode_certificate(made.der).encode(), mode=0o644)
    _show(made, out_file, json=json)


def renew_node(
    configuration: Annotated[Path, typer.Argument(help="The node's configuration, node.toml.")],
    *,
    authority_folder: Annotated[
        Path | None, typer.Option("--authority", help="The authority's folder, on this machine.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write a request for an authority elsewhere.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Renew a node's certificate before it ends; the node may run.

    With --authority it is done at once. With --out the node's key signs a request, which needs no
    token: `dure member enrol` at the authority answers it with the next certificate, which belongs
    in the place of the old one. A running node shows it within a minute.

    Example: dure member renew my-network/bank/node.toml --authority my-network/bank/authority
    """
    settings = load_configuration(configuration)
    files = locate_files(configuration, settings)
    if (authority_folder is None) == (out_file is None):
        raise ConfigurationError("say --authority FOLDER, or --out FILE: one of them")
    if authority_folder is not None:
        opened = open_by_passphrase(authority_folder)
        write_down(settings, files, "certificate_renewed", {"authority": str(authority_folder)})
        note_at_authority(authority_folder, "certificate_asked", {"node": str(configuration)})
        made = renew_in_place(opened, files.certificate, files.tls_key, read_now())
        _show(made, files.certificate, json=json)
        return
    assert out_file is not None, "one of the two was given"
    key, old = load_holder_key(files.tls_key), read_certificate(read_pem(files.certificate))
    data = msgspec.json.format(msgspec.json.encode(build_renewal(key, old, key)), indent=2)
    write_new_file(out_file, data + b"\n", mode=0o600)
    facts = {"for": str(old.subject), "ends": f"{old.not_after:%Y-%m-%d %H:%M} UTC"}
    if json:
        print_json({**facts, "request": str(out_file)})
    else:
        print_facts("Request for renewal", [*facts.items(), ("request", out_file)])


def install(
    configuration: Annotated[Path, typer.Argument(help="The node's configuration, node.toml.")],
    certificate: Annotated[Path, typer.Argument(help="The certificate from the authority.")],
    *,
    json: JsonOption = False,
) -> None:
    """Put a certificate in the place of the node's; one about another key is refused.

    A running node shows it within a minute; nothing is disconnected.

    Example: dure member install my-network/bank-2/node.toml bank-2.pem
    """
    settings = load_configuration(configuration)
    files = locate_files(configuration, settings)
    made = read_certificate(read_pem(certificate))
    write_down(settings, files, "certificate_installed", _describe_for_log(made))
    install_certificate(files.certificate, load_holder_key(files.tls_key), made)
    _show(made, files.certificate, json=json)


def list_certificates(folder: Authority, *, json: JsonOption = False) -> None:
    """List the certificates that an authority has issued, the newest first.

    Example: dure member list my-network/bank/authority
    """
    rows = [
        {**_describe(certificate), "revoked": is_revoked}
        for certificate, is_revoked in list_issued(folder)
    ]
    if json:
        print_json({"authority": str(folder / CERTIFICATE_FILE), "certificates": rows})
        return
    for row in rows:
        mark = " revoked" if row["revoked"] else ""
        out.print(
            f"{row['serial']}  {row['subject']}  until {row['until']}{mark}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _describe(certificate: Certificate) -> dict[str, Any]:
    return {
        "subject": str(certificate.subject),
        "serial": certificate.serial.hex(),
        "until": f"{certificate.not_after:%Y-%m-%d %H:%M} UTC",
    }


def _describe_for_log(certificate: Certificate) -> dict[str, str]:
    return {"for": str(certificate.subject), "serial": certificate.serial.hex()}


def _show(certificate: Certificate, file: Path, *, json: bool) -> None:
    facts = {**_describe(certificate), "file": str(file)}
    if json:
        print_json(facts)
    else:
        print_facts("Certificate", facts.items())


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            message = f"{path} has more than {FILE_BYTES_MAX} bytes"
            raise ConfigurationError(message, file=str(path))
        return data.decode("ascii")
    except (OSError, UnicodeDecodeError) as problem:
        message = f"{path} cannot be read: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem


def _read_renewal(path: Path, text: str) -> Renewal:
    try:
        return msgspec.json.decode(text, type=Renewal)
    except msgspec.MsgspecError as problem:
        message = f"{path} is no request for renewal: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem
