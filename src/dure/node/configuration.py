"""A node's configuration: one TOML file, environment variables over it, and nothing else.

Rules
-----
1. The structs below are the one description of every setting: reading, checking, the commented file
   that `write_configuration` makes, and the table in the documentation (`list_settings`) all come
   from them. Adding a setting means adding a field.
2. Reading is strict: an unknown section or key, a wrong type or a value out of range is a
   `ConfigurationError` that names the file or variable, the key and what is allowed.
3. `DURE_SECTION_KEY` (`DURE_API_PORT=8701`) overrides a key of a section. A variable with the name
   of a section but of no key in it is refused: it is a typing error.
4. Paths are relative to the file's own folder, so that a node's folder can be moved as a whole.
5. Secrets never stand in the file; a passphrase comes from a file of its own or a prompt.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from dure.core.errors import ConfigurationError
from dure.identity.files import write_new_file

FILE_BYTES_MAX: Final = 64 * 1024
VARIABLE_PREFIX: Final = "DURE_"
REPORTS: Final = "reports"
"""The folder of closing reports, beside the configuration."""
SOCKET_PATH_LENGTH_MAX: Final = 107
"""Longest path of a Unix socket that Linux takes."""

_MEBIBYTE: Final = 1024 * 1024
_Text = Meta(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]*$")
_Name = Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")
_Host = Meta(pattern=r"^[0-9A-Za-z.:_-]{1,253}$")
_Port = Meta(ge=1, le=65535)
_Optional = Meta(pattern=r"^[^\x00-\x1f\x7f]{0,4096}$")
_Names = Meta(
    pattern=r"^(|[0-9A-Za-z.-]{1,253}:[0-9]{1,5}(,[0-9A-Za-z.-]{1,253}:[0-9]{1,5}){0,31})$"
)

_WORDS: Final = {
    _Text.pattern: "text without control characters, 1 to 4096 characters",
    _Name.pattern: "1 to 64 letters, digits, _ and -",
    _Host.pattern: "letters, digits and . : _ -, 1 to 253 characters",
    _Optional.pattern: "text without control characters, up to 4096 characters",
    _Names.pattern: "up to 32 host names with ports like node.example:443, separated by commas",
}


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class NodeSection(_Section, frozen=True, kw_only=True):
    """Which node this is, and where it keeps what it needs."""

    name: Annotated[str, _Name, Meta(description="What operators call this node.")]
    genesis: Annotated[str, _Text, Meta(description="The chain's genesis document.")] = (
        "../genesis.dure"
    )
    data: Annotated[str, _Text, Meta(description="Folder of the store and the journal.")] = "data"
    key: Annotated[str, _Text, Meta(description="Key file of the validator.")] = "validator.json"
    guard: Annotated[
        str, _Text, Meta(description="What the validator signed last. Never copy or restore it.")
    ] = "guard"
    contract_workers: Annotated[
        Literal["auto", "always", "never"],
        Meta(
            description="Whether contracts run in a process of their own; auto: on public chains."
        ),
    ] = "auto"
    verify_workers: Annotated[
        Annotated[int, Meta(ge=0, le=64)] | Literal["auto"],
        Meta(
            description="Processes that check clients' signatures; auto: on cores that no node of "
            "this host needs."
        ),
    ] = "auto"


class PeersSection(_Section, frozen=True, kw_only=True):
    """The network between the nodes."""

    directory: Annotated[
        str, _Text, Meta(description="File that lists the network's nodes and certificates.")
    ] = "../peers.toml"
    host: Annotated[str, _Host, Meta(description="Address to listen on for peers.")] = "127.0.0.1"
    port: Annotated[int, _Port, Meta(description="Port to listen on for peers.")]
    certificate: Annotated[str, _Text, Meta(description="This node's TLS certificate.")] = "tls.pem"
    tls_key: Annotated[str, _Text, Meta(description="The certificate's key.")] = "tls.key"
    authority: Annotated[
        str,
        _Optional,
        Meta(
            description="Folder of the organisation's authority, where the node renews its "
            "certificate by itself; empty: somebody does it by command."
        ),
    ] = ""


class ApiSection(_Section, frozen=True, kw_only=True):
    """The public and the admin listener."""

    host: Annotated[str, _Host, Meta(description="Address of the public API.")] = "127.0.0.1"
    port: Annotated[int, _Port, Meta(description="Port of the public API.")]
    admin_socket: Annotated[
        str, _Text, Meta(description="Unix socket of the admin API; only this user may open it.")
    ] = "admin.sock"
    callers: Annotated[str, _Text, Meta(description="File of the callers that the node knows.")] = (
        "callers.json"
    )
    audit: Annotated[
        str, _Text, Meta(description="Log of administration: who did what to the node.")
    ] = "audit.jsonl"
    names: Annotated[
        str,
        _Names,
        Meta(
            description="Host names with ports, separated by commas, by which clients on other "
            "hosts call the public API; empty: none."
        ),
    ] = ""
    certificate: Annotated[
        str,
        _Optional,
        Meta(description="TLS certificate of the public API; empty: plain HTTP."),
    ] = ""
    tls_key: Annotated[str, _Optional, Meta(description="The certificate's key.")] = ""
    client_certificates: Annotated[
        Literal["no", "members"],
        Meta(description="members: certificates of the members' authorities make callers known."),
    ] = "no"


class MempoolSection(_Section, frozen=True, kw_only=True):
    """Transactions that wait; further ones are refused with `mempool_full`."""

    transactions_max: Annotated[
        int, Meta(ge=1, le=10_000_000, description="How many may wait.")
    ] = 50_000
    bytes_max: Annotated[
        int, Meta(ge=_MEBIBYTE, le=16 * 1024 * _MEBIBYTE, description="Their size together.")
    ] = 64 * _MEBIBYTE
    per_sender_max: Annotated[
        int, Meta(ge=1, le=10_000_000, description="How many of one sender may wait.")
    ] = 10_000


class BlocksSection(_Section, frozen=True, kw_only=True):
    """When this node begins a block, where it is its turn."""

    interval_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="Between a block and the next, unless many transactions wait.",
        ),
    ] = 20
    fill_ms: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="How long a block is filled at least: more make fuller blocks, and later.",
        ),
    ] = 10


class SyncSection(_Section, frozen=True, kw_only=True):
    """How the node catches up with the others."""

    mode: Annotated[
        Literal["auto", "blocks", "snapshot"],
        Meta(
            description="Fetch all blocks, or the state of a late block; auto: by how far behind."
        ),
    ] = "auto"
    snapshot_behind: Annotated[
        int,
        Meta(ge=8, le=1_000_000_000, description="Blocks behind which auto fetches a state."),
    ] = 10_000
    history: Annotated[
        Literal["archive", "pruned"],
        Meta(description="Whether blocks before a fetched state are fetched too, later."),
    ] = "archive"
    signatures: Annotated[
        Literal["sealed", "all"],
        Meta(description="all: check clients' signatures again in blocks that a quorum sealed."),
    ] = "sealed"


class SealedSection(_Section, frozen=True, kw_only=True):
    """Sealed data that this node keeps for others."""

    folder: Annotated[str, _Text, Meta(description="Folder of sealed files and keys.")] = "sealed"
    account: Annotated[
        str,
        _Text,
        Meta(
            description="Key file of the account that signs what this node keeps; without the "
            "file, or where it has a passphrase, the node keeps nothing."
        ),
    ] = "account.json"
    bytes_max: Annotated[
        int,
        Meta(
            ge=_MEBIBYTE,
            le=1024 * 1024 * 1024 * _MEBIBYTE,
            description="What all sealed files may take together.",
        ),
    ] = 20 * 1024 * _MEBIBYTE
    bucket: Annotated[
        str,
        _Optional,
        Meta(description="S3 bucket for whole files; they lie in the folder where it is empty."),
    ] = ""
    endpoint: Annotated[
        str,
        _Optional,
        Meta(description="Address of an S3-compatible store; the usual one where it is empty."),
    ] = ""


class LogSection(_Section, frozen=True, kw_only=True):
    """What the node says on its standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="The least important kind of line that is written."),
    ] = "info"
    format: Annotated[
        Literal["json", "console"],
        Meta(description="One JSON object a line for machines, or coloured text for people."),
    ] = "json"


class NodeConfiguration(_Section, frozen=True, kw_only=True):
    """The whole file. Every path that a property returns is absolute."""

    node: NodeSection
    peers: PeersSection
    api: ApiSection
    mempool: MempoolSection = MempoolSection()
    blocks: BlocksSection = BlocksSection()
    sync: SyncSection = SyncSection()
    sealed: SealedSection = SealedSection()
    log: LogSection = LogSection()


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """Where everything lies, as absolute paths."""

    folder: Path
    """Of the configuration; other paths in it begin here."""
    genesis: Path
    data: Path
    key: Path
    guard: Path
    peers: Path
    certificate: Path
    tls_key: Path
    authority: Path | None
    """Of the organisation, where the node may use it."""
    admin_socket: Path
    sealed: Path
    sealed_account: Path
    callers: Path
    audit: Path
    reports: Path
    """Where demos leave their closing reports."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key, as the documentation shows it."""

    section: str
    key: str
    type: str
    allowed: str
    default: str | int | None
    """None where the key must be given."""
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return f"{VARIABLE_PREFIX}{self.section}_{self.key}".upper()


def load_configuration(
    path: Path, environment: Mapping[str, str] | None = None
) -> NodeConfiguration:
    """Return the configuration in `path` with the environment's overrides.

    `environment` is the process's own where it is not given. Raises `ConfigurationError`.
    """
    tables = _read_tables(path)
    _validate_keys(path, tables)
    variables = os.environ if environment is None else environment
    sources = _override(tables, variables)
    try:
        configuration = msgspec.convert(tables, NodeConfiguration)
    except msgspec.ValidationError as problem:
        raise _explain(path, problem, sources) from problem
    _validate_socket(path, configuration)
    return configuration


def locate_files(path: Path, configuration: NodeConfiguration) -> NodeFiles:
    """Return the absolute paths that the configuration file at `path` means."""
    folder = path.resolve().parent
    node, peers, api = configuration.node, configuration.peers, configuration.api
    return NodeFiles(
        folder=folder,
        genesis=folder / node.genesis,
        data=folder / node.data,
        key=folder / node.key,
        guard=folder / node.guard,
        peers=folder / peers.directory,
        certificate=folder / peers.certificate,
        tls_key=folder / peers.tls_key,
        authority=folder / peers.authority if peers.authority else None,
        admin_socket=folder / api.admin_socket,
        sealed=folder / configuration.sealed.folder,
        sealed_account=folder / configuration.sealed.account,
        callers=folder / api.callers,
        audit=folder / api.audit,
        reports=folder / REPORTS,
    )


def write_configuration(path: Path, configuration: NodeConfiguration) -> None:
    """Write a new commented file; raise `ConfigurationError` where one stands there already."""
    text = "# A node of Dure. Paths are relative to this file's folder.\n"
    tables = msgspec.to_builtins(configuration)
    section = ""
    for setting in list_settings():
        if setting.section != section:
            section = setting.section
            text += f"\n[{section}]\n"
        value = msgspec.json.encode(tables[section][setting.key]).decode()
        text += f"# {setting.meaning} ({setting.allowed})\n{setting.key} = {value}\n"
    write_new_file(path, text.encode("utf-8"), mode=0o644)


def list_settings() -> list[Setting]:
    """Return every setting, in the order of the file."""
    return [
        _describe(section, struct, field)
        for section, struct in _list_sections().items()
        for field in msgspec.structs.fields(struct)
    ]


def _list_sections() -> dict[str, type[_Section]]:
    return {field.name: field.type for field in msgspec.structs.fields(NodeConfiguration)}


def _describe(section: str, struct: type[_Section], field: msgspec.structs.FieldInfo) -> Setting:
    type_, *metas = get_args(get_type_hints(struct, include_extras=True)[field.name])
    kind, allowed = _describe_values(type_, metas)
    default = None if field.default is msgspec.NODEFAULT else field.default
    meaning = next(meta.description for meta in metas if meta.description is not None)
    return Setting(section, field.name, kind, allowed, default, meaning)


def _describe_values(type_: Any, metas: Sequence[Meta]) -> tuple[str, str]:
    """Return in words which type a setting has and which values it may take."""
    if get_origin(type_) is Annotated:
        inner, *own = get_args(type_)
        return _describe_values(inner, own)
    if get_origin(type_) is Literal:
        return "text", " or ".join(get_args(type_))
    if get_args(type_):
        parts = [_describe_values(part, ()) for part in get_args(type_)]
        return " or ".join(kind for kind, _ in parts), " or ".join(words for _, words in parts)
    ranges = [meta for meta in metas if meta.ge is not None]
    if ranges:
        return "number", f"{ranges[0].ge} to {ranges[0].le}"
    patterns = [meta.pattern for meta in metas if meta.pattern is not None]
    return "text", _WORDS[patterns[0]]


def _read_tables(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise _refuse(path, f"has more than the {FILE_BYTES_MAX} bytes that it may have")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as problem:
        raise _refuse(path, f"cannot be read: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _refuse(path, f"is not TOML: {problem}") from problem


def _validate_keys(path: Path, tables: dict[str, Any]) -> None:
    sections = _list_sections()
    for section, table in tables.items():
        if section not in sections:
            known = ", ".join(sections)
            raise _refuse(path, f"has an unknown section [{section}]; there are {known}")
        if not isinstance(table, dict):
            raise _refuse(path, f"has {section} as a value; it must be a section [{section}]")
        keys = [field.name for field in msgspec.structs.fields(sections[section])]
        for key in table:
            if key not in keys:
                known = ", ".join(keys)
                raise _refuse(path, f"has an unknown key [{section}] {key}; there are {known}")


def _override(tables: dict[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's values into the tables; return which variable each key came from."""
    settings = {setting.variable: setting for setting in list_settings()}
    prefixes = tuple(f"{VARIABLE_PREFIX}{section}_".upper() for section in _list_sections())
    sources: dict[str, str] = {}
    for variable, value in variables.items():
        if not variable.startswith(prefixes):
            continue
        setting = settings.get(variable)
        if setting is None:
            message = f"the environment variable {variable} names no setting; is it misspelt?"
            raise ConfigurationError(message, variable=variable)
        is_number = setting.type.startswith("number") and value.isascii() and value.isdigit()
        table = tables.setdefault(setting.section, {})
        table[setting.key] = int(value) if is_number and len(value) < 20 else value
        sources[f"{setting.section}.{setting.key}"] = variable
    return sources


def _explain(
    path: Path, problem: msgspec.ValidationError, sources: dict[str, str]
) -> ConfigurationError:
    """Say in an operator's words which setting is wrong and what is allowed there."""
    text = str(problem)
    for setting in list_settings():
        place = f"{setting.section}.{setting.key}"
        is_missing = text == (
            f"Object missing required field `{setting.key}` - at `$.{setting.section}`"
        )
        if not is_missing and not text.endswith(f" - at `$.{place}`"):
            continue
        name = f"[{setting.section}] {setting.key}"
        if place in sources:
            message = f"the environment variable {sources[place]} must be {setting.allowed}"
            return ConfigurationError(message, variable=sources[place])
        needs = "is missing" if is_missing else "has a wrong value"
        return _refuse(path, f"{name} {needs}; it must be {setting.allowed}: {setting.meaning}")
    return _refuse(path, f"is not complete: {text}")


def _validate_socket(path: Path, configuration: NodeConfiguration) -> None:
    length = len(os.fsencode(locate_files(path, configuration).admin_socket))
    if length > SOCKET_PATH_LENGTH_MAX:
        reason = (
            f"[api] admin_socket makes a path of {length} bytes, and a Unix socket has at most "
            f"{SOCKET_PATH_LENGTH_MAX}: name a socket in a folder with a shorter path"
        )
        raise _refuse(path, reason)


def _refuse(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"the configuration {path} {reason}", file=str(path))
