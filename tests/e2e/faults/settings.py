"""Changing what a node's configuration says, before the node is started."""

from pathlib import Path


def change_setting(file: Path, key: str, old: str, new: str) -> None:
    """Change the first line that gives `key` the text value `old`."""
    text, line = file.read_text(), f'{key} = "{old}"'
    assert line in text, f"{file} does not say {line}"
    file.write_text(text.replace(line, f'{key} = "{new}"', 1))
