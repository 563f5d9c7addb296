"""Secrets that were written into the repository by mistake: `python -m scripts.scan_secrets`.

detect-secrets looks at every file that git knows or would take, and so does one detector of ours,
for key files of Dure that hold their seed in clear. What it finds and somebody has looked at stands
in `scripts/reviewed_secrets.toml`, by its hash and with the reason why it is no secret. An entry
that is found no more is an error too, so that the list stays short.

Random-looking digits are not looked for in known answers (`tests/vectors`): those files are made of
them. Everything else is looked for there too.
"""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from tests.conformance.tree import ROOT, list_files

REVIEWED: Final = ROOT / "scripts" / "reviewed_secrets.toml"
KNOWN_ANSWERS: Final = ROOT / "tests" / "vectors"
OWN_DETECTOR: Final = ROOT / "scripts" / "key_file_detector.py"
BYTES_MAX: Final = 400 * 1024

PRECISE: Final[tuple[dict[str, Any], ...]] = (
    *(
        {"name": name}
        for name in (
            "AWSKeyDetector",
            "AzureStorageKeyDetector",
            "BasicAuthDetector",
            "GitHubTokenDetector",
            "GitLabTokenDetector",
            "JwtTokenDetector",
            "NpmDetector",
            "OpenAIDetector",
            "PrivateKeyDetector",
            "PypiTokenDetector",
            "SlackDetector",
            "StripeDetector",
        )
    ),
    {"name": "ClearKeyFileDetector", "path": f"file://{OWN_DETECTOR}"},
)
RANDOM: Final[tuple[dict[str, Any], ...]] = (
    {"name": "Base64HighEntropyString", "limit": 4.5},
    {"name": "HexHighEntropyString", "limit": 3.0},
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that looks like a secret."""

    file: str
    kind: str
    digest: str
    """SHA-1 of it, as the library gives it."""
    line: int = 0


def scan(files: list[Path], plugins: tuple[dict[str, Any], ...]) -> set[Finding]:
    """Return what these detectors find; `line` is where it was seen first."""
    settings = {"plugins_used": list(plugins), "filters_used": []}
    found = SecretsCollection()
    with transient_settings(settings):
        for file in files:
            found.scan_file(str(file))
    return {
        Finding(
            name_file(Path(each.filename)),
            each.type,
            each.secret_hash,
            each.line_number,
        )
        for _, each in found
    }


def name_file(path: Path) -> str:
    """Return a path as people know it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def load_reviewed() -> frozenset[str]:
    """Return the digests of what somebody has looked at; each entry says why it is no secret."""
    entries = tomllib.loads(REVIEWED.read_text("utf-8"))["reviewed"]
    assert all(entry["reason"].strip() for entry in entries), "each entry says why"
    return frozenset(digest for entry in entries for digest in entry["digests"])


def main() -> int:
    """Scan the tree; return 0 where nothing new was found."""
    files = [path for path in list_files() if path.stat().st_size <= BYTES_MAX]
    others = [path for path in files if path != REVIEWED and not path.is_relative_to(KNOWN_ANSWERS)]
    found = scan(files, PRECISE) | scan(others, RANDOM)
    reviewed = load_reviewed()
    new = sorted(each for each in found if each.digest not in reviewed)
    gone = sorted(reviewed - {each.digest for each in found})
    for each in new:
        print(f"{each.file}:{each.line}: {each.kind} ({each.digest})")
    for digest in gone:
        print(f"{REVIEWED.name}: {digest} is found no more: take it out")
    print(f"secret scan: {len(files)} files, {len(reviewed)} reviewed findings, {len(new)} new")
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main())
