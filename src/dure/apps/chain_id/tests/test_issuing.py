"""Issuing by an institution's own command: what is written, and what is left where it fails."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.apps.chain_id.commands import app
from dure.apps.chain_id.issuing import Verified, issue_to
from dure.apps.chain_id.presentations import compute_certificate_digest, read_presentation
from dure.apps.chain_id.tests.scene import CLAIMS, Scene, WorldRegister
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError, DureError, TimedOut
from dure.identity.keys import SigningKey, save_key
from dure.sdk import Account, RequestRefused

SALT = b"s" * 32


class Refusing(WorldRegister):
    """A register whose chain answers every call with one error."""

    problem: DureError

    async def call(self, method: str, *, by: Account, **arguments: object) -> object:
        raise self.problem


def issue(scene: Scene, register: WorldRegister, folder: Path) -> int:
    verified = Verified(scene.person.address, CLAIMS, b"papers", SALT, days=30)
    key = scene.register.broker.account.keys[0]
    path = folder / "certificate"
    return asyncio.run(issue_to(register, key, verified, path, now_s=scene.now_s))


def build_refusing(scene: Scene, problem: DureError) -> Refusing:
    made = Refusing(scene.chain)
    made.problem = problem
    return made


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_certificate_and_its_salt_are_written_and_registered(
    scene: Scene, tmp_path: Path
) -> None:
    register = WorldRegister(scene.chain, scene.register.broker)
    for folder in (tmp_path / "first", tmp_path / "next"):
        folder.mkdir()
        scene.apply()
        assert issue(scene, register, folder) == 1
        assert (folder / "certificate.salt").read_text() == SALT.hex() + "\n"
        text = (folder / "certificate").read_text().strip()
        digest = compute_certificate_digest(read_presentation(text))
        assert scene.chain.check(digest).status.name == "VALID"


def test_with_another_key_than_the_registers_nothing_is_signed(
    scene: Scene, tmp_path: Path
) -> None:
    broker = scene.register.broker
    scene.apply()
    scene.chain.change_issuing_key(by=broker, key=bytes(32))
    with pytest.raises(ConfigurationError, match="another issuing key"):
        issue(scene, WorldRegister(scene.chain, broker), tmp_path)
    assert list_names(tmp_path) == []
    assert scene.chain.application(scene.person).institution == broker.address


def test_what_the_chain_refuses_leaves_no_file(scene: Scene, tmp_path: Path) -> None:
    scene.apply()
    with pytest.raises(RequestRefused):
        issue(scene, build_refusing(scene, RequestRefused("no")), tmp_path)
    assert list_names(tmp_path) == []


def test_a_lost_answer_loses_no_certificate(scene: Scene, tmp_path: Path) -> None:
    """The chain may have accepted it: without the file the person would have to apply again."""
    scene.apply()
    with pytest.raises(TimedOut):
        issue(scene, build_refusing(scene, TimedOut("no answer")), tmp_path)
    assert list_names(tmp_path) == ["certificate", "certificate.salt"]


@pytest.mark.parametrize("name", ["certificate", "certificate.salt"])
def test_a_file_that_is_there_is_kept_and_nothing_is_registered(
    scene: Scene, tmp_path: Path, name: str
) -> None:
    scene.apply()
    (tmp_path / name).write_text("before")
    with pytest.raises(ConfigurationError, match="exists already"):
        issue(scene, WorldRegister(scene.chain, scene.register.broker), tmp_path)
    assert list_names(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "before"
    assert scene.chain.application(scene.person).institution == scene.register.broker.address


def test_papers_that_are_not_there_are_named(scene: Scene, tmp_path: Path) -> None:
    key = scene.register.broker.account.keys[0]
    assert isinstance(key, SigningKey)
    save_key(tmp_path / "key.json", key)
    (tmp_path / "claims.json").write_text("{}")
    options = {
        "key": tmp_path / "key.json",
        "chain": "00" * 32,
        "contract": encode_address(scene.chain.address),
        "node": "http://127.0.0.1:1",
        "claims": tmp_path / "claims.json",
        "evidence": tmp_path / "nothing",
        "certificate": tmp_path / "certificate",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = CliRunner().invoke(app, ["issue", encode_address(scene.person.address), *words])
    assert isinstance(done.exception, ConfigurationError)
    assert "nothing cannot be read" in str(done.exception)


@pytest.mark.parametrize("command", ["phone", "provider"])
def test_a_port_that_there_is_not_is_refused(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--port", "99999"])
    assert done.exit_code == 2
    assert "65535" in done.output
