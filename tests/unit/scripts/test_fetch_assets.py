"""What pages load that others made: only what the list names, byte for byte, or nothing."""

import io
import tarfile
from pathlib import Path

import pytest

from dure.console.assets import MEDIA_TYPES
from scripts import fetch_assets
from scripts.fetch_assets import Asset, AssetError, Taken, digest, fetch, load_assets, point_imports

CONTENT = b"export const one = 1;\n"


def pack(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, on a machine without npm."""
    monkeypatch.setattr(fetch_assets, "CACHE", tmp_path / "cache")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    return tmp_path / "cache"


def build(folder: Path, package: bytes, source: str = "one.js") -> Asset:
    files = (Taken(source, "one.js", digest(CONTENT), ""),)
    return Asset("one", "one", "1.0.0", digest(package), folder / "vendor", files)


def test_what_is_in_the_cache_needs_no_network(cache: Path, tmp_path: Path) -> None:
    package = pack({"one.js": CONTENT})
    asset = build(tmp_path, package)
    fetch_assets.write(cache / "one-1.0.0.tgz", package)
    assert not asset.is_there()
    fetch(asset, [asset])
    assert asset.is_there()
    (tmp_path / "vendor" / "one.js").write_bytes(b"something else")
    assert not asset.is_there()


@pytest.mark.parametrize(
    "files", [{"one.js": b"something else"}, {"two.js": CONTENT}, {"one.js": CONTENT, "x": b""}]
)
def test_another_package_than_the_listed_one_is_refused(
    cache: Path, tmp_path: Path, files: dict[str, bytes]
) -> None:
    asset = build(tmp_path, pack({"one.js": CONTENT}))
    fetch_assets.write(cache / "one-1.0.0.tgz", pack(files))
    with pytest.raises(AssetError):
        fetch(asset, [asset])
    assert not (tmp_path / "vendor").exists()


def test_another_file_than_the_listed_one_is_refused(cache: Path, tmp_path: Path) -> None:
    package = pack({"one.js": b"something else"})
    asset = build(tmp_path, package)
    fetch_assets.write(cache / "one-1.0.0.tgz", package)
    with pytest.raises(AssetError, match=r"one\.js"):
        fetch(asset, [asset])
    assert not (tmp_path / "vendor").exists()


def test_without_npm_it_says_what_is_missing_and_ends_well(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = build(tmp_path, pack({"one.js": CONTENT}))
    monkeypatch.setattr(fetch_assets, "load_assets", lambda: [asset])
    said: list[str] = []
    assert fetch_assets.main([], said.append) == 0
    assert "npm is not on the path" in said[0]
    assert "readable all the same" in said[-1]
    assert fetch_assets.main(["--strict"], said.append) == 1


def test_imports_of_packages_become_paths(tmp_path: Path) -> None:
    every = [
        Asset(name, f"@noble/{name}", "1", "", tmp_path / f"noble-{name}", ())
        for name in ("curves", "hashes")
    ]
    text = "import { sha512 } from '@noble/hashes/sha2.js';\nimport x from './utils.js';\n"
    deep = tmp_path / "noble-curves" / "abstract" / "edwards.js"
    flat = tmp_path / "noble-curves" / "ed25519.js"
    assert "from '../../noble-hashes/sha2.js'" in point_imports(text, deep, every)
    assert "from '../noble-hashes/sha2.js'" in point_imports(text, flat, every)
    assert "from './utils.js'" in point_imports(text, flat, every)


def test_every_listed_file_is_pinned_served_and_licensed() -> None:
    for asset in load_assets():
        digests = [asset.digest, *(each.digest for each in asset.files)]
        assert all(len(each) == 64 for each in digests), asset.name
        assert any(each.to.startswith("LICENSE") for each in asset.files), asset.name
        names = [each.to for each in asset.files if not each.to.endswith(".txt")]
        assert all(Path(name).suffix in MEDIA_TYPES for name in names), asset.name
