"""Tokens made of software: SoftHSM, which programs meet through PKCS #11 as they meet hardware.

`scripts/setup_softhsm.sh` installs it where that is possible; elsewhere the tests that need it are
skipped and say so.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest

LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
PIN = "271828"
OFFICER_PIN = "31415926"


class SoftTokens:
    """A drawer of tokens in a folder of their own."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.folder = folder
        self.library = library
        self.settings = folder / "softhsm2.conf"
        (folder / "tokens").mkdir()
        self.settings.write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
            "log.level = ERROR\nslots.removable = false\n"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process has to be told to find these tokens."""
        return {"SOFTHSM2_CONF": str(self.settings), "DURE_PKCS11_MODULE": str(self.library)}

    def add(self, label: str) -> None:
        """Put another token into the drawer."""
        self._run("--init-token", "--free", "--label", label)
        pkcs11.unload(str(self.library))

    def remove(self) -> None:
        """Take every token out, also from under those who use them."""
        shutil.rmtree(self.folder / "tokens")
        (self.folder / "tokens").mkdir()

    def write_pin(self, pin: str = PIN) -> Path:
        """Write a file as a service has it, and return where it is."""
        path = self.folder / "pin"
        path.touch(mode=0o600)
        path.write_text(f"{pin}\n")
        return path

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            ["softhsm2-util", *arguments, "--so-pin", OFFICER_PIN, "--pin", PIN],
            env=self.environment,
            check=True,
            capture_output=True,
        )


def open_drawer(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[SoftTokens]:
    """Give a drawer without tokens, which this process finds; skip where there is no SoftHSM."""
    library = next((path for path in LIBRARIES if path.exists()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        pytest.skip("there is no SoftHSM here: see scripts/setup_softhsm.sh")
    tokens = SoftTokens(folder, library)
    for name, value in tokens.environment.items():
        patch.setenv(name, value)
    yield tokens
    pkcs11.unload(str(library))
