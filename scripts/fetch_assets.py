"""Fetches what pages load that others made, by `npm pack`, and checks every byte against a list.

`scripts/assets.toml` names package, version and digests. A file that is there and right is left
alone, so that a second run takes no time and needs no network; packages that were fetched before
lie in `.cache/assets`. Nothing of a package is run. Where npm is missing, or reaches no registry,
this says so and ends well: pages are then readable without plots, maps and live changes.

Usage: python -m scripts.fetch_assets [--strict] [--pin]

With --strict what is missing is an error. With --pin the digests in the list become those of what
npm gives now, for whoever changes a version.
"""

import argparse
import io
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from scripts import world_map

ROOT = Path(__file__).parent.parent
LIST = ROOT / "scripts" / "assets.toml"
CACHE = ROOT / ".cache" / "assets"
PACK_TIMEOUT_S = 120
PACKAGE_BYTES_MAX = 64 * 1024 * 1024
READABLE = (
    "Pages are readable all the same; plots, maps, live changes or checks of proofs are left out."
)
_IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])(@noble/[^"']+)\2""")


class AssetError(Exception):
    """What was fetched is not what the list says, or could not be fetched."""


class NothingReached(AssetError):
    """There is no npm, or it reaches no registry; it need not be asked again."""


@dataclass(frozen=True)
class Taken:
    """One file of a package."""

    source: str
    to: str
    digest: str
    """Of the file as it is written."""
    made: str
    """How it is made from the package's file: empty, `map` or `module`."""


@dataclass(frozen=True)
class Asset:
    """One package and what is taken of it."""

    name: str
    package: str
    version: str
    digest: str
    folder: Path
    files: tuple[Taken, ...]

    def is_there(self) -> bool:
        """Say whether every file is there and right."""
        return all(
            (file := self.folder / each.to).is_file() and digest(file.read_bytes()) == each.digest
            for each in self.files
        )


def load_assets() -> list[Asset]:
    """Return what the list names."""
    return [_read_asset(name, given) for name, given in tomllib.loads(LIST.read_text()).items()]


def _read_asset(name: str, given: dict[str, Any]) -> Asset:
    files = tuple(
        Taken(source, each["to"], each["sha256"], each.get("made", ""))
        for source, each in given["files"].items()
    )
    folder = ROOT / given["folder"]
    return Asset(name, given["package"], given["version"], given["sha256"], folder, files)


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def fetch_package(asset: Asset) -> bytes:
    """Return the package as npm packs it, from the cache where it is there; raise `AssetError`."""
    kept = _get_kept(asset)
    if kept.is_file() and asset.digest in {digest(kept.read_bytes()), ""}:
        return kept.read_bytes()
    npm = shutil.which("npm")
    if npm is None:
        raise NothingReached("npm is not on the path")
    with tempfile.TemporaryDirectory(prefix="dure-assets-") as folder:
        words = ("--ignore-scripts", "--silent", "--fetch-retries=1")
        command = [npm, "pack", f"{asset.package}@{asset.version}", *words]
        try:
            run = subprocess.run(
                command, cwd=folder, capture_output=True, check=False, timeout=PACK_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise NothingReached(f"npm did not answer in {PACK_TIMEOUT_S} seconds") from None
        packed = list(Path(folder).glob("*.tgz"))
        if run.returncode or len(packed) != 1:
            raise NothingReached("npm could not fetch it")
        content = packed[0].read_bytes()
    write(kept, content)
    return content


def _get_kept(asset: Asset) -> Path:
    return CACHE / f"{asset.name}-{asset.version}.tgz"


def unpack(package: bytes) -> dict[str, bytes]:
    """Return the plain files of a package by their paths in it; raise `AssetError`."""
    files: dict[str, bytes] = {}
    size = 0
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            size += member.size
            if size > PACKAGE_BYTES_MAX:
                raise AssetError("the package is larger than any that is expected")
            files[member.name.partition("/")[2]] = content.read()
    return files


def make(taken: Taken, content: bytes, asset: Asset, every: Sequence[Asset]) -> bytes:
    """Return a file as pages load it."""
    if taken.made == "map":
        return world_map.convert(content)
    if taken.made == "module":
        return point_imports(content.decode(), asset.folder / taken.to, every).encode()
    return content


def point_imports(text: str, file: Path, every: Sequence[Asset]) -> str:
    """Return a module whose imports of other packages are paths from where it lies.

    A browser knows no package names.
    """
    folders = {asset.package: asset.folder for asset in every}

    def point(found: re.Match[str]) -> str:
        scope, package, inner = found[3].split("/", 2)
        target = folders[f"{scope}/{package}"] / inner
        path = posixpath.relpath(target.as_posix(), file.parent.as_posix())
        return f"{found[1]}{found[2]}{path if path.startswith('.') else './' + path}{found[2]}"

    return _IMPORT.sub(point, text)


def fetch(asset: Asset, every: Sequence[Asset]) -> None:
    """Write an asset's files; raise `AssetError`, and then nothing was written."""
    package = fetch_package(asset)
    if digest(package) != asset.digest:
        raise AssetError(f"{asset.package} {asset.version} is not the package that the list names")
    files = unpack(package)
    made = {each: make(each, _get(files, each), asset, every) for each in asset.files}
    for each, content in made.items():
        if digest(content) != each.digest:
            raise AssetError(f"{asset.name}/{each.to} is not the file that the list names")
    for each, content in made.items():
        write(asset.folder / each.to, content)


def _get(files: dict[str, bytes], taken: Taken) -> bytes:
    if taken.source not in files:
        raise AssetError(f"the package has no {taken.source}")
    return files[taken.source]


def write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(file)


def pin(every: Sequence[Asset]) -> None:
    """Write the digests of what npm gives now into the list."""
    text = LIST.read_text()
    for asset in every:
        package = fetch_package(asset)
        files = unpack(package)
        text = _pin_line(text, rf"(\[{asset.name}\]\n(?:.*\n)*?sha256 = )\"\w*\"", digest(package))
        for each in asset.files:
            content = make(each, _get(files, each), asset, every)
            line = rf"\"{re.escape(each.source)}\" = .*?sha256 = "
            begin = rf"\[{asset.name}\.files\]\n(?:.*\n)*?"
            text = _pin_line(text, rf"({begin}{line})\"\w*\"", digest(content))
    LIST.write_text(text)


def _pin_line(text: str, pattern: str, value: str) -> str:
    text, count = re.subn(pattern, lambda found: f'{found[1]}"{value}"', text, count=1)
    assert count == 1, pattern
    return text


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """Fetch what is missing; return 1 with --strict where something stays missing."""
    parser = argparse.ArgumentParser(prog="fetch_assets", description=__doc__.partition("\n")[0])
    parser.add_argument("--strict", action="store_true", help="what is missing is an error")
    parser.add_argument("--pin", action="store_true", help="write new digests into the list")
    options = parser.parse_args(arguments)
    every = load_assets()
    if options.pin:
        pin(every)
        every = load_assets()
    missing = [asset for asset in every if not asset.is_there()]
    left = list(missing)
    is_reached = True
    for asset in missing:
        if not is_reached and not _get_kept(asset).is_file():
            continue
        try:
            fetch(asset, every)
        except AssetError as problem:
            say(f"without {asset.package} {asset.version}: {problem}")
            is_reached = is_reached and not isinstance(problem, NothingReached)
        else:
            left.remove(asset)
            say(f"fetched {asset.package} {asset.version}")
    if left:
        say(f"missing: {', '.join(asset.name for asset in left)}. {READABLE}")
    return int(options.strict and bool(left))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
