"""Follows a page of the documentation as a reader would: writes its files, types its commands.

Rules of a page
---------------
1. A `python` block is a file, a `diff` block a change to one: the last `name.py` named before it.
2. A change takes place wherever the lines that it takes away stand, and they stand somewhere.
3. A block without a language holds commands: `dure …`, `pytest` and `cd`.
4. A `text` block holds lines that the last command said.
5. A word in capitals is something that an earlier command printed; the test says which (`learn`).
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.tree import ROOT
from tests.e2e.processes import Outcome, environment, run_dure

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(\w+\.py)`")
ADDRESS = r"dure1\w{58}"
HEX = r"\b[0-9a-f]{64}\b"


@dataclass(frozen=True, slots=True)
class Block:
    """A code block, its language, and the file that the text before it speaks of."""

    language: str
    text: str
    file: str


def list_blocks(page: str) -> list[Block]:
    """Return the code blocks of a page below docs/, in order."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    blocks: list[Block] = []
    for found in BLOCK.finditer(text):
        named = FILE.findall(BLOCK.sub("", text[: found.start()]))
        blocks.append(Block(found[1], found[2], named[-1] if named else ""))
    return blocks


@dataclass(slots=True)
class Reader:
    """Somebody at a terminal with a page; `learn` says which command teaches which word."""

    learn: dict[str, tuple[str, str]]
    """A command's beginning to the word that it teaches and the pattern of what it printed."""
    known: dict[str, str] = field(default_factory=dict)
    codes: list[tuple[str, int]] = field(default_factory=list)
    """The commands that did not end with 0."""
    said: str = ""

    def follow(self, page: str) -> None:
        """Do everything that the page says."""
        for block in list_blocks(page):
            self.take(block)

    def take(self, block: Block) -> None:
        """Do what one block says."""
        match block.language:
            case "python":
                Path(block.file).write_text(block.text, "utf-8")
            case "diff":
                change(Path(block.file), block.text)
            case "text":
                for line in block.text.splitlines():
                    assert line in self.said, f"{line}\nis not in\n{self.said}"
            case _:
                for line in block.text.splitlines():
                    self.type(line)

    def type(self, line: str) -> None:
        """Run one command, and learn from it."""
        program, *words = shlex.split(line)
        if program == "cd":
            os.chdir(words[0])
            return
        words = [self.fill(word) for word in words]
        done = run_dure(*words, timeout_s=120) if program == "dure" else run_pytest(*words)
        self.said = done.said
        if done.code:
            self.codes.append((line, done.code))
        for beginning, (name, pattern) in self.learn.items():
            if line.startswith(beginning):
                found = re.search(pattern, done.said)
                assert found, done.said
                self.known[name] = found[0]

    def fill(self, word: str) -> str:
        """Return the word with what was learned."""
        name, mark, value = word.partition("=")
        return name + mark + self.known.get(value, value) if mark else self.known.get(word, word)


def change(file: Path, lines: str) -> None:
    """Apply a change in every place where it fits."""
    marked = lines.splitlines(keepends=True)
    old = "".join(line[1:] for line in marked if line[0] in "- ")
    new = "".join(line[1:] for line in marked if line[0] in "+ ")
    if len(marked) == 2:
        # One part of a line for another, without the line's end.
        old, new = old.rstrip("\n"), new.rstrip("\n")
    text = file.read_text("utf-8")
    assert old in text, f"{file} has no\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


def run_pytest(*words: str, folder: Path | None = None) -> Outcome:
    """Run pytest in a folder, the present one where none is named."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=environment({"PYTHONPATH": str(folder or Path.cwd())}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Outcome(run.returncode, run.stdout, run.stderr)
