"""The configuration is read strictly, and every refusal says where and what is allowed."""

from pathlib import Path

import msgspec
import pytest

from dure.core.errors import ConfigurationError
from dure.node.configuration import (
    ApiSection,
    LogSection,
    MempoolSection,
    NodeConfiguration,
    NodeSection,
    PeersSection,
    list_settings,
    load_configuration,
    locate_files,
    write_configuration,
)

LEAST = '[node]\nname = "bank"\n[peers]\nport = 7400\n[api]\nport = 8700\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(LEAST)
    return path


def load(path: Path, **variables: str) -> NodeConfiguration:
    return load_configuration(path, variables)


def test_the_rest_has_defaults(path: Path) -> None:
    configuration = load(path)
    assert configuration.node.name == "bank"
    assert configuration.peers.port == 7400
    assert configuration.api.host == "127.0.0.1"
    assert configuration.mempool == MempoolSection()
    assert configuration.log == LogSection(level="info", format="json")


def test_paths_are_relative_to_the_file(path: Path, tmp_path: Path) -> None:
    path.write_text(LEAST.replace("[peers]", 'data = "/elsewhere"\n[peers]'))
    files = locate_files(path, load(path))
    assert files.key == tmp_path / "validator.json"
    assert files.data == Path("/elsewhere")
    assert files.peers.resolve() == tmp_path.parent / "peers.toml"
    assert files.admin_socket == tmp_path / "admin.sock"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    configuration = NodeConfiguration(
        node=NodeSection(name="bank", data='da"ta\\두레'),
        peers=PeersSection(port=1, host="::1"),
        api=ApiSection(port=65535),
        mempool=MempoolSection(transactions_max=7),
        log=LogSection(level="debug", format="console"),
    )
    path = tmp_path / "node.toml"
    write_configuration(path, configuration)
    assert load(path) == configuration
    with pytest.raises(ConfigurationError, match="exists already"):
        write_configuration(path, configuration)


def test_the_written_file_explains_every_setting(path: Path, tmp_path: Path) -> None:
    write_configuration(tmp_path / "full.toml", load(path))
    text = (tmp_path / "full.toml").read_text()
    for setting in list_settings():
        assert f"# {setting.meaning} ({setting.allowed})\n{setting.key} = " in text


def test_the_table_of_settings_is_complete() -> None:
    settings = list_settings()
    names = {(setting.section, setting.key) for setting in settings}
    expected = {
        (section.name, field.name)
        for section in msgspec.structs.fields(NodeConfiguration)
        for field in msgspec.structs.fields(section.type)
    }
    assert names == expected
    port = next(setting for setting in settings if setting.variable == "DURE_API_PORT")
    assert (port.type, port.allowed, port.default) == ("number", "1 to 65535", None)
    level = next(setting for setting in settings if setting.variable == "DURE_LOG_LEVEL")
    assert (level.allowed, level.default) == ("debug or info or warning or error", "info")
    workers = next(setting for setting in settings if setting.key == "verify_workers")
    kinds = ("number or text", "0 to 64 or auto", "auto")
    assert (workers.type, workers.allowed, workers.default) == kinds


def test_the_environment_comes_over_the_file(path: Path) -> None:
    configuration = load(
        path,
        DURE_API_PORT="9000",
        DURE_NODE_NAME="42",
        DURE_LOG_FORMAT="console",
        DURE_TRUST="not ours",
        OTHER="x",
    )
    assert configuration.api.port == 9000
    assert configuration.node.name == "42"
    assert configuration.log.format == "console"


@pytest.mark.parametrize(("value", "workers"), [("auto", "auto"), ("0", 0), ("3", 3)])
def test_a_setting_may_be_a_number_or_a_word(path: Path, value: str, workers: object) -> None:
    assert load(path, DURE_NODE_VERIFY_WORKERS=value).node.verify_workers == workers


def test_the_environment_alone_can_give_a_required_setting(path: Path) -> None:
    path.write_text('[node]\nname = "bank"\n[peers]\nport = 1\n')
    assert load(path, DURE_API_PORT="9000").api.port == 9000


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DURE_API_PORT", "0", "DURE_API_PORT must be 1 to 65535"),
        ("DURE_API_PORT", "-1", "DURE_API_PORT must be 1 to 65535"),
        ("DURE_API_PORT", "9" * 5000, "DURE_API_PORT must be 1 to 65535"),
        ("DURE_API_PORT", "٣", "DURE_API_PORT must be 1 to 65535"),
        ("DURE_API_PORT", "", "DURE_API_PORT must be 1 to 65535"),
        ("DURE_LOG_LEVEL", "loud", "DURE_LOG_LEVEL must be debug or info"),
        ("DURE_NODE_NAME", "a b", "DURE_NODE_NAME must be 1 to 64 letters"),
        ("DURE_NODE_DATA", "a\0b", "DURE_NODE_DATA must be text without control"),
        ("DURE_NODE_VERIFY_WORKERS", "65", "DURE_NODE_VERIFY_WORKERS must be 0 to 64 or auto"),
        ("DURE_NODE_VERIFY_WORKERS", "many", "DURE_NODE_VERIFY_WORKERS must be 0 to 64 or auto"),
        ("DURE_API_PROT", "1", "DURE_API_PROT names no setting"),
    ],
)
def test_a_wrong_variable_is_named(path: Path, variable: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(path, **{variable: value})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = ", "is not TOML"),
        (LEAST.replace("7400", '"7400"'), r"\[peers\] port has a wrong value; it must be 1 to"),
        (LEAST.replace("7400", "70000"), r"\[peers\] port has a wrong value; it must be 1 to"),
        (LEAST.replace("7400", "true"), r"\[peers\] port has a wrong value"),
        (LEAST.replace("port = 7400", ""), r"\[peers\] port is missing; it must be 1 to 65535"),
        (LEAST.replace("[api]\nport = 8700\n", ""), "is not complete.*api"),
        (LEAST + "prot = 1\n", r"unknown key \[api\] prot; there are host, port"),
        (LEAST + "[nod]\n", r"unknown section \[nod\]; there are node, peers"),
        ("node = 1\n", "has node as a value"),
        (LEAST + "[mempool]\nbytes_max = 1\n", r"\[mempool\] bytes_max .* 1048576 to"),
        (LEAST + '[log]\nlevel = "loud"\n', r"\[log\] level has a wrong value; .* debug or info"),
        (LEAST.replace('"bank"', '"b\\u0000"'), r"\[node\] name"),
        (LEAST + 'admin_socket = "' + "s" * 120 + '"\n', "Unix socket has at most 107"),
        ("#" * 70_000, "more than the 65536 bytes"),
        ("a=" + "[" * 20_000, "is not TOML"),
    ],
)
def test_a_wrong_file_is_explained(path: Path, text: str, words: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=f"{path}.*{words}"):
        load(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"{path} (cannot be read|is not TOML)"):
        load(path)
